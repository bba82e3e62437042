"""Figures of the tables: variances and distances against the step, the spectrum with its regimes."""
import numpy as np
from matplotlib.ticker import MaxNLocator

from sgdfp import style
from sgdfp.style import Nothing, Options

LINEAR = 1e-3  # symlog axes of eigenvalues are linear below this share of the largest
FAR = 1e4  # predictions beyond this multiple of the median, or below this share of it, are counted, not drawn

DISTANCES = (
    ("l1", "L1 distance"),
    ("hellinger", "Hellinger distance"),
    ("kl", "Kullback-Leibler divergence"),
    ("mean_error", "distance of the means\n[parameter units]"),
    ("cov_error", "relative error of the covariance"),
)


def dimension(moments):
    return sum(name.startswith("mean_") for name in next(iter(moments.values())))


def diagonal(dim, axis):
    """Index of cov_aa among the upper triangle's entries, by rows."""
    return axis * dim - axis * (axis - 1) // 2


def closed_theory(run, ax, axis, dim):
    """Crosses: the covariance that the closed moment equations predict (summary.json, `closure`)."""
    closure, drawn = run.summary.get("closure"), []
    if not closure:
        return drawn
    for name, cov in closure["cov"].items():
        values = np.array(cov, float)[:, diagonal(dim, axis)]
        known = {"sgd": "master"}.get(name, name)
        colour = style.look(run, known)[0]
        ax.plot(closure["steps"], values, color=colour, ls="", marker={"sgd": "x"}.get(name, "+"), ms=5,
                markevery=max(1, len(values) // 10), label=f"closed moments, {'SGD' if name == 'sgd' else style.words(name)}")
        drawn.append(values)
    return drawn


def variance(run, options=Options()):
    """(c) The variance along each axis against the step, with the closed theory; below, what parts it from the reference's."""
    if not run.moments:
        raise Nothing("no moments.csv")
    dim, shown = dimension(run.moments), [m for m in options.shown(run) if m in run.moments]
    others = [m for m in shown if m != run.reference and run.reference in run.moments]
    figure, axes = style.panels(options, 2 if others else 1, dim, 2.0 if not options.narrow() else 1.5, sharex="col")
    for a in range(dim):
        ax, name = axes[0, a], f"cov_{a + 1}{a + 1}"
        for m in shown:
            table = run.every_step(m)
            ax.plot(table["step"], table[name], **style.points(len(table["step"]), table["step"]), **style.line(run, m))
            style.error_bars(ax, run, m, name, run.moments[m]["step"], run.moments[m][name])
        theory = closed_theory(run, ax, a, dim)
        style.log_if_wide(ax.yaxis, [run.moments[m][name] for m in shown] + theory)
        ax.set_title(style.axis_title(run, a, options.size[0] / dim))
        for m in others:
            table, base = run.every_step(m), run.every_step(run.reference)
            steps, mine, its = np.intersect1d(table["step"], base["step"], return_indices=True)  # where both have stood
            with np.errstate(all="ignore"):
                relative = 100 * (table[name][mine] / base[name][its] - 1)
            axes[1, a].plot(steps, relative, **style.points(len(steps), steps), **style.line(run, m))
        axes[-1, a].set_xlabel("step n")
    axes[0, 0].set_ylabel("variance\n[parameter units²]")
    if others:
        axes[1, 0].set_ylabel("minus the\nreference's [%]")
    style.legend(figure, axes[0, 0])
    style.title(figure, run, "Variance along the axes of the slice", options)
    return {"variance": figure}


def distances(run, options=Options()):
    """(d) Distances to the reference against the step; zeros (equal starts) are left out."""
    others = [m for m in options.shown(run) if m in run.distances]
    if not others:
        raise Nothing("no distances.csv, or only one model")
    names = list(DISTANCES)
    axes_of_w1 = sorted(name for name in run.distances[others[0]] if name.startswith("w1_"))
    names[3:3] = [(name, f"Wasserstein-1 along $a_{name[3:]}$\n[parameter units]") for name in axes_of_w1]
    across = options.across(3, len(names))
    figure, axes = style.panels(options, -(-len(names) // across), across, 1.5)
    for ax, (name, text) in zip(axes.flat, names):
        values = {m: np.where(run.distances[m][name] > 0, run.distances[m][name], np.nan) for m in others}
        for m in others:
            ax.plot(run.distances[m]["step"], values[m], **style.points(len(values[m])), **style.line(run, m))
            style.error_bars(ax, run, m, name, run.distances[m]["step"], values[m])
        style.log_if_wide(ax.yaxis, list(values.values()))
        ax.set(title=style.panel_title(options, across, text), xlabel="step n")
        if ax.get_yscale() == "linear":
            ax.ticklabel_format(axis="y", scilimits=(-3, 4))
    for ax in axes.flat[len(names):]:
        ax.set_visible(False)
    style.legend(figure, axes.flat[0])
    style.title(figure, run, f"Distances to the {style.words(run.reference)}", options)
    return {"distances": figure}


def eigenvalues(run, ax):
    """Eigenvalues against the number of the mode."""
    s = run.spectrum
    largest = np.abs(s["eigenvalue"]).max() or 1.0
    for regime in dict.fromkeys(s["regime"]):
        mine = np.array([r == regime for r in s["regime"]])
        colour, marker = style.REGIMES.get(regime, ("0.4", "D"))
        ax.plot(s["mode"][mine], s["eigenvalue"][mine], ls="", marker=marker, color=colour, ms=3.5, label=f"{regime} ({mine.sum()})")
    for a in range(run.dim):
        value = run.axis_lambda(a)
        nearest = None if value is None else np.argmin(np.abs(s["eigenvalue"] - value))
        if nearest is not None and abs(s["eigenvalue"][nearest] - value) < 1e-3 * largest:
            ax.plot(s["mode"][nearest], value, "o", ms=9, mfc="none", mec="k", label="axis of the slice" if a == 0 else None)
    if run.learning_rate and 2 / run.learning_rate < 30 * largest:
        ax.axhline(2 / run.learning_rate, color="0.4", ls="--", lw=1, label="edge of stability, λ = 2/η")
    if np.abs(s["eigenvalue"]).min() < LINEAR * 30 * largest or s["eigenvalue"].min() < 0:
        ax.set_yscale("symlog", linthresh=LINEAR * largest)
        style.symlog_ticks(ax.yaxis, largest, LINEAR * largest)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.axhline(0, color="0.5", lw=0.8)
    ax.set(xlabel="mode", ylabel="Hessian eigenvalue λ")


VARIANCES = (("variance_horizon", "SGD at the horizon", "k", "o"), ("variance_stationary", "SGD, stationary", "#0072B2", "+"),
             ("variance_langevin", "Langevin, stationary", "#D55E00", "x"))


def sensible(values, reference):
    """Which predictions are drawn: positive, finite, and neither far beyond all others (an unstable
    mode's grows without end) nor far below them (a direction without noise)."""
    good = np.isfinite(values) & (values > 0)
    return good, good & (values <= FAR * reference) & (values >= reference / FAR)


def variances(run, ax):
    """Predicted variances of the modes: SGD's at the horizon, its stationary one, and Langevin's."""
    s, drawn, far = run.spectrum, [], 0
    everything = np.concatenate([s[name] for name, *_ in VARIANCES])
    everything = everything[np.isfinite(everything) & (everything > 0)]
    if not len(everything):
        return False
    for name, label, colour, marker in VARIANCES:
        good, near = sensible(s[name], np.median(everything))
        far += int((good & ~near).sum())
        if near.any():
            ax.plot(s["eigenvalue"][near], s[name][near], ls="", marker=marker, color=colour, ms=5, label=label, mfc="none")
            drawn.append(s[name][near])
    if far:
        ax.text(0.98, 0.97, f"{far} far outside are not shown", ha="right", va="top", transform=ax.transAxes, color="0.35", fontsize=7)
    largest = np.abs(s["eigenvalue"]).max() or 1.0
    if not 0 < largest < 30 * s["eigenvalue"].min():  # a few that lie together need no decades
        ax.set_xscale("symlog", linthresh=LINEAR * largest)
        style.symlog_ticks(ax.xaxis, largest, LINEAR * largest)
    style.log_if_wide(ax.yaxis, drawn)
    ax.set(xlabel="Hessian eigenvalue λ", ylabel="predicted variance\n[parameter units²]")
    return bool(drawn)


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
    ax.set(yscale="log", ylim=(1e-7 * peak, 3 * peak), xlabel="Hessian eigenvalue λ", ylabel="spectral density")


def spectrum(run, options=Options()):
    """(e) The Hessian spectrum, coloured by regime, the variances it predicts, and the density of all eigenvalues."""
    if run.spectrum is None:
        raise Nothing("no spectrum.csv")
    if len(run.spectrum["mode"]) == 1 and run.spectral_density is None:
        raise Nothing("one eigenvalue alone: " + f"{run.spectrum['eigenvalue'][0]:.6g}")
    drawn = [eigenvalues, variances] + ([] if run.spectral_density is None else [spectral_density])
    across = options.across(2, 2)
    figure, axes = style.panels(options, -(-len(drawn) // across), across, 2.3)
    for ax, draw in zip(axes.flat, drawn):
        if draw(run, ax) is False:
            style.note(ax, "no finite prediction")
    for ax in axes.flat[len(drawn):]:
        ax.set_visible(False)
    style.legend(figure, *axes.flat)
    style.title(figure, run, "Hessian spectrum and the regimes of its modes", options)
    return {"spectrum": figure}
