#!/usr/bin/env python3
"""SIGKILL at random moments: every file that is there can be read, and the same command again goes on from the last
checkpoint, to the end.     killed.py SGDFP FOLDER [TIMES, default 20] [SEED, default 1]"""
import csv
import json
import os
import random
import shutil
import subprocess
import sys

import h5py

CASE = """name: killed
landscape: {family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}
sgd: {learning_rate: 0.1, steps: 200000}
slice: {axes: [sharpest], cells: [96]}
models: [langevin, {model: master, method: splat}]
output: {every: 2000, checkpoint: 0.1}
"""


def start(program):
    return subprocess.Popen([program, "run", "case.yaml", "-o", "out"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def readable(kept):
    """The step that a checkpoint, which was whole before, must not fall behind; tables and densities as far as they are."""
    for name in os.listdir("out"):
        path = os.path.join("out", name)
        if name.endswith(".json"):
            with open(path) as file:
                json.load(file)
        if name == "moments.csv":
            with open(path) as file:
                rows = list(csv.DictReader(file))
            assert all(row["model"] for row in rows[:-1])
    if os.path.exists("out/checkpoint.h5"):
        with h5py.File("out/checkpoint.h5", "r") as file:
            steps = int.from_bytes(bytes(file["history/steps"][:4]), "little")
        assert steps >= kept, f"the checkpoint fell back from {kept} to {steps} output steps"
        return steps
    assert not kept, "the checkpoint is gone"
    return 0


def finished():
    """Between its last file and its end."""
    if not os.path.exists("out/status_run.json"):
        return False
    with open("out/status_run.json") as file:
        return json.load(file)["status"] == "finished"


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    times, seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20, int(sys.argv[4]) if len(sys.argv) > 4 else 1
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    with open("case.yaml", "w") as file:
        file.write(CASE)
    moment, kept, killed = random.Random(seed), 0, 0
    for _ in range(times):
        process = start(program)
        try:
            _, err = process.communicate(timeout=moment.uniform(0.3, 2.0))
            assert process.returncode == 0, f"exit {process.returncode}: {err}"
            shutil.rmtree("out")
            kept = 0
            continue
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        killed += 1
        if finished():
            shutil.rmtree("out")
        kept = readable(kept) if os.path.exists("out") else 0
    process = start(program)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, f"exit {process.returncode}: {err}"
    with h5py.File("out/density.h5", "r") as file:
        assert file["steps/n"][-1] == 200000
    print(f"ok: killed {killed} times, went on, and came to the end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
