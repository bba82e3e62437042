#!/usr/bin/env python3
"""Metastable sets one by one against a dense computation of its own: the one-step matrix of the map and its Gaussian
noise in numpy, its stationary vector and its slowest left eigenvectors, corners where the density is largest in each
set. Masses and rates within 1e-4, or the doubt that the program states, or "not resolved"; never silently else.
    metastable_sets.py SGDFP FOLDER [NAME ...]     without names: all"""
import csv
import os
import subprocess
import sys

import numpy as np

TOLERANCE = 1e-4
ROUNDING = 1e-13  # of a step's probabilities in the dense matrix here
LEAST_GAP, MOST = 5, 8  # what is a set: the ratio of decay rates, as the program's pages say
MARGIN = 2  # corners at centres of other cells: twice the doubt that the program states


class Well:
    """loss and gradient in words of both languages."""

    def __init__(self, loss, gradient, low, high, cells, eta=0.2, batch=4, noise="1", boundary="absorbing", points=None, model="master"):
        self.loss, self.gradient, self.low, self.high = loss, gradient, low, high
        self.cells, self.eta, self.batch, self.noise, self.boundary, self.model = cells, eta, batch, noise, boundary, model
        self.points, self.dim = points or cells, len(gradient)

    def case(self):
        noise = [self.noise if a == b else "0" for a in range(self.dim) for b in range(self.dim)]
        return f"""landscape: {{family: formula, dimension: {self.dim}, loss: '{self.loss}', noise_covariance: {noise}}}
sgd: {{learning_rate: {self.eta}, batch_size: {self.batch}, steps: 10}}
slice:
  axes: {[f'coordinate:{a + 1}' for a in range(self.dim)]}
  min: {[self.low] * self.dim}
  max: {[self.high] * self.dim}
  cells: {[self.cells] * self.dim}
  boundary: {[self.boundary] * self.dim}
models: [{self.model}]
"""

    def matrix(self):
        """Cells' centres [d, n] and the probabilities [to, from] of one step."""
        line = self.low + (self.high - self.low) * (np.arange(self.points) + 0.5) / self.points
        x = np.array([g.ravel() for g in np.meshgrid(*[line] * self.dim, indexing="ij")])
        names = {"exp": np.exp, "sin": np.sin, "cos": np.cos, "pi": np.pi, **{f"a{a + 1}": x[a] for a in range(self.dim)}}
        variance = eval(self.noise.replace("^", "**"), names) * np.ones(x.shape[1])
        deviation = self.eta * np.sqrt(variance / self.batch)
        k, length = np.ones((x.shape[1],) * 2), self.high - self.low
        for a in range(self.dim):
            image = x[a] - self.eta * eval(self.gradient[a].replace("^", "**"), names)
            shifts = [s * length for s in (-2, -1, 0, 1, 2)] if self.boundary == "periodic" else [0]
            density = sum(np.exp(-(((x[a][:, None] + s - image) / deviation) ** 2) / 2) for s in shifts)
            k *= density * (length / self.points) / (deviation * np.sqrt(2 * np.pi))
        return x, k

    def line_generator(self):
        """Langevin's on a line, by exponentially fitted fluxes: places [1, n] and its slow decay rates, right and left vectors."""
        n, width = self.points, (self.high - self.low) / self.points
        x = self.low + width * (np.arange(n) + 0.5)
        loss = eval(self.loss.replace("^", "**"), {"cos": np.cos, "a1": x})
        d = self.eta * float(self.noise) / (2 * self.batch)
        step = np.diff(loss) / d
        up, down = d / width**2 * step / np.expm1(step), d / width**2 * -step / np.expm1(-step)
        p = np.exp(-(loss - loss.min()) / d)
        q = np.diag(np.sqrt(up * down), 1)
        q = q + q.T - np.diag(np.append(up, 0) + np.append(0, down))
        value, v = np.linalg.eigh(q)
        order = np.argsort(-value)[: MOST + 4]
        return x[None, :], value[order], v[:, order] * np.sqrt(p)[:, None], v[:, order] / np.sqrt(p)[:, None]

    def slow(self):
        """Places, ln(mu)/eta of the slow modes, their right and left vectors."""
        if self.model == "langevin":
            return self.line_generator()
        x, k = self.matrix()
        mu, right = slowest(k)
        left = slowest(k.T)[1]
        return x, np.log1p(-(1 - mu)) / self.eta, right, left

    def truth(self):
        """Masses, centres and generator of the sets, and the rates' own rounding here."""
        x, rate, right, left = self.slow()
        decay = np.maximum(1e-13, -self.eta * rate)
        sets = max([m for m in range(2, MOST) if decay[m] / decay[m - 1] >= LEAST_GAP], default=0)
        if not sets:
            return None
        p, left = right[:, 0] / right[:, 0].sum(), left[:, :sets]
        inverse = np.linalg.inv(left[corners(p, left, (self.points,) * self.dim)])
        chi = left @ inverse
        generator = np.linalg.inv(inverse) @ np.diag(rate[:sets]) @ inverse
        mass = p @ chi
        return dict(mass=mass, centre=(x * p) @ chi / mass, rate=generator, rounding=ROUNDING / self.eta)


