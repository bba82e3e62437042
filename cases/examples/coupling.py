#!/usr/bin/env python3
"""The referee's questions about the coupling of modes, over seeds: the second table of operators/COUPLING.md.

    cases/examples/coupling.py [--program build/sgdfp] [--ranks 2] [--folder out/coupling] [--shapes digits,mnist,text] [--case FILE]
                               [--seeds 5] [--steps 60,600,6000] [--points "0.05 8,0.2 32"] [--trajectories 4096]
                               [--set KEY=VALUE ..] [--again] (--smoke: all tables in minutes, 2 seeds, 64 trajectories, 60 and 600 steps,
                                                                of text 16 and 60)

Three shapes of networks, a table each: a perceptron on digits (large_steps.yaml), one on MNIST (vision_mnist.yaml, 2,000 steps into
training; left out where the data are not there), a transformer on text (text.yaml). Each seed trains a network of its own; its 48
modes of largest |lambda| and 8 flat ones are measured by trajectories and predicted five ways: nothing between modes and no
Gamma's of batches (path), each mode's own Gamma (diagonal), the whole coupling, the random linear model sampled along the path,
and the Gaussian closure with expectations over the current spread, which bends with the landscape. Prints means over the seeds
with their standard errors: predicted over measured total variance; covariance off the diagonal over that of the variances, with
sampling's part taken off, and what the coupled closure misses of it; growth of the flat modes over the second half of the steps,
of the network and of the linear model; how much of the sharpest eigenvectors is left in place at the end of the mean path; what
the farthest 1 % of trajectories hold of a sharp mode's variance (0.07 for a normal one). The flat modes are one set for all steps
and points of a network: of the spectrum's modes that have noise, the 8 of least |lambda| (--set trajectories.smallest=0 --set
trajectories.flat=8: the noisiest). The closure misses 0.16 of the off-diagonal part with 48 replicas at batches of 8 and 0.125 with
384, so small batches take these. Other networks: --case, with any landscape on data. A row of a network that is in the folder already,
by the same command, is taken from there (row.json), so that an interrupted table goes on; --again computes it once more."""
import argparse
import csv
import json
import math
import os
import re
import resource
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = {"digits": ("large_steps.yaml",),
          "mnist": ("vision_mnist.yaml", "reference_point.steps=2000"),
          "text": ("text.yaml", "closure.method=adjoint", "spectrum.nearest_zero=8", "spectrum.dense_limit=2000")}


def rows(folder, name):
    with open(os.path.join(folder, name), newline="") as file:
        return list(csv.DictReader(file))


def run(o, shape, eta, batch, steps, seed):
    folder = os.path.join(o.folder, f"{shape}_{eta}_{batch}_{steps}_{seed}")
    case, *sets = SHAPES[shape]
    command = [os.environ.get("MPIEXEC", "mpiexec"), "-n", str(o.ranks), o.program, "sample", os.path.join(HERE, case), "-o", folder,
               "--overwrite"]
    for item in (f"sgd.learning_rate={eta}", f"sgd.batch_size={batch}", f"sgd.steps={steps}", f"reference_point.seed={seed}",
                 f"trajectories.seed={seed}", f"trajectories.count={o.trajectories}", f"trajectories.every={steps}", "closure.check=false",
                 "trajectories.flat=0", "trajectories.smallest=8", "closure.rotation=5", f"closure.linear={o.trajectories}",
                 f"closure.coupling_batches={o.replicas or (384 if int(batch) < 16 else 48)}", f"closure.refresh={max(5, steps // 12)}", "closure.hessian_batches=0",
                 "closure.max_coupled_error=0", "closure.max_relative_error=0", "closure.min_log_correlation=0", f"closure.gaussian={o.gaussian}",
                 f"spectrum.file={os.path.join(o.folder, f'spectrum_{shape}_{seed}.h5')}", *sets, *o.set):
        command += ["--set", item]
    return (None if o.again else kept(folder, command)) or measured(folder, command, steps)


