#!/usr/bin/env python3
"""What acts on a run from outside is told: PETSc's options in the environment and in files, more ranks than cores, and
threads that nobody asked for. Nothing is told where there is nothing.

    environment.py SGDFP CASE FOLDER MPIEXEC...
"""
import os
import subprocess
import sys


def main():
    program, case, folder, *launcher = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, ".petscrc"), "w") as file:
        file.write("# mine\n-spectrum_all_eps_tol 1e-11\n")
    faults = []

    def run(ranks, pinned, options=(), **variables):
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS") and k != "PETSC_OPTIONS"}
        start = ["taskset", "-c", "0"] if pinned else []
        command = start + launcher + [str(ranks), program, "spectrum", os.path.abspath(case), "-o", "out",
                                      "--overwrite", *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**environment, **variables})
        if done.returncode:
            faults.append(f"{command}: exit {done.returncode}: {done.stderr}")
        return done.stdout

    def expect(text, words, there=True):
        if (words in text) != there:
            faults.append(f"'{words}' {'missing' if there else 'not expected'} in:\n{text}")

    alone = run(1, False, ["-skip_petscrc"], OMP_NUM_THREADS="1")
    for words in ("acts on this run", "act on this run", "wait for each other", "OMP_NUM_THREADS", "Option left"):
        expect(alone, words, False)
    outside = run(1, False, PETSC_OPTIONS="-spectrum_all_eps_max_it 50", OMP_NUM_THREADS="1")
    expect(outside, "PETSC_OPTIONS acts on this run, too: -spectrum_all_eps_max_it 50")
    expect(outside, "The options of .petscrc act on this run, too (-skip_petscrc leaves them out): -spectrum_all_eps_tol 1e-11")
    expect(run(3, True, OMP_NUM_THREADS="1"), "3 ranks on a node whose ranks may use 1 cores")
    if os.cpu_count() >= 2:
        expect(run(2, False), "OMP_NUM_THREADS is not set: 2 ranks on a node of")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
