"""Densities of optimizers against an ensemble of the same law, and what a step of the two with most states costs.

    postprocess/python.sh postprocess/bench/optimizers.py [--program build/sgdfp] [--trajectories 1000000] [--steps 8]

Moments: every mean and covariance of the density of each optimizer on g = a, noise of variance 1, at eta lambda 0.1 and 0.5, against so many
trajectories of the same map by numpy, in standard errors of the ensemble; plus what left the grid. The largest of k normal errors is 3 for k = 370
and 2.5 for k = 80, so a bar of 3 over them all is fair; exit code 3 beyond it. Times: user CPU of a step of RMSprop on 512 x 512 cells and of Adam on 96^3,
one rank, from two runs that differ in their
steps and write nothing between start and end.
"""
import argparse
import csv
import math
import os
import resource
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASE = """name: bench
landscape: {{family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}}
optimizer: {optimizer}
sgd: {{learning_rate: {eta}, steps: {steps}}}
slice: {{axes: [sharpest], min: {low}, max: {high}, cells: {cells}}}
initial: {{mean: {mean}, std: {std}}}
models: [master]
output: {{every: 1000, checkpoint: 0}}
"""
LINE, PLANE = dict(low=[-8], high=[8], cells=[640], mean=[1.0], std=[0.3]), dict(mean=[1.0, 0.0], std=[0.3, 0.3])
SPACE = dict(low=[-5, -4, -0.8], high=[5, 4, 10], cells=[60, 56, 64], mean=[1.0, 0.0, 2.0], std=[0.4, 0.4, 0.3], steps=6)
KINDS = {
    "sign_sgd": ("", LINE),
    "clipped_sgd": ("threshold: 1", LINE),
    "sam": ("radius: 0.3", LINE),
    "heavy_ball": ("momentum: 0.8", dict(PLANE, low=[-12, -7], high=[12, 7], cells=[150, 120])),
    "nesterov": ("momentum: 0.8", dict(PLANE, low=[-12, -7], high=[12, 7], cells=[150, 120])),
    "rmsprop": ("decay: 0.95", dict(low=[-4, -0.6], high=[4, 9], cells=[160, 192], mean=[1.0, 1.5], std=[0.3, 0.2])),
    "adam": ("momentum: 0.8, decay: 0.95", SPACE),
    "adamw": ("momentum: 0.8, decay: 0.95, weight_decay: 0.1", SPACE),
}


def step(kind, z, G, noise, eta):
    a, *memory = z
    if kind == "sign_sgd":
        return [a - eta * np.sign(G)]
    if kind == "clipped_sgd":
        return [a - eta * np.clip(G, -1, 1)]
    if kind == "sam":
        return [a - eta * (a + 0.3 * np.sign(G) + noise)]
    if kind == "heavy_ball":
        v = 0.8 * memory[0] - eta * G
        return [a + v, v]
    if kind == "nesterov":
        return [a + 0.64 * memory[0] - 1.8 * eta * G, 0.8 * memory[0] - eta * G]
    s = 0.95 * memory[-1] + 0.05 * G * G
    root = np.sqrt(np.maximum(s, 0)) + 1e-8
    if kind == "rmsprop":
        return [a - eta * G / root, s]
    m = 0.8 * memory[0] + 0.2 * G
    return [a - eta * m / root - eta * (0.1 if kind == "adamw" else 0) * a, m, s]


def walk(kind, eta, case, count):
    random = np.random.default_rng(11)
    z = [m + s * random.standard_normal(count) for m, s in zip(case["mean"], case["std"])]
    for _ in range(case["steps"]):
        noise = random.standard_normal(count)
        z = step(kind, z, z[0] + noise, noise, eta)
    return z


def run(program, folder, kind, options, eta, case):
    """The last moments, and the user CPU seconds of the run."""
    path = os.path.join(folder, "case.yaml")
    with open(path, "w") as file:
        file.write(CASE.format(optimizer=f"{{name: {kind}{', ' if options else ''}{options}}}", eta=eta, **case))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([program, "run", path, "-o", os.path.join(folder, "out"), "--overwrite"], capture_output=True, text=True)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    if done.returncode:
        sys.exit(f"{kind}, eta {eta}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    with open(os.path.join(folder, "out", "moments.csv"), newline="") as file:
        last = list(csv.DictReader(file))[-1]
    return {key: float(value) for key, value in last.items() if key not in ("model", "status")}, seconds


def compare(found, z):
    """The largest difference of a mean or covariance in standard errors, which, and how many were compared."""
    errors = {}
    for i, x in enumerate(z):
        samples = {f"mean_{i + 1}": x}
        samples.update({f"cov_{i + 1}{j + 1}": (x - x.mean()) * (y - y.mean()) for j, y in enumerate(z) if j >= i})
        for key, values in samples.items():
            off = max(0, abs(found[key] - values.mean()) - 20 * abs(found["outflow"]))
            errors[key] = off / (values.std() / math.sqrt(len(values)))
    worst = max(errors, key=errors.get)
    return errors[worst], worst, len(errors)


def moments(program, folder, count, steps):
    print(f"| optimizer | eta lambda | largest difference, standard errors of {count:,} trajectories | of | mass that left the grid |\n|---|---|---|---|---|")
    worst, compared = 0, 0
    for kind, (options, case) in KINDS.items():
        for eta in (0.1, 0.5):
            case = {"steps": steps, **case}
            found, _ = run(program, folder, kind, options, eta, case)
            off, which, k = compare(found, walk(kind, eta, case, count))
            print(f"| {kind} | {eta} | {off:.2f} | {which} | {abs(found['outflow']):.1g} |", flush=True)
            worst, compared = max(worst, off), compared + k
    print(f"\n{compared} moments, at most {worst:.2f} standard errors\n")
    return worst


def times(program, folder):
    print("| optimizer | cells | user CPU a step, s | steps a second |\n|---|---|---|---|")
    for kind, options, case in (("rmsprop", "decay: 0.95", dict(KINDS["rmsprop"][1], cells=[512, 512])),
                                ("adam", "momentum: 0.8, decay: 0.95", dict(SPACE, cells=[96, 96, 96]))):
        used = [run(program, folder, kind, options, 0.1, {**case, "steps": n})[1] for n in (2, 10)]
        each = (used[1] - used[0]) / 8
        print(f"| {kind} | {' x '.join(map(str, case['cells']))} | {each:.3f} | {1 / each:.2f} |", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default=os.path.join(ROOT, "build", "sgdfp"))
    options.add_argument("--trajectories", type=int, default=1000000)
    options.add_argument("--steps", type=int, default=8)
    options.add_argument("--times", type=int, default=1, help="0: moments alone")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        worst = moments(os.path.abspath(given.program), folder, given.trajectories, given.steps)
        if given.times:
            times(os.path.abspath(given.program), folder)
    return 3 if worst > 3 else 0


if __name__ == "__main__":
    sys.exit(main())
