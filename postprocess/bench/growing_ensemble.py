#!/usr/bin/env python3
"""The growing ensemble against many plain trajectories: what it costs and how far it is off, and whether it says so.

    postprocess/python.sh postprocess/bench/growing_ensemble.py PROGRAM FOLDER [--points "0.3 16,0.2 8"] [--truth 16384] [--seeds 12] [--ranks 2]
                          [--members 64] [--doublings 3] [--grow 20,8,3]

The digits network of cases/examples/large_steps.yaml, 48 modes, 60 steps. For each (learning rate, batch): the norm of the
error of the variances over the norm of the variances, for all 48 modes and for the 8 sharpest, mean over the seeds, with the
truth's own sampling error taken off in squares; the root mean square of the stated errors over that of the errors made; the
cost in gradients, 1 = 1,024 plain trajectories."""
import argparse
import csv
import os
import re
import subprocess

import numpy as np

CASE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cases/examples/large_steps.yaml")


def sample(options, folder, *sets):
    spectrum = os.path.join(options.folder, "spectrum.h5")
    command = ["mpiexec", "--oversubscribe", "-n", str(options.ranks), options.program, "sample", CASE, "-o", folder, "--overwrite"]
    for item in ("trajectories.flat=0", "trajectories.modes=48", f"spectrum.file={spectrum}", "closure.coupling=false", "closure.check=false",
                 "closure.hessian_batches=0", "closure.max_coupled_error=0", "closure.refresh=20", *sets):
        command += ["--set", item]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    with open(os.path.join(folder, "modes.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    return text, *(np.array([float(row[key]) for row in rows]) for key in ("measured_variance", "error_jackknife"))


def relative(errors, noise, variance, modes):
    """Mean over the seeds of the norm, the truth's part taken off."""
    square = np.mean(np.sum(errors[:, :modes] ** 2, axis=1)) - np.sum(noise[:modes] ** 2)
    return np.sqrt(max(0.0, square)) / np.linalg.norm(variance[:modes])


def point(options, eta, batch):
    base = (f"sgd.learning_rate={eta}", f"sgd.batch_size={batch}")
    _, variance, noise = sample(options, os.path.join(options.folder, f"truth_{eta}_{batch}"), *base, f"trajectories.count={options.truth}",
                                "trajectories.every=60", "trajectories.seed=9001")
    made, said, cost = [], [], 0.0
    for seed in range(1, options.seeds + 1):
        text, v, e = sample(options, os.path.join(options.folder, "growing"), *base, "trajectories.method=growing", f"trajectories.seed={seed}",
                            f"trajectories.members={options.members}", f"trajectories.doublings={options.doublings}",
                            f"trajectories.grow=[{options.grow}]")
        made.append(v - variance)
        said.append(e)
        cost = float(re.search(r"at the cost of (\d+)", text).group(1)) / 1024
    made, said = np.array(made), np.array(said)
    true = np.mean(made**2, axis=0) - noise**2
    ratio = np.sqrt(np.sum(np.mean(said**2, axis=0)[:8]) / max(1e-300, np.sum(true[:8])))
    print(f"{eta:5} {batch:5}  cost {cost:.3f}  error 48 modes {relative(made, noise, variance, 48):.3f}, 8 sharpest {relative(made, noise, variance, 8):.3f}"
          f"  stated over made {ratio:.2f}  (truth {np.linalg.norm(noise) / np.linalg.norm(variance):.3f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--points", default="0.05 8,0.2 32,0.2 8,0.3 16,0.5 64,0.5 16")
    parser.add_argument("--truth", type=int, default=16384)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--members", type=int, default=64)
    parser.add_argument("--doublings", type=int, default=3)
    parser.add_argument("--grow", default="20,8,3")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    for pair in options.points.split(","):
        point(options, *pair.split())


if __name__ == "__main__":
    main()
