#!/usr/bin/env python3
"""Every command of every page is run: the pages of RUN from the top in a folder that looks like the repository; the commands of
other pages are those of another test, or cannot be run here, and each is accounted for in ELSEWHERE by page and word. A command that
is in neither fails. Then the notebook.

    test_pages.py SGDFP FOLDER [PAGE ..]       --quick: each script of postprocess/ once, no network, no quickstart (what CI does)"""
import json
import os
import re
import shutil
import subprocess
import sys

SOURCE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
RUN = ("README.md", "cases/examples/TUTORIAL.md", "cases/torch/TUTORIAL.md", "postprocess/README.md")
WORDS = r"(?:build/sgdfp|sgdfp|mpiexec|mpicc|postprocess/\S+|cases/\S+|tests/\S+|python3|PYTHONPATH=\S*|cmake|ctest|spack|conda|module|export|kill|bash|cd|sed|make|mkdir|cat|cp|echo|apptainer|docker|pip|sbatch|\.) "
ELSEWHERE = {  # page: {beginning of a command: where it is run, or why it is not}
    "README.md": {"cases/quickstart.sh": "by hand, from a fresh clone; its case is the verification suite's", "tests/run.sh": "this is it"},
    "CONTRIBUTING.md": {". tests/setup.sh": "tests/run.sh", "cmake": "tests/run.sh", "tests/": ".ci/run", "ctest": "tests/run.sh", "python3 tests/": ".ci/run",
                        "cd operators": "application_template_model", "cd cases": "application_template_landscape, _law", "sed": "the same",
                        "echo": "the same", "cd ../..": "the same"},
    "INSTALL.md": {"cmake": "application_library", "mpicc": "application_library", "spack": "another system", "conda": "another system", "make": "another system",
                   "cp": "another system", "module": "another system", "export": "another system"},
    "solver/RESTART.md": {"kill": "integration_signals", "build/sgdfp run --restart": "integration_restart", "mpiexec": "integration_restart"},
    "solver/ARCHITECTURE.md": {}, "cases/CASE_FILE.md": {}, "tests/README.md": {"tests/run.sh": "this is it"},
    "postprocess/README.md": {"postprocess/python.sh postprocess/paraview": "application_paraview", "pip": "application_package"},
    "cases/CLUSTER.md": {"spack": "another system", "module": "another system", "cmake": "application_library", "export": "application_library",
                         "sgdfp check": "integration_estimate", "sbatch": "tests/cluster/slurm.sh", "mpiexec": "integration_restart"},
    "postprocess/bench/README.md": {"": "benchmarks, by hand"}, "postprocess/bench/SCALING.md": {"": "benchmarks, by hand"}, "operators/fokker_planck/SCHEMES.md": {"postprocess/bench": "a benchmark, by hand"},
    "cases/examples/paper/README.md": {"": "a page of its own tests"}, "cases/examples/optimizers/README.md": {"cases/examples": "by hand, minutes"}, "operators/COUPLING.md": {"": "hours"},
}
SMOKE = {  # what makes a page's own run short; the command is otherwise as it stands
    "cases/examples/quickstart.yaml": " --set landscape.data.limit=150 --set reference_point.steps=20 --set reference_point.minimize=false"
    " --set spectrum.largest=40 --set slice.cells=[32,32] --set slice.nodes=7 --set sgd.steps=2 --set models=[master,langevin] --set expect=[] -o out/quickstart",
}


def blocks(page):
    """Indented blocks, each as one script."""
    found, block = [], []
    for line in open(os.path.join(SOURCE, page), encoding="utf-8").read().splitlines() + ["end"]:
        if line.startswith("    ") or (block and not line.strip()):
            block.append(line[4:])
        elif block:
            found.append("\n".join(block).rstrip() + "\n")
            block = []
    return found


def commands(block):
    """The lines of a block that are commands: none in a block that is no script; not the lines of a here-document."""
    if not re.match(WORDS, block):
        return []
    said, end = [], None
    for line in block.splitlines():
        if end:
            end = None if line == end else end
            continue
        if line.strip() and not line.startswith((" ", "#")):
            said.append(line)
        match = re.search(r"<<'?(\w+)'?", line)
        end = match and match[1]
    return said


