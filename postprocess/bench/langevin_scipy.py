#!/usr/bin/env python3
"""Langevin's generator through time T = 10 eta on a 2D double well (eta 0.1): the program's default integrator against
scipy's expm_multiply of the very same matrix, and the cost per step and cell from 256^2 to 2048^2.

    postprocess/python.sh postprocess/bench/langevin_scipy.py [--cells 512] [--ranks 1 2] [--scaling 256 512 1024 2048]
                                                              [--long 512] [--implicit] [--program build/sgdfp] [--repeats 3]

The program exports its generator (-langevin_operator_view binary:FILE); scipy starts from the program's initial density.
Times are the least of `repeats`, alternating; the program's is that of its ten steps (`seconds` in summary.json), and the
processor time of its whole run, set-up and output included, is printed beside it, next to that of expm_multiply alone: on a
machine with other work the ratio of processor times is the one to read, for one rank. --long (0: leave it out) compares stretches of
10 and of 1000 steps. --scaling 0 leaves the second table out. --implicit adds
backward Euler, one step of eta at a time, GMRES with BoomerAMG: the iterations, and what a step costs that way."""
import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import expm_multiply

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from sgdfp import reader  # noqa: E402

CASE = """landscape:
  family: polynomial
  dimension: 2
  terms: [{coefficient: 0.25, powers: [4, 0]}, {coefficient: -0.5, powers: [2, 0]}, {coefficient: 0.5, powers: [0, 2]},
          {coefficient: 0.25, powers: [1, 1]}]
  noise_covariance: [1, 0.3, 0.3, 1]
sgd: {learning_rate: 0.1, steps: 10}
slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-2.2, -2.2], max: [2.2, 2.2], cells: [256, 256]}
initial: {mean: [0.2, -0.1], std: [0.3, 0.3]}
models: [langevin]
output: {every: 10}
"""
IMPLICIT = ["-langevin_ts_type", "beuler", "-langevin_ts_dt", "0.1", "-langevin_ts_adapt_type", "none", "-langevin_ksp_type", "gmres",
            "-langevin_ksp_pc_side", "right", "-langevin_pc_type", "hypre", "-langevin_ksp_converged_reason"]
TIME = 1.0  # 10 eta


def processor():
    """Processor seconds of the children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(o, folder, cells, ranks=1, more=()):
    case, out = os.path.join(folder, "case.yaml"), os.path.join(folder, f"out_{cells}_{ranks}")
    with open(case, "w") as f:
        f.write(CASE)
    start = processor()
    done = subprocess.run([os.environ.get("MPIEXEC", "mpiexec"), "-n", str(ranks), o.program, "run", case, "-o", out, "--overwrite", "--set",
                           f"slice.cells=[{cells},{cells}]", *more], capture_output=True, text=True)
    whole = processor() - start
    if done.returncode:
        sys.exit(f"{o.program} failed:\n{done.stdout}{done.stderr}")
    with open(os.path.join(out, "summary.json")) as f:
        seconds = json.load(f)["models"]["langevin"]["seconds"]
    return reader.Run(out), seconds, whole, done.stdout


def read_matrix(path):
    """PETSc's binary AIJ: class id, rows, columns, entries; entries a row; columns; values. Big-endian."""
    with open(path, "rb") as f:
        _, rows, columns, entries = np.fromfile(f, ">i4", 4)
        start = np.concatenate([[0], np.cumsum(np.fromfile(f, ">i4", rows))]).astype(np.int32)
        index = np.fromfile(f, ">i4", entries).astype(np.int32)
        value = np.fromfile(f, ">f8", entries).astype(float)
    return scipy.sparse.csr_matrix((value, index, start), shape=(rows, columns))


