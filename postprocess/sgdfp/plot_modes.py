"""How far each mode spreads: the variance that trajectories measure against what the theories predict."""
import numpy as np

from sgdfp import style
from sgdfp.style import Nothing, Options

PREDICTIONS = (
    ("variance_path", "path-linearised", "#0072B2", "+"),
    ("variance_coupled", "path-linearised, modes coupled", "#009E73", "x"),
    ("variance_proxy", "proxy ηD/(2|λ|)", "#E69F00", "1"),
)
HISTORIES = 6  # modes whose variance is drawn against the step


def positive(table, name):
    return np.isfinite(table[name]) & (table[name] > 0) if name in table else np.zeros(len(table["mode"]), bool)


def errors_of(run):
    """{prediction: its relative error} as `sample` found it."""
    table = run.table("modes_agreement.csv")
    return {} if table is None else {f"variance_{n}": e for n, e in zip(table["prediction"], table["relative_error"])}


def against_eigenvalue(table, ax, errors):
    good = positive(table, "measured_variance")
    if good.any():
        ax.errorbar(np.abs(table["eigenvalue"][good]), table["measured_variance"][good], 1.96 * table["error_jackknife"][good],
                    ls="", marker="o", mfc="none", color="k", ms=4, lw=0.8, label="measured, 95 %")
    for name, label, colour, marker in PREDICTIONS:
        near = positive(table, name)
        if near.any():
            label += f" (relative error {errors[name]:.3g})" if name in errors else ""
            ax.plot(np.abs(table["eigenvalue"][near]), table[name][near], ls="", marker=marker, color=colour, ms=5, label=label)
    ax.set(xscale="log", yscale="log", xlabel="|Hessian eigenvalue λ|", ylabel="variance of the mode\n[parameter units²]")


def against_measured(table, ax):
    """The ratio, with the measurement's own 95 % around one."""
    measured = table["measured_variance"]
    good = positive(table, "measured_variance")
    order = np.argsort(measured[good])
    share = 1.96 * (table["error_jackknife"][good] / measured[good])[order]
    ax.fill_between(measured[good][order], 1 - share, 1 + share, color="0.85", lw=0, label="95 % of the measurement")
    for name, label, colour, marker in PREDICTIONS:
        near = positive(table, name) & good
        if near.any():
            ax.plot(measured[near], table[name][near] / measured[near], ls="", marker=marker, color=colour, ms=5)
    ax.axhline(1, color="0.4", lw=1)
    ax.set(xscale="log", xlabel="measured variance [parameter units²]", ylabel="predicted / measured")
    style.log_if_wide(ax.yaxis, [table[n][positive(table, n) & good] / measured[positive(table, n) & good] for n, *_ in PREDICTIONS])


def modes(run, options=Options()):
    """(f) Variance of the modes, measured and predicted."""
    table = run.modes
    if table is None:
        raise Nothing("no modes.csv (commands modes and sample)")
    measured = positive(table, "measured_variance").any()
    across = options.across(2, 2) if measured else 1
    figure, axes = style.panels(options, (2 if measured else 1) // across, across, 2.5)
    against_eigenvalue(table, axes.flat[0], errors_of(run))
    if measured:
        against_measured(table, axes.flat[1])
    style.legend(figure, *axes.flat)
    style.title(figure, run, "Spread of the modes", options)
    return {"modes": figure}


def agreement(run, options=Options()):
    """(f) The variance of single modes against the step, as trajectories measure it, with the prediction for the end."""
    history, table = run.table("modes_history.csv"), run.modes
    if history is None or table is None:
        raise Nothing("no modes_history.csv (command sample)")
    known = [m for m in np.unique(history["mode"]) if m in table["mode"]]
    picked = [known[i] for i in np.unique(np.linspace(0, len(known) - 1, HISTORIES).astype(int))]
    across = options.across(3, len(picked))
    figure, axes = style.panels(options, -(-len(picked) // across), across, 1.5)
    for ax, mode in zip(axes.flat, picked):
        rows, own = history["mode"] == mode, np.flatnonzero(table["mode"] == mode)[0]
        error = 1.96 * history["error_jackknife"][rows]
        ax.errorbar(history["step"][rows], history["variance"][rows], error, color="k", marker=".", ms=4, lw=0.8, label="measured, 95 %")
        for name, label, colour, marker in PREDICTIONS[:2]:
            if positive(table, name)[own]:
                ax.plot(history["step"][rows][-1], table[name][own], marker=marker, color=colour, ms=7, ls="", label=label)
        ax.set(title=f"mode {mode:.0f}, λ = {table['eigenvalue'][own]:.3g}", xlabel="step n", ylim=(0, None))
        ax.ticklabel_format(axis="y", scilimits=(-2, 3))
    for ax in axes.flat[len(picked):]:
        ax.set_visible(False)
    axes[0, 0].set_ylabel("variance\n[parameter units²]")
    style.legend(figure, *axes.flat)
    style.title(figure, run, "Variance of single modes along the trajectories", options)
    return {"modes_history": figure}