def elsewhere(page, command):
    return any(command.startswith(word) for word in ELSEWHERE.get(page, {}))


QUICK = "--quick" in sys.argv
done_before = set()


def bare_command(line):
    """Without the remark behind it."""
    return re.sub(r"\s{2,}# .*$", "", line)


def script(page, block):
    """What is run of a block: its commands but those that are another test's or were run before, with what makes them short."""
    lines, left = [], commands(block)
    for line in block.splitlines():
        if line in left and (elsewhere(page, line) or bare_command(line) in done_before):
            continue
        if QUICK and (word := next((w for w in line.split() if w.startswith("postprocess/") and w.endswith(".py")), None)) in done_before:
            continue
        if QUICK and "quickstart" in line:
            continue
        if line in left and line.startswith("postprocess/"):
            done_before.update({bare_command(line), *([word] if QUICK else [])})
        bare = bare_command(line) if line in left else line
        if QUICK and " sweep " not in bare:  # runs are drawn by plot.py, once
            bare = bare.replace(" --figures", "")
        for word, more in SMOKE.items():
            bare += more if word in bare and line in left else ""
        lines.append(bare)
    return "\n".join(lines) + "\n"


def every_page():
    for folder, folders, names in os.walk(SOURCE):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "build", "out")))
        yield from (os.path.relpath(os.path.join(folder, name), SOURCE) for name in sorted(names) if name.endswith(".md"))


def unaccounted():
    """Commands that neither this test runs nor another is named for."""
    for page in every_page():
        for block in blocks(page):
            for command in commands(block):
                if page not in RUN and not elsewhere(page, command):
                    yield f"{page}: no test runs `{command}` (name one in ELSEWHERE of test_pages.py)"


def prepare(program, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "build"))
    os.symlink(os.path.abspath(program), os.path.join(folder, "build", "sgdfp"))
    for name in ("cases", "postprocess"):
        os.symlink(os.path.join(SOURCE, name), os.path.join(folder, name))


def seconds(began):
    now = os.times()
    return now.children_user + now.children_system - began.children_user - began.children_system


def run_page(page, folder):
    if page.startswith("cases/torch") and QUICK:
        return print(f"{page}: without --quick")
    if page.startswith("cases/torch") and subprocess.run([sys.executable, "-c", "import torch, sklearn, scipy"], capture_output=True).returncode:
        return print(f"{page}: skipped, no torch here")
    for block in blocks(page):
        if not commands(block) or all(elsewhere(page, command) for command in commands(block)):
            continue
        text = script(page, block).replace("python3 cases/", f"{sys.executable} cases/")
        began = os.times()
        done = subprocess.run(["bash", "-euc", text], cwd=folder, capture_output=True, text=True, timeout=300)
        if done.returncode:
            sys.exit(f"{page}: exit {done.returncode} of\n{text}\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
        print(f"{page}: {commands(block)[0][:60]}.. {seconds(began):.1f} s of processor time", flush=True)
    return None


def notebook(folder):
    """The cells of postprocess/notebook.ipynb, one after the other, in one interpreter."""
    with open(os.path.join(SOURCE, "postprocess", "notebook.ipynb"), encoding="utf-8") as file:
        cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
    assert cells and not any(cell["outputs"] for cell in cells), "the notebook is kept without outputs"
    code = "\n".join("".join(cell["source"]) for cell in cells)
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": os.path.join(SOURCE, "postprocess"), "MPLBACKEND": "Agg"})
    if done.returncode:
        sys.exit(f"postprocess/notebook.ipynb: {done.stderr[-1500:]}")
    print(f"postprocess/notebook.ipynb: {len(cells)} cells")


def main(program, folder, *pages):
    missing = list(unaccounted())
    if missing:
        sys.exit("\n".join(missing))
    prepare(program, folder)
    for page in pages or RUN:
        run_page(page, folder)
    if not pages:
        notebook(folder)


if __name__ == "__main__":
    main(*(word for word in sys.argv[1:] if word != "--quick"))
