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


def tail(eta, curvature, variance):
    """alpha with E |1 - eta h|^alpha = 1, h normal, by bisection; the mass beyond w falls as w^-alpha."""
    mean, deviation = 1 - eta * curvature, eta * math.sqrt(variance)
    low, high = 1e-3, 60.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if normal_mean(lambda x: np.abs(x) ** middle, mean, deviation, 40001) < 1:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def flat_drift(steps=900, eta=0.02, slope=0.5, curvature_noise=0.8, noise=0.02, start=0.05**2):
    """S' = S (1 + eta^2 Gamma) + eta^2 (Gamma mu^2 + D), mu' = mu - eta slope; and the paper's sum without the factor."""
    mean, variance, paper = 0.0, start, 0.0
    for _ in range(steps):
        paper += eta**2 * (curvature_noise * mean**2 + noise)  # the sum that the experiment's theory takes
        variance = variance * (1 + eta**2 * curvature_noise) + eta**2 * (curvature_noise * mean**2 + noise)
        mean -= eta * slope
    return variance, paper


def w1_to_normal(quantile, parts=2000000):
    """W1 between a law of mean 0 and variance 1, by its quantiles, and the normal law: the integral of their difference."""
    from statistics import NormalDist

    normal = NormalDist()
    p = (np.arange(parts) + 0.5) / parts
    q = np.array([normal.inv_cdf(v) for v in p[:: max(1, parts // 20000)]])
    return float(np.abs(quantile(p[:: max(1, parts // 20000)]) - q).mean())
