#!/usr/bin/env python3
"""Error of the spread master equation against its tolerance and against the number of cells, on the rough landscape.

    postprocess/python.sh postprocess/bench/convergence.py [SGDFP] [FOLDER]

Errors are of the mean and the variance at step 50 against the values that cases/examples/rough_landscape.yaml expects (good to 1e-10).
Prints two tables and draws FOLDER/convergence.png and .svg."""
import csv
import os
import subprocess
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

MEAN, VARIANCE = -0.439029711451496, 0.015494084205996815


def errors(program, folder, cells, tolerance):
    model = "method: dense" if tolerance is None else f"law: exact, method: spread, tolerance: {tolerance}"
    command = [program, "run", "cases/examples/rough_landscape.yaml", "-o", folder, "--overwrite", "--set", f"slice.cells=[{cells}]", "--set", "expect=[]",
               "--set", f"models=[{{model: master, {model}}}]"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return None
    with open(os.path.join(folder, "moments.csv")) as f:
        last = list(csv.DictReader(f))[-1]
    return abs(float(last["mean_1"]) - MEAN), abs(float(last["cov_11"]) - VARIANCE)


def table(title, xs, run):
    print(title)
    rows = []
    for x in xs:
        e = run(x)
        print(f"  {x:>10g}  " + ("refused (exit 3)" if e is None else f"mean {e[0]:.1e}  variance {e[1]:.1e}"))
        if e:
            rows.append((x, *e))
    return rows


def draw(axis, rows, label):
    axis.loglog([r[0] for r in rows], [r[1] for r in rows], "o-", label="mean")
    axis.loglog([r[0] for r in rows], [r[2] for r in rows], "s--", label="variance")
    axis.set_xlabel(label)
    axis.grid(True, which="major", alpha=0.3)
    axis.legend()


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/sgdfp"
    folder = sys.argv[2] if len(sys.argv) > 2 else "out/convergence"
    by_tolerance = table("error against the spreading tolerance, 1024 cells", [10.0 ** -k for k in range(3, 13)],
                         lambda t: errors(program, folder, 1024, t))
    by_cells = table("error against the cells, dense characteristic-function form", [96, 128, 160, 192, 256, 320, 384, 512, 1024],
                     lambda n: errors(program, folder, n, None))
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), constrained_layout=True)
    draw(axes[0], by_tolerance, "spreading tolerance (1024 cells)")
    draw(axes[1], by_cells, "cells (dense form)")
    axes[0].set_ylabel("absolute error at step 50")
    figure.suptitle("Rough landscape: error of the master equation")
    for kind in ("png", "svg"):
        figure.savefig(os.path.join(folder, f"convergence.{kind}"), dpi=150)
    print(f"  {folder}/convergence.png")


if __name__ == "__main__":
    main()
