#!/usr/bin/env python3
"""How a run speaks: --quiet says nothing but warnings and errors, --log-json one object a line, a terminal gets a bar that is wiped,
a log plain lines, under mpiexec as without it; the end says which stage took what share.     voice.py SGDFP FOLDER"""
import json
import os
import pty
import subprocess
import sys

CASE = """landscape: {family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}
sgd: {learning_rate: 0.1, steps: 60}
slice: {axes: [sharpest], min: [-0.6], max: [0.6], cells: [96]}
models: [master, langevin]
"""


def run(program, *more):
    return subprocess.run([program, "run", "case.yaml", "-o", "out", "--overwrite", *more], capture_output=True, text=True, timeout=100)


def terminal(command):
    """What a command writes to a terminal."""
    mine, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.STDOUT)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(mine, 4096)
        except OSError:
            break
        if not part:
            break
        text += part
    process.wait(timeout=100)
    return text.decode()


def main(program, folder):
    program = os.path.abspath(program)
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    with open("case.yaml", "w") as file:
        file.write(CASE)
    plain = run(program)
    last = plain.stdout.splitlines()[-1]
    assert plain.returncode == 0 and last.startswith("Time: ") and "Models" in last, plain.stdout
    assert "has left through" in plain.stderr, plain.stderr  # the box is small on purpose
    quiet = run(program, "--quiet")
    assert quiet.returncode == 0 and quiet.stdout == "" and "has left through" in quiet.stderr, quiet.stdout + quiet.stderr
    said = [json.loads(line) for line in run(program, "--log-json").stdout.splitlines()]
    assert all(set(o) >= {"seconds", "event", "text"} for o in said)
    assert {"line", "warning"} <= {o["event"] for o in said}, said
    words = lambda lines: [w for w in lines if w.strip() and "Time" not in w and " s" not in w and "rank" not in w]  # noqa: E731
    assert words(o["text"] for o in said if o["event"] == "line") == words(plain.stdout.splitlines())
    wrong = [json.loads(line) for line in run(program, "--log-json", "--set", "sgd.steps=-1").stdout.splitlines()]
    assert wrong[-1]["event"] == "error" and "sgd.steps" in wrong[-1]["text"], wrong
    assert run(program, "--log-json", "--quiet").returncode == 2
    long = ["sgd.steps=40000", "slice.cells=[640]", "models=[master]", "slice.min=[-8]", "slice.max=[8]", "output.every=40000"]
    command = ["mpiexec", "-n", "1", program, "run", "case.yaml", "-o", "long", "--overwrite", *(w for s in long for w in ("--set", s))]
    text = terminal(command)
    assert "\r\033[K" in text and "[" in text and " % at step " in text and " s left" in text, text[-2000:]
    with open("log", "w") as log:  # the launcher's standard output is a file, whatever it gives its ranks
        subprocess.run(command, stdout=log, timeout=100, check=True)
    with open("log") as log:
        text = log.read()
    assert "\033" not in text and "\r" not in text and "\033" not in plain.stdout, text[-500:]
    print("as expected")


if __name__ == "__main__":
    main(*sys.argv[1:])
