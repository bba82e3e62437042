#!/usr/bin/env python3
"""The errors that the model network states are those that it makes: 120 ensembles of other seeds against exact moments and
densities of a quadratic in three parameters.

    network_errors.py SGDFP CASE FOLDER

Of mean, variance and the density of each cell within four deviations: root mean square of the error over that of the
stated error, which so many replicates know to 7 %. Prints the figures; fails outside 0.8 .. 1.2."""
import csv
import os
import subprocess
import sys

import h5py
import numpy as np

RUNS, EACH = 4, 30
HESSIAN = np.array([1, 0.3, 0.2, 0.3, 0.5, 0.1, 0.2, 0.1, 0.8]).reshape(3, 3)
NOISE = np.array([1, 0.5, 0, 0.5, 2, 0, 0, 0, 1]).reshape(3, 3)
STEPS, MEAN, STD = 40, 0.5, 0.4
BOX = {0.4: 4, 0.05: 2}  # learning rates, where the mode forgets within the run and where it does not; half the slice


def exact(eta):
    mean, cov = np.array([MEAN, 0, 0]), np.diag([STD**2, 0, 0])
    step = np.eye(3) - eta * HESSIAN
    for _ in range(STEPS):
        mean, cov = step @ mean, step @ cov @ step.T + eta**2 * NOISE
    return mean[0], cov[0, 0]


def last_rows(folder, name):
    with open(os.path.join(folder, name)) as file:
        return {row["model"]: row for row in csv.DictReader(file) if int(row["step"]) == STEPS}


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def run(program, case, folder, seed, eta):
    models = ",".join(f"{{model: network, name: n{k}, seed: {seed + k}}}" for k in range(EACH))
    subprocess.run([program, "run", case, "-o", folder, "--overwrite", "--set", f"models=[{models}]", "--set", "expect=[]",
                    "--set", f"sgd.learning_rate={eta}", "--set", f"slice.min=[{-BOX[eta]}]", "--set", f"slice.max=[{BOX[eta]}]"],
                   check=True, stdout=subprocess.DEVNULL, timeout=300)


def collect(folder, mean, variance):
    """Errors made and errors stated in a run, by quantity."""
    found, stated = last_rows(folder, "moments.csv"), last_rows(folder, "sampling_errors.csv")
    made = {"mean_1": [], "cov_11": [], "cells": [], "L1": []}
    said = {key: [] for key in made}
    with h5py.File(os.path.join(folder, "density.h5"), "r") as f:
        x = f["grid/x"][:]
        p = np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
        near = np.abs(x - mean) < 4 * np.sqrt(variance)
        for model, row in found.items():
            made["mean_1"].append(float(row["mean_1"]) - mean)
            made["cov_11"].append(float(row["cov_11"]) - variance)
            made["cells"].extend((f["density"][model][-1] - p)[near])
            made["L1"].append(np.abs(f["density"][model][-1] - p).sum() * (x[1] - x[0]))
            said["cells"].extend(f["density_error"][model][-1][near])
            said["L1"].append(float(stated[model]["noise_l1"]))
            for key in ("mean_1", "cov_11"):
                said[key].append(float(stated[model][key]))
    return made, said


def check(program, case, folder, eta):
    mean, variance = exact(eta)
    made, said, failed = {}, {}, 0
    for k in range(RUNS):
        run(program, case, folder, 1 + k * EACH, eta)
        for total, part in zip((made, said), collect(folder, mean, variance)):
            for key, values in part.items():
                total.setdefault(key, []).extend(values)
    for key in made:
        size = np.mean if key == "L1" else rms
        ratio = size(made[key]) / size(said[key])
        bad = not 0.8 <= ratio <= 1.2
        failed += bad
        print(f"{'FAIL' if bad else 'ok  '} eta {eta}, {key}: error {size(made[key]):.4g} over stated error {size(said[key]):.4g}: {ratio:.3f}")
    return failed


def main():
    program, case, folder = sys.argv[1:]
    return 1 if sum(check(program, case, folder, eta) for eta in BOX) else 0


if __name__ == "__main__":
    sys.exit(main())
