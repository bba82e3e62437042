#!/usr/bin/env python3
"""Densities of optimizers against what is known of them: exact moments of heavy ball and Nesterov, sign-SGD's exact lattice and its
stationary state there, clipping, sam's steps by enumeration, RMSprop and Adam against a million trajectories, ranks, and what is refused.
optimizers.py MPIEXEC SGDFP FOLDER [TRAJECTORIES]"""
import csv
import math
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "postprocess"))
import sgdfp  # noqa: E402

HEAD = """name: {name}
landscape: {{family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}}
optimizer: {optimizer}
sgd: {{learning_rate: {eta}, steps: {steps}}}
slice: {{axes: [sharpest], min: {low}, max: {high}, cells: {cells}}}
initial: {{mean: {mean}, std: {std}}}
models: [master]
"""


def run(programs, name, ranks=1, code=0, more=(), **case):
    with open(f"{name}.yaml", "w") as file:
        file.write(HEAD.format(name=name, **case))
    front = [] if ranks == 1 else [programs[0], "-n", str(ranks)]
    done = subprocess.run([*front, programs[1], "run", f"{name}.yaml", "-o", name, "--overwrite", *more], capture_output=True, text=True,
                          timeout=600)
    assert done.returncode == code, f"{name}: exit {done.returncode}, expected {code}\n{done.stdout}{done.stderr}"
    if code:
        return done.stderr
    with open(f"{name}/moments.csv", newline="") as file:
        return {key: float(value) for key, value in list(csv.DictReader(file))[-1].items() if key not in ("model", "status")}


def close(found, wanted, tolerance, what):
    assert abs(found - wanted) <= tolerance, f"{what}: {found!r}, expected {wanted!r} within {tolerance:.2g}"


def linear(programs, name, eta, b, A):
    """z' = A z - b G: mean and covariance of the linear map, applied step by step."""
    steps, b, A = 40, np.array(b), np.array(A)
    mean, cov = np.array([1.0, 0.0]), np.diag([0.09, 0.09])
    for _ in range(steps):
        mean, cov = A @ mean, A @ cov @ A.T + np.outer(b, b)
    case = dict(optimizer=f"{{name: {name}, momentum: 0.8}}", eta=eta, steps=steps, low=[-12, -7], high=[12, 7], cells=[150, 120],
                mean=[1.0, 0.0], std=[0.3, 0.3])
    found = run(programs, name, **case)
    for key, wanted in (("mean_1", mean[0]), ("mean_2", mean[1]), ("cov_11", cov[0, 0]), ("cov_12", cov[0, 1]), ("cov_22", cov[1, 1])):
        close(found[key], wanted, 1e-10, f"{name}, eta {eta}, {key}")
    return case, found


def momentum(programs):
    """On (a, v), and on (y, v) for Nesterov, at eta lambda 0.1 and 0.5; the same on any number of ranks."""
    beta = 0.8
    for eta in (0.1, 0.5):
        linear(programs, "heavy_ball", eta, [eta, eta], [[1 - eta, beta], [-eta, beta]])
        b = (1 + beta) * eta
        case, found = linear(programs, "nesterov", eta, [b, eta], [[1 - b, beta**2], [-eta, beta]])
    for ranks in (2, 3):
        other = run(programs, "nesterov_ranks", ranks=ranks, **case)
        close(other["cov_12"], found["cov_12"], 1e-12, f"{ranks} ranks")


def above(t):
    return 0.5 * math.erfc(t / math.sqrt(2))


def sign(programs):
    """The step is a whole number of cells, so each cell's mass stays on its lattice: the chain itself, by a matrix."""
    n, h, shift = 400, 0.02, 5
    a = -4 + h * (np.arange(n) + 0.5)
    p = np.exp(-0.5 * ((a - 1) / 0.3) ** 2)
    p /= p.sum()
    down = np.array([above(-x) for x in a])
    for _ in range(120):
        moved = np.zeros(n)
        moved[:-shift] += (down * p)[shift:]
        moved[shift:] += ((1 - down) * p)[:-shift]
        p = moved
    found = run(programs, "sign", optimizer="sign_sgd", eta=h * shift, steps=120, low=[-4], high=[4], cells=[n], mean=[1.0], std=[0.3])
    mean = (p * a).sum()
    close(found["mean_1"], mean, 1e-12, "mean of sign-SGD")
    close(found["cov_11"], (p * (a - mean) ** 2).sum(), 1e-12, "variance of sign-SGD")