def slowest(k):
    """The largest eigenvalues, real and positive, and their vectors: subspace iteration with Rayleigh and Ritz."""
    block = np.linalg.qr(np.random.default_rng(1).standard_normal((k.shape[0], MOST + 4)))[0]
    for _ in range(150):
        block = np.linalg.qr(k @ block)[0]
    mu, small = np.linalg.eig(block.T @ (k @ block))
    order = np.argsort(-mu.real)
    return np.maximum(mu[order].real, 1e-3), block @ small[:, order].real


def corners(p, left, shape):
    """The cells of largest p, one a set: those of the local maxima that span the largest simplex."""
    field = p.reshape(shape)
    top = np.ones(shape, bool)
    for a in range(len(shape)):
        for s in (1, -1):
            top &= field >= np.roll(field, s, a)
    places = [i for i in np.flatnonzero(top) if p[i] > 1e-13 * p.max()]
    chosen = []
    rest = left[places] / np.abs(left[places]).max(0)
    rest = rest[:, 1:] - rest[np.argmax(p[places]), 1:]
    chosen.append(places[int(np.argmax(p[places]))])
    for _ in range(left.shape[1] - 1):
        i = int(np.argmax((rest**2).sum(1)))
        chosen.append(places[i])
        unit = rest[i] / np.linalg.norm(rest[i])
        rest = rest - np.outer(rest @ unit, unit)
    return chosen


def tilted(tilt, fine=1, **more):
    return Well(f"a1^4/4-a1^2/2+{tilt}*a1", [f"a1^3-a1+{tilt}"], -2.4, 2.4, 240 * fine, **more)


def bumps(rows):
    """Narrow wells (place, place, depth) in a quartic bowl."""
    loss = "(a1^2+a2^2)^2/8"
    grad = ["(a1^2+a2^2)*a1/2", "(a1^2+a2^2)*a2/2"]
    for u, v, depth in rows:
        e = f"exp(-3*((a1-({u}))^2+(a2-({v}))^2))"
        loss += f"-{depth}*{e}"
        grad = [grad[0] + f"+6*{depth}*(a1-({u}))*{e}", grad[1] + f"+6*{depth}*(a2-({v}))*{e}"]
    return loss, grad


CASES = {f"tilt_{t}": tilted(t) for t in (0.02, 0.05, 0.1, 0.15)}
CASES |= {f"tilt_{t}_coarse_noise": tilted(t, batch=8) for t in (0.05, 0.1)}
CASES["depth_1e-6"] = tilted(0.15, batch=6)
CASES["depth_1e-9"] = tilted(0.15, batch=9)
CASES["depth_1e-12"] = tilted(0.15, batch=12)
CASES |= {f"langevin_tilt_{t}": tilted(t, model="langevin", fine=4) for t in (0.02, 0.05, 0.1)}
CASES["langevin_depth_1e-9"] = tilted(0.15, batch=10, model="langevin", fine=4)
CASES["equal"] = Well("a1^4/4-a1^2/2", ["a1^3-a1"], -2.4, 2.4, 240)
CASES["five"] = Well("-cos(4*a1)/4+0.03*a1^2+0.02*a1+(a1/3.8)^20", ["sin(4*a1)+0.06*a1+0.02+20/3.8*(a1/3.8)^19"], -4.1, 4.1, 400, batch=2)
CASES["five_deep"] = Well("cos(3*a1)/2+0.03*a1^2+0.02*a1", ["-1.5*sin(3*a1)+0.06*a1+0.02"], -5, 5, 400, batch=1)
CASES["periodic"] = Well("cos(3*a1)/3+0.05*cos(a1)", ["-sin(3*a1)-0.05*sin(a1)"], -np.pi, np.pi, 240, batch=2, boundary="periodic")
CASES["nested"] = Well("a1^4/4-a1^2/2+0.05*a1-0.12*cos(12*a1)/2", ["a1^3-a1+0.05+0.72*sin(12*a1)"], -2.2, 2.2, 300, batch=8)
CASES["noise_makes_wells"] = Well("a1^2/20", ["a1/10"], -3, 3, 400, batch=2, noise="0.02+2*exp(-4*a1^2)")
CASES["three_2d"] = Well(*bumps([(1, 0, 0.9), (-0.6, 0.9, 0.99), (-0.5, -1, 0.855)]), -2.3, 2.3, 38, eta=0.3, batch=2)
CASES["three_2d_deep"] = Well(*bumps([(1, 0, 0.9), (-0.6, 0.9, 1.2), (-0.5, -1, 0.8)]), -2.2, 2.2, 40, eta=0.3, batch=3)
CASES["overshooting"] = Well("a1^4/4-a1^2/2+0.03*a1", ["a1^3-a1+0.03"], -2.2, 2.2, 300, eta=0.7, batch=12)