def against_scipy(o, folder):
    exported = os.path.join(folder, "generator.bin")
    ours, _, _, _ = run(o, folder, o.cells, 1, ["-langevin_operator_view", f"binary:{exported}"])
    L = read_matrix(exported)
    p0, p1 = (ours.density("langevin", k).ravel() for k in (0, -1))
    y = np.zeros(L.shape[0])  # the cells' masses and the ledger
    y[: p0.size] = p0
    best = {"scipy": np.inf, **{n: np.inf for n in o.ranks}}
    whole = dict(best)
    for _ in range(o.repeats):
        start = time.perf_counter(), time.process_time()
        z = expm_multiply(TIME * L, y)
        best["scipy"] = min(best["scipy"], time.perf_counter() - start[0])
        whole["scipy"] = min(whole["scipy"], time.process_time() - start[1])
        for n in o.ranks:
            _, seconds, all_of_it, _ = run(o, folder, o.cells, n)
            best[n], whole[n] = min(best[n], seconds), min(whole[n], all_of_it)
    error = np.abs(z[: p0.size] - p1).sum() / p0.sum()
    print(f"{o.cells}^2, T = 10 eta, L1 distance of the two densities {error:.1e}")
    print(f"  scipy expm_multiply         {best['scipy']:8.2f} s (processor {whole['scipy']:.2f} s)")
    for n in o.ranks:
        print(f"  sgdfp, {n} rank{'s' if n > 1 else ' '}              {best[n]:8.2f} s (processor, whole run {whole[n]:.2f} s): "
              f"{best['scipy'] / best[n]:.1f} times faster ({whole['scipy'] / whole[n]:.1f})", flush=True)


def scaling(o, folder):
    print("cells    integrator        s for 10 steps   ns a step and cell   rate a step, iterations a solve")
    for cells in o.scaling:
        for name, more in [("default", [])] + ([("implicit, dt eta", IMPLICIT)] if o.implicit else []):
            best = np.inf
            for _ in range(o.repeats if cells < 1000 else 1):
                _, seconds, _, text = run(o, folder, cells, 1, more)
                best = min(best, seconds)
            found = re.search(r"in time (\w+), uniformisation rate ([0-9.e+]+)", text)
            iterations = [int(i) for i in re.findall(r"iterations (\d+)", text)]
            note = f"{found[1]} {found[2]}" + (f", {np.mean(iterations):.1f} iterations" if iterations else "")
            print(f"{cells:4d}^2   {name:16s} {best:10.2f} {1e9 * best / 10 / cells**2:18.0f}   {note}", flush=True)


def stretches(o, folder):
    """One stretch of 10 and of 1000 steps between outputs: processor seconds beyond those of a single step."""
    used, kind = {}, {}
    for steps in (1, 10, 1000):
        times = []
        for _ in range(o.repeats):
            _, _, whole, text = run(o, folder, o.long, 1, ["--set", f"sgd.steps={steps}", "--set", f"output.every={steps}"])
            times.append(whole)
        used[steps] = min(times)
        longer = re.search(r"of (\d+) steps and more by (\w+)", text)
        kind[steps] = longer[2] if longer and steps >= int(longer[1]) else re.search(r"in time (\w+)", text)[1]
    ten, thousand = used[10] - used[1], used[1000] - used[1]
    print(f"{o.long}^2, one rank, processor time: T = 10 eta {ten:.2f} s ({kind[10]}), T = 1000 eta {thousand:.2f} s "
          f"({kind[1000]})" + (f": {thousand / ten:.1f} times" if ten > 0.2 else ""), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--program", default="build/sgdfp")
    p.add_argument("--cells", type=int, default=512)
    p.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--scaling", type=int, nargs="+", default=[256, 512, 1024, 2048])
    p.add_argument("--long", type=int, default=512)
    p.add_argument("--implicit", action="store_true")
    o = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if o.cells:
            against_scipy(o, folder)
        if o.long:
            stretches(o, folder)
        if o.scaling != [0]:
            scaling(o, folder)


if __name__ == "__main__":
    main()