def resting(programs):
    """Sign-SGD at rest on a quadratic, from a point on its lattice: sites a_k = a_0 + eta k, even and odd in turn, so the state after
    an even number of steps is the chain's stationary one on the even sites, p_k P(a_k -> a_k - eta) = p_{k-1} P(a_{k-1} -> a_k)."""
    n, h, shift = 400, 0.02, 5
    start = -4 + h * (200 + 0.5)
    site = start + h * shift * np.arange(-39, 40)
    rate = np.cumsum([0.0] + [math.log(above(site[k - 1])) - math.log(above(-site[k])) for k in range(1, len(site))])
    p = np.exp(rate - rate.max())
    p[1 if (len(site) // 2) % 2 == 0 else 0::2] = 0
    p /= p.sum()
    found = run(programs, "rest", optimizer="sign_sgd", eta=h * shift, steps=400, low=[-4], high=[4], cells=[n], mean=[start], std=[0])
    with h5py.File("rest/density.h5") as file:
        mass = np.asarray(file["density/master"][-1]).ravel() * h
    away = np.ones(n, bool)
    away[np.rint((site - (-4 + h / 2)) / h).astype(int)] = False
    close(np.abs(mass[~away] - p).sum() + np.abs(mass[away]).sum(), 0, 2e-11, "L1 distance of sign-SGD at rest to its lattice")
    mean = (p * site).sum()
    close(found["cov_11"], (p * (site - mean) ** 2).sum(), 1e-12, "variance of sign-SGD at rest")


def sam(programs):
    """One step of sam on g = a, noise of variance 1: G is Gaussian with a, so a' = a - eta (G + rho sign G) has its two moments in
    closed form; many steps against trajectories."""
    rho, mean, variance = 0.3, 0.4, 0.09
    for eta in (0.1, 0.5):
        wide = variance + 1
        sign_mean = math.erf(mean / math.sqrt(2 * wide))
        slope = 2 * math.exp(-0.5 * mean * mean / wide) / math.sqrt(2 * math.pi * wide)  # E sign'(G)
        plain = variance * (1 - eta) ** 2 + eta * eta
        joint = variance - eta * wide  # Cov(a - eta G, G)
        case = dict(optimizer=f"{{name: sam, radius: {rho}}}", eta=eta, low=[-6], high=[6], cells=[600], mean=[mean], std=[0.3])
        found = run(programs, "sam_step", steps=1, **case)
        close(found["mean_1"], mean - eta * mean - eta * rho * sign_mean, 1e-9, f"mean after a step of sam, eta {eta}")
        close(found["cov_11"], plain + (eta * rho) ** 2 * (1 - sign_mean**2) - 2 * eta * rho * slope * joint, 1e-9,
              f"variance after a step of sam, eta {eta}")


def around(programs):
    """On a circle a step of several rounds ends where its remainder does."""
    case = dict(optimizer="sign_sgd", steps=30, low=[-1], high=[1], cells=[100], mean=[0.2], std=[0.1])
    more = ("--set", "slice.boundary=[periodic]")
    short = run(programs, "short", eta=0.12, more=more, **case)
    far = run(programs, "far", eta=6.12, more=more, **case)
    close(far["mean_1"], short["mean_1"], 1e-12, "mean on the circle")
    close(far["cov_11"], short["cov_11"], 1e-12, "variance on the circle")


def clipped(programs):
    """A threshold that nothing reaches is plain SGD; one that all reach is sign-SGD with a shorter step."""
    case = dict(steps=50, low=[-4], high=[4], cells=[400], mean=[1.0], std=[0.3])
    free = run(programs, "free", optimizer="{name: clipped_sgd, threshold: 50}", eta=0.1, **case)
    close(free["cov_11"], 0.09 * 0.9**100 + 0.01 * (1 - 0.81**50) / 0.19, 1e-9, "variance of SGD that is never clipped")
    tight = run(programs, "tight", optimizer="{name: clipped_sgd, threshold: 1.0e-7}", eta=1.0e+6, **case)
    signs = run(programs, "signs", optimizer="sign_sgd", eta=0.1, **case)
    close(tight["cov_11"], signs["cov_11"], 1e-6, "variance of SGD that is always clipped")


def walk(kind, eta, steps, mean, std, count, first=0.8, second=0.95):
    random = np.random.default_rng(7)
    z = [m + s * random.standard_normal(count) for m, s in zip(mean, std)]
    for _ in range(steps):
        G = z[0] + random.standard_normal(count)
        if kind == "sam":
            z[0] = z[0] - eta * (G + 0.3 * np.sign(G))
            continue
        z[-1] = second * z[-1] + (1 - second) * G * G
        if kind == "adam":
            z[1] = first * z[1] + (1 - first) * G
        z[0] = z[0] - eta * (z[1] if kind == "adam" else G) / (np.sqrt(np.maximum(z[-1], 0)) + 1e-8)
    return z


def trajectories(programs, kind, eta, count, low, high, cells, mean, std, steps):
    """Every mean and covariance within three standard errors, and what the grid leaves out (the mass that left)."""
    z = walk(kind, eta, steps, mean, std, count)
    found = run(programs, f"{kind}_{eta}", optimizer=f"{{name: {kind}, momentum: 0.8, decay: 0.95, radius: 0.3}}", eta=eta, steps=steps, low=low,
                high=high, cells=cells, mean=mean, std=std)
    d = len(z)
    worst = 0
    for i in range(d):
        values = [(f"mean_{i + 1}", z[i])]
        values += [(f"cov_{i + 1}{j + 1}", (z[i] - z[i].mean()) * (z[j] - z[j].mean())) for j in range(i, d)]
        for key, sample in values:
            error = sample.std() / math.sqrt(count)
            worst = max(worst, abs(found[key] - sample.mean()) / error)
            close(found[key], sample.mean(), 3.5 * error + 20 * abs(found["outflow"]), f"{kind}, eta {eta}, {key}")
    print(f"  {kind}, eta {eta}: at most {worst:.2f} standard errors of {count} trajectories")


def refused(programs):
    case = dict(eta=0.1, steps=5, low=[-4], high=[4], cells=[64], mean=[1.0], std=[0.3])
    assert 'did you mean "adam"' in run(programs, "bad", code=2, optimizer="adan", **case)
    assert "must be positive" in run(programs, "bad", code=2, optimizer="{name: clipped_sgd, threshold: 0}", **case)
    assert "slice.min: expected 2 numbers" in run(programs, "bad", code=2, optimizer="rmsprop", **case)
    with open("bad.yaml", "w") as file:
        file.write(HEAD.format(name="bad", optimizer="sign_sgd", **case))
    for words, setting in (("has no form for the optimizer", "models=[levy]"), ("takes the law gaussian", "models.0={model: master, law: laplace}"),
                           ("heavy ball's", "sgd.momentum=0.5"), ("frozen slice", "slice.follow=mean_path")):
        done = subprocess.run([programs[1], "run", "bad.yaml", "-o", "bad", "--set", setting], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and words in done.stderr, f"{setting}: {done.returncode} {done.stderr}"


def unknown(programs):
    """Sam on a landscape that is tabulated in the box alone."""
    a = np.linspace(-4, 4, 81)
    sgdfp.write_landscape("table.h5", a, a**2 / 2, covariance=1 + 0 * a, name="table")
    case = dict(eta=0.1, steps=5, low=[-3], high=[3], cells=[64], mean=[1.0], std=[0.3])
    with open("table.yaml", "w") as file:
        head = HEAD.replace("{{family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}}", "{{family: tabulated, file: table.h5}}")
        file.write(head.format(name="table", optimizer="sam", **case).replace("sharpest", '"coordinate:1"'))
    done = subprocess.run([programs[1], "run", "table.yaml", "-o", "table"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "is not known" in done.stderr, f"{done.returncode} {done.stderr}"


def main(mpiexec, program, folder, count="1000000"):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    programs, count = (mpiexec, program), int(count)
    for test in (momentum, sign, resting, sam, around, clipped, refused, unknown):
        test(programs)
        print(f"{test.__name__}: as expected")
    for eta in (0.1, 0.5):
        trajectories(programs, "sam", eta, count, [-8], [8], [400], [1.0], [0.3], 20)
        trajectories(programs, "rmsprop", eta, count, [-4, -0.6], [4, 9], [160, 192], [1.0, 1.5], [0.3, 0.2], 20)
        trajectories(programs, "adam", eta, count, [-5, -4, -0.8], [5, 4, 10], [60, 56, 64], [1.0, 0.0, 2.0], [0.4, 0.4, 0.3], 6)


if __name__ == "__main__":
    main(*sys.argv[1:])
