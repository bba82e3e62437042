#!/usr/bin/env python3
"""Restarts that cannot be right are refused, with the reason; the same case goes on.    restart_refused.py SGDFP FOLDER"""
import os
import shutil
import signal
import subprocess
import sys
import time

from tries import fresh, refusal, summed_up, told

CASE = """name: refused
landscape: {family: rough}
sgd: {learning_rate: 0.1, steps: 2000}
slice: {axes: ["coordinate:1"], min: [-1.5], max: [1.5], cells: [256]}
initial: {mean: [0], std: [0.18]}
models: [master, langevin]
output: {every: 100}
"""


def interrupted(program, folder):
    process = subprocess.Popen([program, "run", "case.yaml", "-o", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None and not os.path.exists(os.path.join(folder, "density.xmf")):
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143, f"exit code {process.returncode} after SIGTERM, expected 143"


def damage(name, change):
    """Replace the bytes of a file in a fresh copy of the interrupted folder."""
    def prepare():
        shutil.rmtree("try", ignore_errors=True)
        shutil.copytree("stopped", "try")
        path = os.path.join("try", name)
        with open(path, "rb") as file:
            content = file.read()
        os.remove(path)
        changed = change(content)
        if changed is not None:
            with open(path, "wb") as file:
                file.write(changed)
    return prepare


def flip(content):
    """One bit of the last state, which lies near the end of the file."""
    at = len(content) - 1000
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]


whole = damage("case.yaml", lambda content: content)
# (what, preparation, arguments, exit code, words that the message must hold)
TRIES = [
    ("another learning rate", whole, ["--set", "sgd.learning_rate=0.2"], 2, ["sgd.learning_rate", "0.2", "was", "0.1"]),
    ("another case", whole, ["other.yaml"], 2, ["initial.std", "models.1"]),
    ("a folder besides", whole, ["-o", "elsewhere"], 2, ["-o"]),
    ("a checkpoint cut short", damage("checkpoint.h5", lambda c: c[: len(c) // 2]), [], 4, ["checkpoint.h5"]),
    ("an empty checkpoint", damage("checkpoint.h5", lambda c: b""), [], 4, ["checkpoint.h5"]),
    ("a flipped bit", damage("checkpoint.h5", flip), [], 4, ["checkpoint.h5", "damaged"]),
    ("text for a checkpoint", damage("checkpoint.h5", lambda c: b"no HDF5\n" * 500), [], 4, ["checkpoint.h5"]),
    ("no checkpoint", damage("checkpoint.h5", lambda c: None), [], 4, ["checkpoint.h5", "complete"]),
    ("no densities", damage("density.h5", lambda c: None), [], 4, ["density.h5"]),
    ("densities cut short", damage("density.h5", lambda c: c[: len(c) // 3]), [], 4, ["density.h5"]),
    ("the same case by name", whole, ["case.yaml", "--set", "output.checkpoint=5"], 0, []),
    ("no case by name", whole, [], 0, []),
]


def verdict(program, what, prepare, command, arguments, code, words):
    prepare()
    done = subprocess.run([program, command, "--restart", "try"] + arguments, capture_output=True, text=True, timeout=120)
    return told(what, refusal(done, code, words), done)


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    fresh(folder)
    with open("case.yaml", "w") as file:
        file.write(CASE)
    with open("other.yaml", "w") as file:
        file.write(CASE.replace("0.18", "0.2").replace("langevin", "discrete_fokker_planck"))
    interrupted(program, "stopped")
    failed = sum(verdict(program, what, prepare, "run", arguments, code, words)
                 for what, prepare, arguments, code, words in TRIES)
    failed += verdict(program, "another command", whole, "stationary", [], 2, ["stationary"])
    return summed_up(len(TRIES) + 1, failed)


if __name__ == "__main__":
    sys.exit(main())
