#!/usr/bin/env python3
"""A program that was killed while Open MPI held a file's semaphore leaves it taken, under the file's own name, for the whole node
(/dev/shm/sem.OMPIO_density.h5): runs must not wait for it. In a /dev/shm of its own, so that no other program is held up.
held_semaphore.py SGDFP FOLDER"""
import os
import shutil
import subprocess
import sys

CASE = """landscape: {family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}
sgd: {learning_rate: 0.1, steps: 2}
slice: {axes: [sharpest], min: [-3], max: [3], cells: [64]}
initial: {mean: [0], std: [0.3]}
models: [langevin]
"""
OWN = ["unshare", "-rm", "sh", "-c"]
HELD = "mount -t tmpfs none /dev/shm && head -c 32 /dev/zero > /dev/shm/sem.OMPIO_density.h5 && "


def main(program, folder):
    if not shutil.which("unshare") or subprocess.run([*OWN, HELD + "true"], capture_output=True).returncode:
        print("skipped: no mount of one's own here (unshare -rm)")
        return 77
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(f"{folder}/case.yaml", "w") as file:
        file.write(CASE)
    try:
        done = subprocess.run([*OWN, f"{HELD} exec {program} run case.yaml -o out"], cwd=folder, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        print("the run waits for a semaphore that nobody will give back")
        return 1
    print(done.stderr if done.returncode else "the run does not wait")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), sys.argv[2]))
