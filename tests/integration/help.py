#!/usr/bin/env python3
"""`sgdfp help` knows every key that the program reads, and no other; the tables of CASE_FILE.md are its words; its examples are read; the man
page and the shell's completion know every command and option.     help.py SGDFP FOLDER"""
import os
import re
import subprocess
import sys

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PLAIN = {"landscape": "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}",
         "sgd": "sgd: {learning_rate: 0.1, steps: 100}", "models": "models: [master]", "slice": 'slice: {axes: ["coordinate:1"]}'}
FILES = ("landscape.slice_file", "landscape.tabulated")  # examples that name a file that is made first


def call(program, *words, code=0):
    done = subprocess.run([program, *words], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"{' '.join(words)}: exit {done.returncode}, expected {code}\n{done.stdout[-500:]}{done.stderr}")
    return done.stdout + done.stderr


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def matches(pattern, key):
    return re.fullmatch(re.escape(pattern).replace(r"\*", r"[^.]+"), key)


def check_keys(program):
    keys = call(program, "help", "keys").split()
    table = re.findall(r'^    \{"([\w.*]+)", "', read("solver", "commands", "help_table.c").split("SgdHelpKeys[]")[1], re.M)
    page = read("cases", "CASE_FILE.md")
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", page))))
    for key in keys:
        if not any(matches(pattern, key) for pattern in table):
            yield f"{key}: no description (solver/commands/help_table.c)"
        if key.rsplit(".", 1)[1] not in named:
            yield f"{key}: CASE_FILE.md does not name it"
    for pattern in table:
        if not any(matches(pattern, key) for key in keys):
            yield f"{pattern}: described, but no section has such a key"
    page = subprocess.run([sys.executable, os.path.join(SOURCE, "cases", "file", "reference.py"), program], capture_output=True, text=True)
    if page.returncode:
        yield page.stdout.strip()
    whole = call(program, "help", "all")
    if "(no description)" in whole:
        yield "help all: a key has no description"
    if len(keys) < 200 or not all(key.rsplit(".", 1)[1] in whole for key in keys):
        yield f"help all does not show all of {len(keys)} keys"


def own_case(section, example):
    """The parts of a case that reads one section's example."""
    top = section.split(".")[0]
    case = {**PLAIN, top: example}
    if section in ("reference_point", "weights"):  # training and weights need samples
        case["landscape"] = "landscape: {family: softmax, data: {source: synthetic, samples: 40, features: 2, classes: 2}}"
    if section == "models.diffusion_limit":  # for optimizers with a memory alone
        case.update(optimizer="optimizer: {name: nesterov}", slice='slice: {axes: ["coordinate:1"], min: [-1, -1], max: [1, 1], cells: [32, 32]}',
                    initial="initial: {mean: [0, 0], std: [0.1, 0.1]}")
    if section == "slice":
        case["landscape"] = "landscape: {family: quadratic, eigenvalues: [1, 0.1], gradient_noise: [1, 1]}"
    return case


def fault(program, folder, parts):
    """Why `sgdfp check` does not read a case, or nothing."""
    path = os.path.join(folder, "example.yaml")
    with open(path, "w") as file:
        file.write("\n".join(parts.values()) + "\n")
    done = subprocess.run([program, "check", path], capture_output=True, text=True)
    return done.stderr.strip() or "exit 2" if done.returncode == 2 else ""


def together(cases):
    """Cases that differ from the plain one in sections of their own, merged while that is so: [(sections, parts)]."""
    merged = []
    for section, case in cases:
        own = {top for top, text in case.items() if PLAIN.get(top) != text}
        claimed = own | ({"schedule"} if "optimizer" in own else set())  # which do not go together
        for sections, parts, taken in merged:
            if not claimed & taken:
                sections.append(section)
                parts.update({top: case[top] for top in own})
                taken |= claimed
                break
        else:
            merged.append(([section], dict(case), claimed))
    return [(sections, parts) for sections, parts, _ in merged]


def check_examples(program, folder):
    """Each start of the program reads an example of many sections; where it refuses, each is read by itself."""
    found = re.findall(r'^    \{"([\w.]+)", "(?:[^"\\]|\\.)*", "((?:[^"\\]|\\.)*)"\}', read("solver", "commands", "help_table.c").split("SgdHelpKeys[]")[0], re.M)
    cases = {section: own_case(section, example.replace('\\"', '"')) for section, example in found if section not in FILES}
    for sections, parts in together(cases.items()):
        if not fault(program, folder, parts):
            continue
        for section in sections:
            why = fault(program, folder, cases[section])
            if why:
                yield f"the example of {section} is not read: {why}"


def check_questions(program):
    for words, what, code in (("learning_rate: 0.1", "sgd", 0), ("parameter unit^2/loss", "sgd.learning_rate", 0), ("schedule.learning_rate", "learning_rate", 0),
                              ("landscape.tabulated: ", "tabulated", 0), ("landscape.tabulated.file", "landscape.file", 0), ("models.langevin: ", "langevin", 0),
                              ('did you mean "sgd.learning_rate"', "sgd.lerning_rate", 2), ('did you mean "spectrum"', "spectum", 2)):
        if words not in call(program, "help", what, code=code):
            yield f"help {what}: no '{words}'"
    if "landscape.formula" not in call(program, "help"):
        yield "help: does not list the sections"
    with subprocess.Popen([program, "help", "all"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shown:
        shown.stdout.close()
        said = shown.stderr.read()
    if said:
        yield f"help to a closed pipe says: {said}"


def check_shell(program):
    said = call(program, "--help")
    commands = re.findall(r"^  (\w+) {2,}\S", said.split("Commands:")[1].split("Options:")[0], re.M)
    options = re.findall(r"^  (--?[\w-]+)", said.split("Options:")[1], re.M)
    for name in ("sgdfp.1", "sgdfp.bash"):
        text = read("cmake", name).replace("\\-", "-")
        for word in commands + options:
            if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
                yield f"cmake/{name} does not know {word}"


def check_start(program):
    """By themselves --help and --version start neither MPI nor PETSc, which would fail here: they are there at once, and on a broken installation. A process that is alone does not start MPI's daemon."""
    broken = {**os.environ, "PETSC_OPTIONS": "-options_file /nowhere/at/all"}
    for word in ("--version", "--help", "-h"):
        done = subprocess.run([program, word], capture_output=True, text=True, env=broken)
        if done.returncode or not done.stdout.startswith("sgdfp "):
            yield f"{word} starts PETSc: exit {done.returncode}, {done.stderr}"
    if subprocess.run([program, "help"], capture_output=True, env=broken).returncode == 0:
        yield "a file of options that is not there is no fault any more: check_start shows nothing"
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("OMPI_", "PMIX_"))}
    alone.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_orte_tmpdir_base="/proc/nowhere")
    case = os.path.join(SOURCE, "cases", "examples", "double_well.yaml")
    done = subprocess.run([program, "check", case], capture_output=True, text=True, env=alone)
    if done.returncode:
        yield f"alone, check wants a folder of MPI's (and its daemon, half of the time of a start): exit {done.returncode}, {done.stderr[-300:]}"


def main():
    program, folder = sys.argv[1], sys.argv[2]
    os.makedirs(folder, exist_ok=True)
    faults = [*check_keys(program), *check_questions(program), *check_examples(program, folder), *check_shell(program), *check_start(program)]
    print("\n".join(faults) or "every key is described, every example read")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
