"""Figures of the tables: variances and distances against the step, the spectrum with its regimes."""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from sgdfp import style

LINEAR = 1e-3  # symlog axes of eigenvalues are linear below this share of the largest

DISTANCES = (
    ("l1", "L1 distance"),
    ("hellinger", "Hellinger distance"),
    ("kl", "Kullback-Leibler divergence"),
    ("mean_error", "distance of the means [parameter units]"),
    ("cov_error", "relative error of the covariance"),
)


def dimension(moments):
    return sum(name.startswith("mean_") for name in next(iter(moments.values())))


def diagonal(dim, axis):
    """Index of cov_aa among the upper triangle's entries, by rows."""
    return axis * dim - axis * (axis - 1) // 2


def log_if_wide(ax, values):
    """A log scale where positive values span more than a factor of 30."""
    values = np.concatenate([np.asarray(v, float).ravel() for v in values])
    values = values[np.isfinite(values) & (values > 0)]
    if len(values) and values.max() > 30 * values.min():
        ax.set_yscale("log")


def closed_theory(run, ax, axis, dim):
    """Dashed lines: the covariance that the closed moment equations predict (summary.json, `closure`)."""
    closure, drawn = run.summary.get("closure"), []
    if not closure:
        return drawn
    for name, cov in closure["cov"].items():
        variance = np.array(cov, float)[:, diagonal(dim, axis)]
        known = name in run.models
        colour = style.line(run, name)["color"] if known else "0.35"
        ax.plot(closure["steps"], variance, color=colour, ls=(0, (2, 2)), lw=1.4, marker="x", ms=4,
                markevery=max(1, len(variance) // 8), label=f"{style.words(name)}, closed theory")
        drawn.append(variance)
    return drawn


def variance(run):
    """(c) The variance along each axis against the step, with the closed theory."""
    if not run.moments:
        return skipped("variance", "no moments.csv")
    dim = dimension(run.moments)
    figure, axes = plt.subplots(1, dim, figsize=(5.2 * dim + 0.6, 4.8), squeeze=False, layout="constrained")
    for a in range(dim):
        ax, name = axes[0, a], f"cov_{a + 1}{a + 1}"
        for m in run.models:
            table = run.moments[m]
            ax.plot(table["step"], table[name], marker="." if len(table["step"]) < 30 else None, **style.line(run, m))
        theory = closed_theory(run, ax, a, dim)
        log_if_wide(ax, [run.moments[m][name] for m in run.models] + theory)
        style.log_ticks(ax.yaxis)
        ax.set_xlabel("step n")
        ax.set_title(style.axis_label(run, a).replace(" [parameter units]", ""))
    axes[0, 0].set_ylabel("variance [parameter units²]")
    style.bottom_legend(figure, axes[0, 0])
    style.title(figure, run, "Variance along the axes of the slice")
    return [style.save(figure, run, "variance")]


def distances(run):
    """(d) Distances to the reference against the step, on log scales; zeros (equal starts) are left out."""
    others = [m for m in run.models if m in run.distances]
    if not others:
        return skipped("distances", "no distances.csv, or only one model")
    panels = list(DISTANCES)
    axes_of_w1 = sorted(name for name in run.distances[others[0]] if name.startswith("w1_"))
    panels[3:3] = [(name, f"Wasserstein-1 along $a_{name[3:]}$ [parameter units]") for name in axes_of_w1]
    across = 3 if len(panels) <= 6 else 4
    rows = -(-len(panels) // across)
    figure, axes = plt.subplots(rows, across, figsize=(4.1 * across, 3.1 * rows + 1.2), layout="constrained")
    for ax, (name, text) in zip(axes.flat, panels):
        for m in others:
            table = run.distances[m]
            values = np.where(table[name] > 0, table[name], np.nan)
            ax.semilogy(table["step"], values, marker="." if len(values) < 30 else None, **style.line(run, m))
        ax.set(title=text, xlabel="step n")
        style.log_ticks(ax.yaxis)
    for ax in axes.flat[len(panels):]:
        ax.set_visible(False)
    style.bottom_legend(figure, axes.flat[0])
    style.title(figure, run, f"Distances to the reference ({run.reference})")
    return [style.save(figure, run, "distances")]


def eigenvalues(run, ax):
    """Eigenvalues against the number of the mode."""
    s = run.spectrum
    largest = np.abs(s["eigenvalue"]).max() or 1.0
    for regime in dict.fromkeys(s["regime"]):
        mine = np.array([r == regime for r in s["regime"]])
        colour, marker = style.REGIMES.get(regime, ("0.4", "D"))
        ax.plot(s["mode"][mine], s["eigenvalue"][mine], ls="", marker=marker, color=colour, ms=5, label=f"{regime} ({mine.sum()})")
    for a in range(run.dim):
        value = run.axis_lambda(a)
        nearest = None if value is None else np.argmin(np.abs(s["eigenvalue"] - value))
        if nearest is not None and abs(s["eigenvalue"][nearest] - value) < 1e-3 * largest:
            ax.plot(s["mode"][nearest], value, "o", ms=12, mfc="none", mec="k", label="axis of the slice" if a == 0 else None)
    if run.learning_rate and 2 / run.learning_rate < 30 * largest:
        ax.axhline(2 / run.learning_rate, color="0.4", ls="--", lw=1, label="edge of stability, λ = 2/η")
    ax.set_yscale("symlog", linthresh=LINEAR * largest)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.axhline(0, color="0.5", lw=0.8)
    ax.set(xlabel="mode", ylabel="Hessian eigenvalue λ [loss / parameter unit²]")
    style.legend_below(ax)


def variances(run, ax):
    """Predicted variances of the modes: SGD's at the horizon, its stationary one, and Langevin's."""
    s = run.spectrum
    largest = np.abs(s["eigenvalue"]).max() or 1.0
    kinds = (("variance_horizon", "SGD at the horizon", "k", "o"), ("variance_stationary", "SGD, stationary", "#0072B2", "+"),
             ("variance_langevin", "Langevin, stationary", "#D55E00", "x"))
    for name, label, colour, marker in kinds:
        good = np.isfinite(s[name]) & (s[name] > 0)
        if good.any():
            fill = {"mfc": "none"} if marker == "o" else {}
            ax.plot(s["eigenvalue"][good], s[name][good], ls="", marker=marker, color=colour, ms=7, label=label, **fill)
    ax.set_xscale("symlog", linthresh=LINEAR * largest)
    ax.set(yscale="log", xlabel="Hessian eigenvalue λ [loss / parameter unit²]", ylabel="predicted variance of the mode [parameter units²]")
    style.legend_below(ax)


def spectral_density(run, ax):
    """Where all eigenvalues lie, with two standard errors, and ticks at those that were computed one by one."""
    d = run.spectral_density
    low, high = np.maximum(d["density"] - 2 * d["standard_error"], 0), d["density"] + 2 * d["standard_error"]
    peak = d["density"].max() or 1.0
    largest = np.abs(d["lambda"]).max() or 1.0
    ax.fill_between(d["lambda"], low, high, color="#56B4E9", alpha=0.5, lw=0, label="± 2 standard errors")
    ax.plot(d["lambda"], d["density"], color="#0072B2", lw=1.2, label="stochastic Lanczos quadrature")
    ax.plot(run.spectrum["eigenvalue"], np.full(len(run.spectrum["eigenvalue"]), 1.6e-7 * peak), "|", color="k", ms=8, label="computed eigenvalues")
    ax.set_xscale("symlog", linthresh=max(LINEAR * largest, d["lambda"][4] - d["lambda"][0]))
    ax.set(yscale="log", ylim=(1e-7 * peak, 3 * peak), xlabel="Hessian eigenvalue λ [loss / parameter unit²]", ylabel="spectral density [parameter unit² / loss]")
    style.legend_below(ax)


def spectrum(run):
    """(e) The Hessian spectrum, coloured by regime, the variances it predicts, and the density of all eigenvalues."""
    if run.spectrum is None:
        return skipped("spectrum", "no spectrum.csv")
    figure = plt.figure(figsize=(12, 5 if run.spectral_density is None else 9.5), layout="constrained")
    grid = figure.add_gridspec(1 if run.spectral_density is None else 2, 2)
    eigenvalues(run, figure.add_subplot(grid[0, 0]))
    variances(run, figure.add_subplot(grid[0, 1]))
    if run.spectral_density is not None:
        spectral_density(run, figure.add_subplot(grid[1, :]))
    style.title(figure, run, "Hessian spectrum and the regimes of its modes")
    return [style.save(figure, run, "spectrum")]


def skipped(name, why):
    print(f"  {name}: skipped, {why}")
    return []
