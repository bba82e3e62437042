"""The box of a slice from the closed moments that the solver predicts by too (operators/THEORY.md (54), (57)): mean and
covariance on the slice at every step, of SGD and of Langevin, linearised at the reference point.
"""
import numpy as np

from torch_arrays import ExportError

MARGIN = 0.05  # the solver follows the mean and linearises there anew: so much of the box's width is added at each end


def batch_factor(samples, batch_size, sampling):
    """Of one draw's covariance, what a batch's mean has."""
    if sampling == "without_replacement":
        if batch_size > samples:
            raise ExportError(f"sgd: a batch of {batch_size} without replacement, of {samples} samples")
        return (samples - batch_size) / (batch_size * (samples - 1.0))
    return 1.0 / batch_size


def linearise(problem, w, V):
    """g [d], H [d, d], covariance of one draw [d, d], and the variances Gamma [d] of v.H_i v over the samples."""
    gi = problem.sample_gradients(w, V)
    H = np.array([V @ problem.hessian_apply(w, v) for v in V])
    step = 1e-4 * max(1.0, np.abs(w).max())
    sides = [[problem.sample_gradients(w + side * step * v, V)[:, a] for side in (1, -1)] for a, v in enumerate(V)]
    curvature = np.array([(up - down) / (2 * step) for up, down in sides])
    return gi.mean(axis=0), 0.5 * (H + H.T), np.atleast_2d(np.cov(gi.T, bias=True)), curvature.var(axis=1)


def exponential(A):
    """Of a small matrix, by scaling and squaring."""
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(A).sum(axis=1).max(), 1e-300)))) + 4)
    A, term, total = A / 2.0**halvings, np.eye(len(A)), np.eye(len(A))
    for k in range(1, 16):
        term = term @ A / k
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total


def langevin_step(eta, H, C, Gamma):
    """One step of Langevin's moments as a matrix on (mean - where g vanishes, covariance by rows, 1)."""
    d, one = len(H), np.eye(len(H))
    A = np.zeros((d + d * d + 1,) * 2)
    A[:d, :d] = -H
    A[d:-1, d:-1] = -np.kron(H, one) - np.kron(one, H)
    for a in range(d):
        A[d + a * (d + 1), d + a * (d + 1)] += eta * Gamma[a]
    A[d:-1, -1] = eta * C.ravel()
    return exponential(eta * A)


def moments(g, H, C, Gamma, eta, steps, langevin):
    """Mean [steps + 1, d] and variances [steps + 1, d]; from the origin, one step's noise wide."""
    d = len(g)
    mean, cov = np.zeros(d), np.diag(eta**2 * np.diag(C))
    step = np.eye(d) - eta * H
    flow = langevin_step(eta, H, C, Gamma) if langevin else None
    means, variances = [mean], [np.diag(cov).copy()]
    for _ in range(int(steps)):
        if langevin:
            drift = np.zeros((d + 1, d + 1))
            drift[:d, :d], drift[:d, d] = -eta * H, -eta * g
            mean = (exponential(drift) @ np.append(mean, 1.0))[:d]
            cov = (flow @ np.concatenate([np.zeros(d), cov.ravel(), [1.0]]))[d:-1].reshape(d, d)
        else:
            cov = step @ cov @ step.T + eta**2 * (C + np.diag(Gamma * np.diag(cov)))
            mean = mean - eta * (g + H @ mean)
        means.append(mean)
        variances.append(np.diag(cov).copy())
        if not np.isfinite(variances[-1]).all() or np.abs(variances[-1]).max() > 1e12:
            break
    return np.array(means), np.array(variances)


def predicted_extent(problem, w, V, lam, learning_rate, batch_size, steps, deviations=8.0, sampling="with_replacement",
                     names=None):
    """[(min, max)] per axis: mean +- deviations (one number, or one an axis) over the horizon, of SGD and of Langevin, as
    the solver takes its box, and a twentieth more. An ExportError where the prediction has no end (eta lambda > 2)."""
    if not (learning_rate > 0 and batch_size >= 1 and steps >= 1):
        raise ExportError(f"sgd: learning_rate {learning_rate}, batch_size {batch_size}, steps {steps}: all must be positive")
    names = names or [f"{k + 1}" for k in range(len(V))]
    for name, curvature in zip(names, lam):
        if learning_rate * curvature >= 2:
            raise ExportError(f"axis {name}: eta lambda = {learning_rate * curvature:.4g} is not below 2: SGD leaves the minimum, and "
                              f"the prediction has no end. The largest eta is {2 / curvature:.6g}; or give extent=[(min, max), ..]")
    factor = batch_factor(problem.samples, batch_size, sampling)
    g, H, C, Gamma = linearise(problem, w, V)
    reach, low, high = np.broadcast_to(deviations, len(V)), np.zeros(len(V)), np.zeros(len(V))
    for langevin in (False, True):
        means, variances = moments(g, H, factor * C, factor * Gamma, learning_rate, steps, langevin)
        spread = reach * np.sqrt(np.maximum(variances, 0))
        low, high = np.minimum(low, (means - spread).min(axis=0)), np.maximum(high, (means + spread).max(axis=0))
    return settled(names, lam, low, high, w, steps)


def settled(names, lam, low, high, w, steps):
    for name, curvature, down, up in zip(names, lam, low, high):
        if not up - down < 1e6 * (1 + np.abs(w).max()):
            raise ExportError(f"axis {name}: with lambda = {curvature:.4g} the prediction reaches [{down:.3g}, {up:.3g}] within "
                              f"{steps} steps: give extent=[(min, max), ..]")
        if not up > down:
            raise ExportError(f"axis {name}: neither gradient nor noise along it, the prediction stands still: give "
                              "extent=[(min, max), ..]")
    more = MARGIN * (high - low)
    return [(float(down), float(up)) for down, up in zip(low - more, high + more)]
