"""What the paper's experiments give, derived without the program: recursions, roots, quadratures. Each function names its equation."""
import math

import numpy as np

EXP17 = np.arange(0.3, 3.01, 0.3)  # eigenvalues; eta 0.15, Var xi = 0.25


def modes_trace(model, eta=0.15, noise=0.25, eigenvalues=EXP17):
    """Sum over the modes of the stationary variance: of w' = (1 - eta l) w - eta xi; of its Langevin equation; of the order 2 generator."""
    factor = {"sgd": 2 - eta * eigenvalues, "langevin": 2 + 0 * eigenvalues, "log_matched_2": 2 + eta * eigenvalues}[model]
    return float((eta * noise / (eigenvalues * factor)).sum())


def modes_trace_error(runs, eta=0.15, noise=0.25):
    """A standard error of the trace of SGD's covariance over so many runs: Gaussian modes, independent of each other."""
    variance = eta * noise / (EXP17 * (2 - eta * EXP17))
    return math.sqrt(2 * (variance**2).sum() / runs)


def exponential_scatter(samples, replicas=60, seed=1):
    """Standard deviations of skewness and kurtosis of so many exponential samples, over replicas."""
    random, found = np.random.default_rng(seed), []
    for _ in range(replicas):
        x = random.exponential(size=samples)
        x -= x.mean()
        s = (x * x).mean()
        found.append(((x**3).mean() / s**1.5, (x**4).mean() / s**2))
    return np.std(found, axis=0, ddof=1)


def histogram_kl(samples, bins, seed=1):
    """What a histogram gives for KL(exponential step || Gaussian of its moments), both sampled: bins that the Gaussian's samples miss count as
    nearly empty ones."""
    random = np.random.default_rng(seed)
    x, y = 1 - random.exponential(size=samples), random.standard_normal(samples)
    edges = np.linspace(min(x.min(), y.min()), max(x.max(), y.max()), bins + 1)
    p, q = (np.histogram(v, edges)[0] / samples for v in (x, y))
    full = p > 0
    return float((p[full] * np.log(p[full] / np.maximum(q[full], 1e-12))).sum())


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


def carriers(eta, curvature, variance, steps):
    """The share of runs that carry half of the second moment after so many steps. ln |w| is nearly normal, variance v a step; weighting by
    w^2 moves its mean up by 2 v a step, 2 sqrt(v steps) of its deviations."""
    mean, deviation = 1 - eta * curvature, eta * math.sqrt(variance)
    x, h = np.linspace(-12, 12, 400000, retstep=True)  # an even number of points: none is at the logarithm's pole
    p = np.exp(-0.5 * x * x) * h / math.sqrt(2 * math.pi)
    log = np.log(np.abs(mean + deviation * x))
    spread = (p * log**2).sum() - (p * log).sum() ** 2
    return 0.5 * math.erfc(2 * math.sqrt(spread * steps) / math.sqrt(2))


def tail(eta, curvature, variance, parts=40001, halvings=60):
    """alpha with E |1 - eta h|^alpha = 1, h normal, by bisection; the mass beyond w falls as w^-alpha."""
    mean, deviation = 1 - eta * curvature, eta * math.sqrt(variance)
    low, high = 1e-3, 60.0
    for _ in range(halvings):
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


def recursion_08(factor, steps=300, eta=0.12, eigenvalue=0.01, noise=0.02, start=0.01):
    """Variance of a nearly flat mode whose noise has `factor` times its variance: S' = (1 - eta l)^2 S + factor eta^2 D."""
    for _ in range(steps):
        start = (1 - eta * eigenvalue) ** 2 * start + factor * eta**2 * noise
    return start


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


def raw_loss(s):
    """Mean log-likelihood that the raw second moment C + g g^T loses a step against C, s = g C^-1 g: ln(1 + s)/2 from the determinant, less
    s/(2 (1 + s)) from the exponent, for the noise along g has variance 1/(1 + s) of what the raw one takes it for."""
    return 0.5 * (np.log1p(s) - s / (1 + s))


def likelihood_16(eta=0.03, noise=0.25, steps=1000, paths=2000, seed=1):
    """Experiment 16, g = lambda w in ten dimensions, lambda 0.3 .. 3: the mean of the log-likelihood ratio over paths from w = 1, and of as many
    steps in the stationary state. Mean over the noise in closed form at each place; the places by trajectories."""
    random, rest = np.random.default_rng(seed), 0.0
    w, total = np.ones((paths, 10)), 0.0
    still = np.sqrt(eta * noise / (EXP17 * (2 - eta * EXP17))) * random.standard_normal((100000, 10))
    rest = -steps * raw_loss(((EXP17 * still) ** 2).sum(axis=1) / noise).mean()
    for _ in range(steps):
        total -= raw_loss(((EXP17 * w) ** 2).sum(axis=1) / noise).mean()
        w = w - eta * (EXP17 * w + math.sqrt(noise) * random.standard_normal(w.shape))
    return float(total), float(rest)


def drift_39(eta=0.15, noise=0.35**2, points=20000, seed=1):
    """Experiment 39: mean distance of a step's mean from the flows of both generators over points N(0, 0.8^2) of the landscape of 37, and the
    raw covariance's loss."""
    values = np.linspace(0.4, 1.8, 6)
    place = 0.8 * np.random.default_rng(seed).standard_normal((points, 6))
    g = values * place + 0.25 * place**2 + 0.08 * place**3
    errors = [np.linalg.norm(flow(place, eta, values, corrected) - place + eta * g, axis=1).mean() for corrected in (0, 1)]
    return float(errors[0]), float(errors[1]), float(raw_loss((g * g).sum(axis=1) / noise).mean())


def flow(place, eta, values, corrected, parts=20):
    """Over eta along -g, or along -g - (eta/2) H g, by Runge-Kutta's fourth order."""
    def drift(x):
        g = values * x + 0.25 * x**2 + 0.08 * x**3
        return -g - corrected * eta / 2 * (values + 0.5 * x + 0.24 * x**2) * g
    x, step = place.copy(), eta / parts
    for _ in range(parts):
        a = drift(x)
        b = drift(x + step / 2 * a)
        c = drift(x + step / 2 * b)
        x = x + step / 6 * (a + 2 * b + 2 * c + drift(x + step * c))
    return x


def mean_map(etas=(0.01, 0.02, 0.05, 0.1, 0.2), points=2048, seed=1):
    """Experiment 37 without the program: g = l w + 0.25 w^2 + 0.08 w^3 in six dimensions, points N(0, 0.6^2); mean distance between a
    step w - eta g and the flow over eta of -g, and of -g - (eta/2) H g. Slopes in eta, and the gain at the largest."""
    values = np.linspace(0.4, 1.8, 6)
    place = 0.6 * np.random.default_rng(seed).standard_normal((points, 6))
    g = values * place + 0.25 * place**2 + 0.08 * place**3
    found = np.array([[np.linalg.norm(flow(place, eta, values, c) - place + eta * g, axis=1).mean() for c in (0, 1)] for eta in etas])
    slopes = [float(np.polyfit(np.log(etas), np.log(found[:, k]), 1)[0]) for k in (0, 1)]
    return slopes[0], slopes[1], float(found[-1, 0] / found[-1, 1])