def kept(folder, command):
    """The row of an earlier call, if the same command made it."""
    try:
        with open(os.path.join(folder, "row.json")) as file:
            earlier = json.load(file)
    except FileNotFoundError:
        return None
    return earlier["row"] if earlier["command"] == command else None


def measured(folder, command, steps):
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    row = read(folder, text, steps)
    with open(os.path.join(folder, "row.json"), "w") as file:
        json.dump({"command": command, "row": row}, file, indent=1)
    return row


def read(folder, text, steps):
    """The row of one network from what its run printed and wrote."""
    found = {row["prediction"]: float(row["total"]) for row in rows(folder, "modes_agreement.csv")}
    modes = rows(folder, "modes.csv")
    off = re.search(r"of their variances, ([\d.]+) \+- [\d.na]+ with sampling's", text)
    miss = re.search(r"is off by ([\d.]+) of it, ([\d.na]+) \+- [\d.na]+ with", text)
    flat = [m for m in modes if m["group"] == "flat"]
    turned = [float(r["own"]) for r in rows(folder, "modes_rotation.csv") if int(r["step"]) == steps]
    return {"path": found["path"], "diagonal": found["diagonal"], "coupled": found["coupled"], "linear": found["linear"],
            "gaussian": found["gaussian"],
            "off-diagonal": float(off.group(1)), "missed of it": float(miss.group(2)) if miss else float("nan"),
            "flat: growth": statistics.mean(float(m["growth"]) for m in flat),
            "linear growth": statistics.mean(float(m["growth_linear"]) for m in flat), "least kept of v_1 .. v_5": min(turned),
            "bursts": statistics.mean(float(m["burst_share"]) for m in modes[:8])}


def cell(values):
    """Mean over the seeds with its standard error; a dash where one has none (--set closure.coupling=false) or diverges."""
    if not all(math.isfinite(value) for value in values):
        return "-"
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{statistics.mean(values):.3f} +- {statistics.stdev(values) / len(values) ** 0.5:.3f}"


def table(o, shape):
    heads = None
    print(f"\n{shape}:", flush=True)
    if o.smoke and shape == "text":  # a step of it costs some thirty of the digits'
        o.steps, o.trajectories, o.gaussian = "60", 16, 0
    for steps, pair in ((int(n), pair) for n in o.steps.split(",") for pair in o.points.split(",")):
        eta, batch = pair.split()
        try:
            each = [run(o, shape, eta, batch, steps, seed) for seed in range(1, o.seeds + 1)]
        except subprocess.CalledProcessError as error:
            if error.returncode != 4 or shape != "mnist":
                sys.exit(error.stderr)
            print("left out: its data are not here", flush=True)
            return
        if heads is None:
            heads = list(each[0])
            print("| eta | batch | steps | " + " | ".join(heads) + " |\n|" + "---|" * (3 + len(heads)))
        print(f"| {eta} | {batch} | {steps} | " + " | ".join(cell([e[key] for e in each]) for key in heads) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/sgdfp")
    parser.add_argument("--folder", default="out/coupling")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", default="60,600,6000")
    parser.add_argument("--shapes", default="digits,mnist,text")
    parser.add_argument("--case", help="a case of your own in place of the shapes")
    parser.add_argument("--replicas", type=int, default=0, help="of the coupled closure; 0: 48, and 384 for batches below 16")
    parser.add_argument("--gaussian", type=int, default=2048, help="members of the Gaussian closure; 0: none")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--again", action="store_true", help="compute what the folder has already, too")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--points", default="0.05 8,0.2 32")
    parser.add_argument("--trajectories", type=int, default=4096)
    o = parser.parse_args()
    if o.smoke:
        o.seeds, o.trajectories, o.replicas, o.gaussian, o.steps, o.points = 2, 64, 4, 64, "60,600", "0.05 8"
    if o.case:
        SHAPES["own"], o.shapes = (os.path.abspath(o.case),), "own"
    os.makedirs(o.folder, exist_ok=True)
    for shape in o.shapes.split(","):
        table(o, shape)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"\n{used.ru_utime + used.ru_stime:.0f} s of processor time")


if __name__ == "__main__":
    main()
