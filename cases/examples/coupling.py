#!/usr/bin/env python3
"""The referee's questions about the coupling of modes, over seeds: the second table of operators/COUPLING.md.

    cases/examples/coupling.py [--program build/sgdfp] [--ranks 2] [--folder out/coupling] [--seeds 5] [--steps 60] [--points "0.05 8,0.2 32"]
                               [--trajectories 4096]          (--seeds 2 --trajectories 1024: a smoke run of minutes)

Each seed trains a network of its own (cases/examples/large_steps.yaml); its 48 modes of largest |lambda| and 8 flat ones are
measured by trajectories and predicted three ways: nothing between modes and no Gamma's of batches (path), each mode's own
Gamma (diagonal), the whole coupling. Prints means over the seeds with their standard errors: predicted over measured total
variance; covariance off the diagonal over that of the variances, with sampling's part taken off, and what the coupled
closure misses of it; growth of the flat modes over the second half of the steps; what the farthest 1 % of trajectories
hold of a sharp mode's variance (0.07 for a normal one)."""
import argparse
import csv
import os
import re
import statistics
import subprocess

CASE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "large_steps.yaml")


def rows(folder, name):
    with open(os.path.join(folder, name), newline="") as file:
        return list(csv.DictReader(file))


def run(o, eta, batch, seed):
    folder = os.path.join(o.folder, f"{eta}_{batch}_{o.steps}_{seed}")
    command = ["mpiexec", "--oversubscribe", "-n", str(o.ranks), o.program, "sample", CASE, "-o", folder, "--overwrite"]
    for item in (f"sgd.learning_rate={eta}", f"sgd.batch_size={batch}", f"sgd.steps={o.steps}", f"reference_point.seed={seed}",
                 f"trajectories.seed={seed}", f"trajectories.count={o.trajectories}", f"trajectories.every={o.steps}", "closure.check=false",
                 f"closure.refresh={max(5, o.steps // 12)}", "closure.hessian_batches=0", "closure.max_coupled_error=0",
                 f"spectrum.file={os.path.join(o.folder, f'spectrum_{seed}.h5')}"):
        command += ["--set", item]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {row["prediction"]: float(row["total"]) for row in rows(folder, "modes_agreement.csv")}
    modes = rows(folder, "modes.csv")
    off = re.search(r"of their variances, ([\d.]+) with sampling's", text)
    miss = re.search(r"is off by ([\d.]+) of it, ([\d.]+) with", text)
    return {"path": found["path"], "diagonal": found["diagonal"], "coupled": found["coupled"], "off-diagonal": float(off.group(1)),
            "missed of it": float(miss.group(2)) if miss else float("nan"),
            "growth": statistics.mean(float(m["growth"]) for m in modes if m["group"] == "flat"),
            "bursts": statistics.mean(float(m["burst_share"]) for m in modes[:8])}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/sgdfp")
    parser.add_argument("--folder", default="out/coupling")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--points", default="0.05 8,0.2 32")
    parser.add_argument("--trajectories", type=int, default=4096)
    o = parser.parse_args()
    os.makedirs(o.folder, exist_ok=True)
    heads = None
    for pair in o.points.split(","):
        eta, batch = pair.split()
        each = [run(o, eta, batch, seed) for seed in range(1, o.seeds + 1)]
        if heads is None:
            heads = list(each[0])
            print("| eta | batch | steps | " + " | ".join(heads) + " |\n|" + "---|" * (3 + len(heads)))
        cells = []
        for key in heads:
            values = [e[key] for e in each]
            cells.append(f"{statistics.mean(values):.3f} +- {statistics.stdev(values) / len(values) ** 0.5:.3f}" if len(values) > 1 else f"{values[0]:.3f}")
        print(f"| {eta} | {batch} | {o.steps} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
