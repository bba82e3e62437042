#!/usr/bin/env python3
"""A killed program's semaphore does not stop another one's files. Open MPI names the semaphore of a file's shared pointer by the file's name
without its folder, for all programs of a node: one that is killed while it holds it leaves every later one that opens a file of that name
waiting for ever. Here a semaphore is left for density.h5, in a /dev/shm of this test's own (skipped where that is not to be had).

    stale_semaphore.py SGDFP FOLDER"""
import ctypes
import os
import subprocess
import sys

CASE = """name: semaphore
landscape: {family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}
sgd: {learning_rate: 0.1, steps: 2}
slice: {axes: [sharpest]}
models: [master]
"""


def inside(program, folder):
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    with open("case.yaml", "w") as file:
        file.write(CASE)
    libc = ctypes.CDLL(None)
    libc.sem_open.restype = ctypes.c_void_p
    if not libc.sem_open(b"/OMPIO_density.h5", os.O_CREAT, 0o644, 0):
        return 77
    try:
        own = {k: v for k, v in os.environ.items() if k != "OMPI_MCA_sharedfp"}  # what the program does for itself
        done = subprocess.run([program, "run", "case.yaml", "-o", "out", "--overwrite"], capture_output=True, text=True, timeout=60, env=own)
        fault = f"exit {done.returncode}: {done.stderr}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        fault = "waits for a semaphore that a killed program left"
    print(fault or "1 passed, 0 failed")
    return 1 if fault else 0


def main():
    if sys.argv[1] == "--inside":
        return inside(*sys.argv[2:])
    again = [sys.executable, os.path.abspath(__file__), "--inside", os.path.abspath(sys.argv[1]), sys.argv[2]]
    apart = ["unshare", "--mount", "--map-root-user", "sh", "-c", 'mount -t tmpfs none /dev/shm || exit 77; exec "$@"', "sh"]
    try:
        able = subprocess.run(apart + ["true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        able = False
    if able:
        return subprocess.call(apart + again)
    print("skipped: no /dev/shm of one's own")
    return 77


if __name__ == "__main__":
    sys.exit(main())
