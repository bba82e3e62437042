#!/usr/bin/env python3
"""What lies around a run and cannot be right ends it with one line that names it: limits of memory and of file sizes,
PETSc's option files, folders where files belong, names that lead nowhere, expectations of what there is not.
surroundings.py SGDFP FOLDER"""
import os
import resource
import subprocess
import sys

import h5py

from tries import fresh, refusal, summed_up, told

CASE = """name: surroundings
landscape: {family: quadratic, eigenvalues: [1.0, 0.5], gradient_noise: [1.0, 1.0]}
sgd: {learning_rate: 0.1, steps: 40}
slice: {axes: [sharpest], cells: [96]}
models: [langevin]
"""
MEGABYTE = 2**20
EXPECT = "expect:\n  - {model: langevin, quantity: %s, value: 0, tolerance: 0.1%s}\n"
SQUARE = ["--set", "slice.axes=[sharpest,flattest]", "--set", "output.every=2", "--set"]


def written(name, text):
    def prepare():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "w") as file:
            file.write(text)
    return prepare


def nothing():
    pass


def link():
    os.symlink("nowhere", "link")


def limit(which, megabytes):
    return lambda: resource.setrlimit(which, (megabytes * MEGABYTE,) * 2)


def for_langevin():
    """Cells an axis of a square that the leanest model has room for, at 100 bytes a cell, and Langevin's 514 have not."""
    with open("/proc/meminfo") as file:
        free = next(1024 * int(line.split()[1]) for line in file if line.startswith("MemAvailable"))
    return 2 * int((free / 250) ** 0.5 / 2)


# (what, preparation, arguments, variables, limit, exit code, words that the message must hold)
TRIES = [
    ("memory for MPI and BLAS", nothing, [], {}, limit(resource.RLIMIT_AS, 220), 1, ["ulimit -v", "OPENBLAS_NUM_THREADS"]),
    ("memory for the models", nothing, [*SQUARE, "slice.cells=[3000,3000]"], {}, limit(resource.RLIMIT_AS, 1000), 1, ["not enough memory", "slice.cells"]),
    ("cells that a leaner model would have room for", nothing, [*SQUARE, "slice.cells=[{0},{0}]".format(for_langevin())], {}, None, 2,
     ["--set slice.cells", "langevin 514", "cells would do"]),
    ("files too large", nothing, ["-o", "limited", *SQUARE, "slice.cells=[400,400]"], {}, limit(resource.RLIMIT_FSIZE, 14), 4, ["density.h5", "File too large"]),
    ("files open at once", nothing, [], {}, lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)), 4, ["ulimit -n", "16"]),
    ("no option file", nothing, [], {"PETSC_OPTIONS": "-options_file nowhere"}, None, 2, ["nowhere", "PETSC_OPTIONS"]),
    ("an option file of another kind", written("home/.petscrc", "no options\n"), [], {"HOME": "home"}, None, 2, [".petscrc line 1", "no"]),
    ("a folder for the lock", lambda: os.makedirs("a/sgdfp.lock"), ["-o", "a"], {}, None, 4, ["a/sgdfp.lock", "no lock"]),
    ("a folder for a table", lambda: os.makedirs("b/moments.csv"), ["-o", "b"], {}, None, 4, ["b/moments.csv"]),
    ("a link to nowhere", link, ["-o", "link"], {}, None, 4, ["link: ", "symbolic link"]),
    ("no name", nothing, ["-o", ""], {}, None, 4, ['""']),
    ("a long name", nothing, ["-o", "n" * 3000], {}, None, 4, ["3000 characters"]),
    ("relative to nothing", written("case.yaml", CASE + EXPECT % ("mean_1", ", relative: true")), [], {}, None, 2, ["case.yaml:7", "expect.0", "relative"]),
    ("no such quantity", written("case.yaml", CASE + EXPECT % ("mean_2", "")), [], {}, None, 2, ["case.yaml:7", "expect.0", "mean_2"]),
    ("no such step", written("case.yaml", CASE + EXPECT % ("mean_1", ", step: 13")), [], {}, None, 2, ["case.yaml:7", "expect.0", "step 13"]),
]


def attempt(program, what, prepare, arguments, variables, bound, code, words):
    prepare()
    where = {**os.environ, "OMPI_MCA_ess_singleton_isolated": "1", "OMPI_MCA_orte_tmpdir_base": os.getcwd(), **variables}
    if "HOME" in variables:
        where["HOME"] = os.path.abspath(variables["HOME"])
    done = subprocess.run([program, "run", "case.yaml", "--overwrite", *arguments], env=where, preexec_fn=bound, capture_output=True, text=True, timeout=300)
    faults = refusal(done, code, words, 1)
    if done.returncode == 2 and "  step " in done.stdout:
        faults.append("after the work")
    return told(what, faults, done)


def readable_after():
    """What a limit of file sizes left."""
    with h5py.File("limited/density.h5", "r") as file:
        assert len(file["density/langevin"]) == len(file["steps/n"]) > 1


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    fresh(folder)
    written("case.yaml", CASE)()
    failed = sum(attempt(program, *one) for one in TRIES)
    readable_after()
    return summed_up(len(TRIES), failed)


if __name__ == "__main__":
    sys.exit(main())