def number(text):
    return float(text) if text else float("nan")


def compare(name, well, rows, said):
    """Lines of faults; what is not resolved is said so."""
    truth, faults, told = well.truth(), [], []
    sets = len(truth["mass"]) if truth else 0
    if len(rows) != sets:
        return [f"{len(rows)} sets, {sets} by hand"], told
    if not sets:
        return [], ["no sets, by hand none"]
    placed = [int(np.argmin([sum((number(r[f"centre_{a + 1}"]) - truth["centre"][a][j]) ** 2 for a in range(well.dim)) for r in rows])) for j in range(sets)]
    if sorted(placed) != list(range(sets)):
        return [f"centres do not match: {placed}"], told
    for j, row in enumerate(rows[i] for i in placed):
        mass, doubt = number(row["mass"]), number(row["mass_doubt"])
        error = abs(mass / truth["mass"][j] - 1)
        told.append(f"mass {mass:.6g} ({error:.0e}, doubt {doubt:.0e})")
        if doubt < 0.5 and error > MARGIN * max(TOLERANCE, doubt):
            faults.append(f"set {j + 1}: mass {mass:.8g}, by hand {truth['mass'][j]:.8g}, doubt {doubt:.1g}")
        for i, at in enumerate(placed):
            value = number(row[f"rate_to_{at + 1}"]) if i != j else -number(row["escape_rate"])
            exact = truth["rate"][j][i]
            scale = max(number(row["escape_rate_doubt"]), TOLERANCE * abs(truth["rate"][j][j]))
            if i != j:
                scale = max(scale, TOLERANCE * abs(exact))
            told.append(f"rate_{j + 1}{i + 1} {value:.6g} ({abs(value / exact - 1):.0e})" if value == value else f"rate_{j + 1}{i + 1} not resolved")
            if value == value and abs(value - exact) > MARGIN * scale + truth["rounding"]:
                faults.append(f"rate {j + 1} to {i + 1}: {value:.8g}, by hand {exact:.8g}")
    return faults, told


def one(program, folder, name, well):
    path = os.path.join(folder, name)
    with open(path + ".yaml", "w") as f:
        f.write(well.case())
    r = subprocess.run([program, "stationary", path + ".yaml", "-o", path, "--overwrite"], capture_output=True, text=True)
    if "resolved" in r.stderr and r.returncode == 3:
        print(f"{name}: not resolved, exit 3: {r.stderr.strip().splitlines()[-1][:160]}")
        return []
    if r.returncode:
        return [f"exit {r.returncode}: {r.stderr[-300:]}"]
    table = os.path.join(path, "basins.csv")
    rows = list(csv.DictReader(open(table))) if os.path.exists(table) else []
    faults, told = compare(name, well, rows, r.stdout)
    print(f"{name}: " + "; ".join(told))
    return faults


def main(program, folder, *names):
    os.makedirs(folder, exist_ok=True)
    faults = [f"{n}: {f}" for n in names or CASES for f in one(program, folder, n, CASES[n])]
    for f in faults:
        print("FAULT", f)
    print(f"{len(names or CASES)} cases, {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
