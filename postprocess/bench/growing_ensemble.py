#!/usr/bin/env python3
"""The growing ensemble against many plain trajectories: what it costs and how far it is off, and whether it says so.

    postprocess/python.sh postprocess/bench/growing_ensemble.py PROGRAM FOLDER [--points "0.3 16,0.2 8"] [--truth 16384] [--seeds 12] [--ranks 2]
                          [--members 128] [--doublings 2] [--grow 14,5] [--densities]

The digits network of cases/examples/large_steps.yaml, 48 modes, 60 steps. For each (learning rate, batch): the norm of the
error of the variances over the norm of the variances, for all 48 modes and for the 8 sharpest, mean over the seeds, with the
truth's own sampling error taken off in squares; the root mean square of the stated errors over that of the errors made; the
cost in gradients, 1 = 1,024 plain trajectories. With --densities besides, on slices of the modes 1, 2 and 3: the L1 distance
of the model `network`'s density from that of as many ungrown trajectories as the truth has, mean over the seeds, beside what
the error bars say it is."""
import argparse
import csv
import os
import re
import subprocess

import numpy as np

CASE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cases/examples/large_steps.yaml")


def sample(options, folder, *sets):
    spectrum = os.path.join(options.folder, "spectrum.h5")
    command = [os.environ.get("MPIEXEC", "mpiexec"), "-n", str(options.ranks), options.program, "sample", CASE, "-o", folder, "--overwrite"]
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


def density(options, eta, batch, mode):
    """L1 distances of the grown densities from the truth's, one a seed, and the noise that they state of themselves."""
    half = 64 * float(eta) / float(batch) ** 0.5
    folder = os.path.join(options.folder, "density")
    grown = [f"{{model: network, name: seed{seed}, members: {options.members}, doublings: {options.doublings}, grow: [{options.grow}], seed: {seed}}}"
             for seed in range(1, options.seeds + 1)]
    models = f"models=[{{model: network, name: truth, members: {options.truth}, doublings: 0, seed: 9001}}, {', '.join(grown)}]"
    sets = (f"sgd.learning_rate={eta}", f"sgd.batch_size={batch}", f"slice.axes=['mode:{mode}']", f"slice.min=[{-half}]", f"slice.max=[{half}]",
            "slice.cells=[400]", "slice.nodes=17", "output.every=60", f"spectrum.file={os.path.join(options.folder, 'spectrum.h5')}", models,
            "closure.max_coupled_error=0", "check.error=false")
    command = [os.environ.get("MPIEXEC", "mpiexec"), "-n", str(options.ranks), options.program, "run", CASE, "-o", folder, "--overwrite"]
    for item in sets:
        command += ["--set", item]
    subprocess.run(command, check=True, capture_output=True, text=True)
    with open(os.path.join(folder, "distances.csv"), newline="") as file:
        l1 = [float(row["l1"]) for row in csv.DictReader(file) if row["step"] == "60" and row["model"].startswith("seed")]
    with open(os.path.join(folder, "sampling_errors.csv"), newline="") as file:
        noise = {row["model"]: float(row["noise_l1"]) for row in csv.DictReader(file) if row["step"] == "60"}
    return np.array(l1), np.mean([value for key, value in noise.items() if key != "truth"]), noise["truth"]


def densities(options, eta, batch):
    for mode in (1, 2, 3):
        l1, noise, truth = density(options, eta, batch, mode)
        print(f"{eta:5} {batch:5}  density along mode {mode}: L1 {l1.mean():.3f} +- {l1.std(ddof=1) / len(l1) ** 0.5:.3f}, stated {noise:.3f}"
              f"  (truth {truth:.3f})", flush=True)


def stated_over_made(made, said, noise):
    """Root mean square of the stated errors over that of the errors made, and its jackknife error over the seeds."""
    def ratio(m, s):
        return np.sqrt(np.sum(np.mean(s**2, axis=0)) / max(1e-300, np.sum(np.mean(m**2, axis=0) - noise**2)))

    seeds = len(made)
    without = np.array([ratio(np.delete(made, i, 0), np.delete(said, i, 0)) for i in range(seeds)])
    return ratio(made, said), np.sqrt((seeds - 1) / seeds * np.sum((without - without.mean()) ** 2))


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
    ratio, spread = stated_over_made(made[:, :8], said[:, :8], noise[:8])
    print(f"{eta:5} {batch:5}  cost {cost:.3f}  error 48 modes {relative(made, noise, variance, 48):.3f}, 8 sharpest {relative(made, noise, variance, 8):.3f}"
          f"  stated over made {ratio:.2f} +- {spread:.2f}  (truth {np.linalg.norm(noise) / np.linalg.norm(variance):.3f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--points", default="0.05 8,0.2 32,0.2 8,0.3 16,0.5 64,0.5 16")
    parser.add_argument("--truth", type=int, default=16384)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--members", type=int, default=128)
    parser.add_argument("--doublings", type=int, default=2)
    parser.add_argument("--grow", default="14,5")
    parser.add_argument("--densities", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    for pair in options.points.split(","):
        point(options, *pair.split())
        if options.densities:
            densities(options, *pair.split())


if __name__ == "__main__":
    main()
