#!/usr/bin/env python3
"""Mass that leaves through a face is warned of, with the face, the share and the key.     outflow.py SGDFP FOLDER"""
import os
import shutil
import subprocess
import sys

CASE = """name: outflow
landscape: {family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}
sgd: {learning_rate: 0.1, steps: 20}
slice: {axes: [sharpest], min: [-0.3], max: [1.5], cells: [100]}
initial: {std: [0.08]}
models: [master]
output: {every: 10}
"""


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, "case.yaml"), "w") as f:
        f.write(CASE)
    run = subprocess.run([program, "run", "case.yaml", "-o", "out"], cwd=folder, capture_output=True, text=True)
    warnings = [line for line in run.stderr.splitlines() if "has left through" in line]
    assert run.returncode == 0, run.stderr
    assert len(warnings) == 1, run.stderr  # once, and not of the upper face
    for word in ("model master", "lower face of axis 1", "slice.min", "-0.3 "):
        assert word in warnings[0], warnings[0]
    print("the lower face is named, once")


main()
