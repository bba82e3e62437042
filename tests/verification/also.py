#!/usr/bin/env python3
"""The density of ALSO on two groups of samples: its steps enumerated batch by batch (where the expected values of
cases/examples/optimizers/also.yaml come from), trajectories where batches are too many to list, and what is refused.
also.py SGDFP FOLDER [TRAJECTORIES]"""
import csv
import math
import os
import shutil
import subprocess
import sys

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ASCENT, PULL, PRIOR, L2 = 0.4, 0.5, 0.5, 0.5


class Groups:
    """Logistic loss along the first weight of a softmax with two classes, the others at zero: group k is class k."""

    def __init__(self, x, label):
        self.x, self.sign = x, np.where(label == 0, 1.0, -1.0)
        self.members = [np.flatnonzero(label == k) for k in (0, 1)]

    def sample(self, a, i):
        """Loss and slope of the samples i, one a place or the same everywhere."""
        s, x = self.sign[i], self.x[i]
        return np.logaddexp(0, -s * a * x) + 0.5 * L2 * a * a, -s * x / (1 + np.exp(s * a * x)) + L2 * a

    def batch(self, a, index):
        each = [self.sample(a, i) for i in index]
        return [sum(part) / len(index) for part in zip(*each)]

    def step(self, a, u, eta, first, second):
        (F1, G1), (F2, G2) = self.batch(a, first), self.batch(a, second)
        pi = 1 / (1 + np.exp(-u))
        return (a - eta * (pi * G1 + (1 - pi) * G2),
                u + ASCENT * PULL * (math.log(PRIOR / (1 - PRIOR)) - u) + ASCENT * (F1 - F2))


def enumerate_all(eta, steps, mean, std):
    """All batches of two of either group's two samples: nine a step with their probabilities."""
    table = np.loadtxt(os.path.join(ROOT, "cases/examples/laws/four_samples.csv"), delimiter=",")
    groups = Groups(table[:, 0], table[:, 2])
    pairs = [[((m[0], m[0]), 0.25), ((m[0], m[1]), 0.5), ((m[1], m[1]), 0.25)] for m in groups.members]
    node, weight = np.polynomial.hermite_e.hermegauss(40)
    weight /= weight.sum()
    states = [(1.0, *np.meshgrid(mean[0] + std[0] * node, mean[1] + std[1] * node, indexing="ij"))]
    for _ in range(steps):
        states = [(p * p1 * p2, *groups.step(a, u, eta, b1, b2)) for p, a, u in states for b1, p1 in pairs[0] for b2, p2 in pairs[1]]
    share = np.outer(weight, weight)
    mean_of = lambda f: sum(p * (share * f(a, u)).sum() for p, a, u in states)  # noqa: E731
    m = mean_of(lambda a, u: a), mean_of(lambda a, u: u)
    return {"mean_1": m[0], "mean_2": m[1], "cov_11": mean_of(lambda a, u: (a - m[0])**2), "cov_12": mean_of(lambda a, u: (a - m[0]) * (u - m[1])),
            "cov_22": mean_of(lambda a, u: (u - m[1])**2)}


def run(program, name, code=0, sets=()):
    more = [word for key in sets for word in ("--set", key)]
    done = subprocess.run([program, "run", "cases/examples/optimizers/also.yaml", "-o", name, "--overwrite", *more], capture_output=True, text=True,
                          timeout=300, cwd=ROOT)
    assert done.returncode == code, f"{name}: exit {done.returncode}, expected {code}\n{done.stdout}{done.stderr}"
    if code:
        return done.stderr
    with open(os.path.join(name, "moments.csv"), newline="") as file:
        return {row["model"]: row for row in csv.DictReader(file)}, done.stdout


def exact(program, folder):
    """The case's own values, by enumeration here."""
    wanted = enumerate_all(0.3, 3, (0.3, 0.2), (0.4, 0.4))
    found, text = run(program, os.path.join(folder, "exact"), sets=["models=[master]"])
    assert "9 different batches, exactly" in text
    for key, value in wanted.items():
        assert abs(float(found["master"][key]) - value) < 3e-9, (key, found["master"][key], value)


def trajectories(program, folder, eta, count):
    """24 samples, eight of each group a step: Gaussian in the program, drawn sample by sample here."""
    random = np.random.default_rng(11)
    x, label, steps, B = random.standard_normal(24), np.arange(24) % 2, 6, 8
    x += 0.6 * (1 - label)
    path = os.path.join(folder, "many.csv")
    np.savetxt(path, np.column_stack([x, np.ones(24), label]), delimiter=",", fmt=["%.17g", "%g", "%d"])
    found, text = run(program, os.path.join(folder, "many"), sets=[
        f"landscape.data.file={path}", f"sgd={{learning_rate: {eta}, batch_size: {B}, steps: {steps}}}", "expect=[]", "models=[master]",
        "slice={axes: ['coordinate:1'], min: [-3, -3], max: [3.4, 3], cells: [96, 90], nodes: 0}", "output={every: 6}"])
    assert "Gaussian" in text and "0: too many" in text
    groups = Groups(x, label)
    a, u = 0.3 + 0.4 * random.standard_normal(count), 0.2 + 0.4 * random.standard_normal(count)
    for _ in range(steps):
        draws = [[members[random.integers(0, len(members), count)] for _ in range(B)] for members in groups.members]
        a, u = groups.step(a, u, eta, *draws)
    worst = 0
    for key, sample in (("mean_1", a), ("mean_2", u), ("cov_11", (a - a.mean())**2), ("cov_12", (a - a.mean()) * (u - u.mean())),
                        ("cov_22", (u - u.mean())**2)):
        off = abs(float(found["master"][key]) - sample.mean()) / (sample.std() / math.sqrt(count))
        worst = max(worst, off)
        assert off < 3.5, f"eta {eta}, {key}: {off:.2f} standard errors"
    print(f"  eta {eta}: at most {worst:.2f} standard errors of {count} trajectories")


def refused(program, folder):
    for words, sets in (("has no samples", ["landscape={family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}", "reference_point={point: [0]}"]),
                        ("expected 1 or 2", ["optimizer.groups=[1, 2, 3, 1]"]),
                        ("of each group with replacement", ["sgd.sampling=without_replacement"])):
        found = run(program, os.path.join(folder, "refused"), code=2, sets=["expect=[]", *sets])
        assert words in found and len(found.splitlines()) < 4, f"{sets}: {found}"


def main(program, folder, count="200000"):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program, folder = os.path.abspath(program), os.path.abspath(folder)
    exact(program, folder)
    for eta in (0.2, 1.0)[int(count) < 1000000:]:  # eta lambda near 0.1 and 0.5; the larger one alone where time counts
        trajectories(program, folder, eta, int(count))
    refused(program, folder)
    print("as expected")


if __name__ == "__main__":
    main(*sys.argv[1:])
