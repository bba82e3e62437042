"""What the paper's experiments give, derived without the program: recursions, roots, quadratures. Each function names its equation."""
import math

import numpy as np

EXP17 = np.arange(0.3, 3.01, 0.3)  # eigenvalues; eta 0.15, Var xi = 0.25


def modes_trace(model, eta=0.15, noise=0.25, eigenvalues=EXP17):
    """Sum over the modes of the stationary variance: of w' = (1 - eta l) w - eta xi; of its Langevin equation; of the order 2 generator."""
    factor = {"sgd": 2 - eta * eigenvalues, "langevin": 2 + 0 * eigenvalues, "log_matched_2": 2 + eta * eigenvalues}[model]
    return float((eta * noise / (eigenvalues * factor)).sum())


def growth(eta, curvature, variance):
    """E (1 - eta h)^2, h of this mean and variance: the second moment's factor a step."""
    return (1 - eta * curvature) ** 2 + eta**2 * variance


def normal_mean(function, mean, deviation, parts=400001, reach=12.0):
    """E function(x), x ~ N(mean, deviation^2): trapezoidal sum."""
    t = np.linspace(-reach, reach, parts)
    return float((np.exp(-0.5 * t * t) * function(mean + deviation * t)).sum() * (t[1] - t[0]) / math.sqrt(2 * math.pi))


def lyapunov(eta, curvature, variance):
    """E ln |1 - eta h|, h normal: the rate at which a typical run grows. (1 - eta h)^2/s^2 is a noncentral chi-squared of one degree,
    E ln of which is ln 2 + sum_k Poisson(k; t^2/2) psi(k + 1/2), t = (1 - eta lambda)/s."""
    deviation = eta * math.sqrt(variance)
    half = 0.5 * ((1 - eta * curvature) / deviation) ** 2
    total, weight, digamma = 0.0, math.exp(-half), -0.5772156649015329 - 2 * math.log(2)
    for k in range(int(20 * half) + 200):
        total += weight * digamma
        weight *= half / (k + 1)
        digamma += 1 / (k + 0.5)
    return math.log(deviation) + 0.5 * (math.log(2) + total)


def tail(eta, curvature, variance, parts=40001):
    """alpha with E |1 - eta h|^alpha = 1, h normal, by bisection; the mass beyond w falls as w^-alpha."""
    mean, deviation = 1 - eta * curvature, eta * math.sqrt(variance)
    low, high = 1e-3, 60.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if normal_mean(lambda x: np.abs(x) ** middle, mean, deviation, parts) < 1:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def flat_drift(steps=900, eta=0.02, slope=0.5, curvature_noise=0.8, noise=0.02):
    """S' = S (1 + eta^2 Gamma) + eta^2 (Gamma mu^2 + D), mu' = mu - eta slope; and the paper's sum without the factor."""
    mean, variance, paper = 0.0, 0.0, 0.0
    for _ in range(steps):
        paper += eta**2 * (curvature_noise * mean**2 + noise)  # the sum that the experiment's theory takes
        variance = variance * (1 + eta**2 * curvature_noise) + eta**2 * (curvature_noise * mean**2 + noise)
        mean -= eta * slope
    return variance, paper


def poisson_w1(steps, start=0.0, rate=0.7, jump=0.04, parts=200001):
    """W1 = int |F - G| between a Poisson number (mean rate times steps) of jumps, begun with a Gaussian of this std, and the normal
    law of the same mean and variance. start 0: the lattice itself."""
    mean = rate * steps
    deviation = math.sqrt(mean * jump**2 + start**2)
    x = np.linspace(-9 * deviation, 9 * deviation, parts)
    law, weight = np.zeros_like(x), math.exp(-mean)
    for k in range(int(mean + 12 * math.sqrt(mean) + 30)):
        place = jump * (k - mean)
        law += weight * (normal(x, place, start) if start > 0 else (x >= place))
        weight *= mean / (k + 1)
    return float(np.abs(law - normal(x, 0, deviation)).sum() * (x[1] - x[0]))


def normal(x, mean, deviation):
    """The normal distribution function; erfc by numpy alone."""
    return np.array([0.5 * math.erfc(-v) for v in (x - mean) / (deviation * math.sqrt(2))])


def modified(model, steps=10, eta=0.2, noise=0.04, start=0.04**2):
    """Mean and variance on l = 1 from w = 1 (the minimum at -1 of the case's axis): SGD, Langevin, raw second moment, frozen."""
    t = eta * steps
    if model == "master":
        variance = start
        for _ in range(steps):
            variance = (1 - eta) ** 2 * variance + eta**2 * noise
        return (1 - eta) ** steps - 1, variance
    if model == "langevin":
        return math.exp(-t) - 1, start * math.exp(-2 * t) + eta * noise / 2 * (1 - math.exp(-2 * t))
    if model == "langevin_frozen":
        return -t, start + eta * noise * t
    a = 2 - eta
    return math.exp(-t) - 1, start * math.exp(-a * t) + eta * noise / a * (1 - math.exp(-a * t)) + eta * (math.exp(-2 * t) - math.exp(-a * t)) / (a - 2)


def mean_map(etas=(0.01, 0.02, 0.05, 0.1, 0.2), points=2048, seed=1):
    """Experiment 37 without the program: g = l w + 0.25 w^2 + 0.08 w^3 in six dimensions, points N(0, 0.6^2); mean distance between a
    step w - eta g and the flow over eta of -g, and of -g - (eta/2) H g (Runge-Kutta). Slopes in eta, and the gain at the largest."""
    values = np.linspace(0.4, 1.8, 6)
    place = 0.6 * np.random.default_rng(seed).standard_normal((points, 6))
    found = []
    for eta in etas:
        def drift(x, corrected):
            g = values * x + 0.25 * x**2 + 0.08 * x**3
            return -g - corrected * eta / 2 * (values + 0.5 * x + 0.24 * x**2) * g
        row, step = [], eta / 20
        for corrected in (0, 1):
            x = place.copy()
            for _ in range(20):
                a = drift(x, corrected)
                b = drift(x + step / 2 * a, corrected)
                c = drift(x + step / 2 * b, corrected)
                x = x + step / 6 * (a + 2 * b + 2 * c + drift(x + step * c, corrected))
            row.append(np.linalg.norm(x - place - eta * drift(place, 0), axis=1).mean())
        found.append(row)
    found = np.array(found)
    slopes = [float(np.polyfit(np.log(etas), np.log(found[:, k]), 1)[0]) for k in (0, 1)]
    return slopes[0], slopes[1], float(found[-1, 0] / found[-1, 1])
