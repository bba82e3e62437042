#!/usr/bin/env python3
"""A slice whose complement spreads as a few trajectories do, against the network: variances along the 8 sharpest modes.

    postprocess/python.sh postprocess/bench/complement.py PROGRAM FOLDER [--points "0.2 8,0.3 16"] [--trajectories 256] [--refresh 2] [--modes 8]
                          [--first 1] [--truth 16384] [--complement ensemble,rest]

The digits network of cases/examples/large_steps.yaml, 60 steps, one axis at a time. For each (learning rate, batch): the master equation's
variance over that of so many trajectories (one run of `sample` for all modes; a folder of it that is there is taken), each with its
standard error, and the norm of the differences over the norm of the variances. The box holds --deviations of the measured variance: the
nodes of a much wider one leave fields that are not resolved where the density is (the run says so)."""
import argparse
import csv
import json
import math
import os
import subprocess

CASE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cases/examples/large_steps.yaml")


def rows(folder, name):
    with open(os.path.join(folder, name), newline="") as file:
        return {row["model"]: row for row in csv.DictReader(file) if row["step"] == "60"}


def truth(options, eta, batch):
    """Variances of the 48 sharpest modes and their standard errors."""
    folder = os.path.join(options.folder, f"truth_{eta}_{batch}")
    sets = (f"sgd.learning_rate={eta}", f"sgd.batch_size={batch}", f"trajectories.count={options.truth}", "trajectories.every=60",
            "trajectories.flat=0", "trajectories.seed=9001", "closure.coupling=false", "closure.check=false", "closure.hessian_batches=0",
            "closure.refresh=20", "closure.max_coupled_error=0", f"spectrum.file={os.path.join(options.folder, 'spectrum.h5')}")
    if not os.path.exists(os.path.join(folder, "modes.csv")):
        command = [options.program, "sample", CASE, "-o", folder, "--overwrite"]
        for item in sets:
            command += ["--set", item]
        subprocess.run(command, check=True, capture_output=True, text=True)
    with open(os.path.join(folder, "modes.csv"), newline="") as file:
        return [(float(row["measured_variance"]), float(row["error_jackknife"])) for row in csv.DictReader(file)]


def axis(options, eta, batch, complement, mode, half):
    folder = os.path.join(options.folder, "complement")
    sets = (f"sgd.learning_rate={eta}", f"sgd.batch_size={batch}", f"slice.axes=['mode:{mode}']", f"slice.min=[{-half}]", f"slice.max=[{half}]",
            "slice.cells=[320]", "slice.nodes=33", "slice.follow=mean", f"slice.complement={complement}",
            f"slice.mean_trajectories={options.trajectories}", f"slice.refresh={options.refresh}", "output.every=60",
            f"spectrum.file={os.path.join(options.folder, 'spectrum.h5')}",
            "models=[{model: master, law: gaussian}]")
    command = [options.program, "run", CASE, "-o", folder, "--overwrite"]
    for item in sets:
        command += ["--set", item]
    subprocess.run(command, check=True, capture_output=True, text=True)
    found = rows(folder, "moments.csv")
    with open(os.path.join(folder, "summary.json")) as file:
        told = json.load(file)["slice"]
    own = told["error_of_the_complement"][0] / told["linear_variance_over_the_complement"][0] if complement == "ensemble" else 0.0
    return float(found["master"]["cov_11"]), own, float(found["master"]["outflow"])


def point(options, eta, batch, complement):
    measured = truth(options, eta, batch)
    square = norm = expected = 0.0
    print(f"{eta} {batch} {complement}:", end="", flush=True)
    for mode in range(options.first, options.modes + 1):
        network, error = measured[mode - 1]
        master, own, out = axis(options, eta, batch, complement, mode, options.deviations * math.sqrt(network))
        square += (master - network) ** 2
        norm += network**2
        expected += (own * master) ** 2 + error**2
        print(f"  {master / network:.3f} +- {math.hypot(own, error / network):.3f}" + (f" ({out:.1g} out)" if out > 1e-3 else ""), end="", flush=True)
    print(f"\n{eta} {batch} {complement}: off by {math.sqrt(square / norm):.3f}, of which sampling is expected to make {math.sqrt(expected / norm):.3f}",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--points", default="0.2 8,0.3 16")
    parser.add_argument("--trajectories", type=int, default=256)
    parser.add_argument("--refresh", type=int, default=2)
    parser.add_argument("--modes", type=int, default=8)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--deviations", type=float, default=12)
    parser.add_argument("--truth", type=int, default=16384)
    parser.add_argument("--complement", default="ensemble,rest")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    for pair in options.points.split(","):
        eta, batch = pair.split()
        for complement in options.complement.split(","):
            point(options, float(eta), int(batch), complement)


if __name__ == "__main__":
    main()
