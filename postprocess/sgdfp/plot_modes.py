"""How far each mode spreads: the variance that trajectories measure against what the theories predict."""
import matplotlib.pyplot as plt
import numpy as np

from sgdfp import reader
from sgdfp import style
from sgdfp.plot_tables import skipped

PREDICTIONS = (
    ("variance_path", "path-linearised", "#0072B2", "+"),
    ("variance_coupled", "path-linearised, coupled", "#009E73", "x"),
    ("variance_proxy", "proxy ηD/(2|λ|)", "#E69F00", "1"),
)


def positive(table, name):
    return np.isfinite(table[name]) & (table[name] > 0)


def against_eigenvalue(table, ax):
    good = positive(table, "measured_variance")
    if good.any():
        ax.errorbar(np.abs(table["eigenvalue"][good]), table["measured_variance"][good], 1.96 * table["error_jackknife"][good],
                    ls="", marker="o", mfc="none", color="k", ms=6, lw=1, label="measured, 95 %")
    for name, label, colour, marker in PREDICTIONS:
        good = positive(table, name)
        if good.any():
            ax.plot(np.abs(table["eigenvalue"][good]), table[name][good], ls="", marker=marker, color=colour, ms=7, label=label)
    ax.set(xscale="log", yscale="log", xlabel="|Hessian eigenvalue λ| [loss / parameter unit²]",
           ylabel="variance of the mode [parameter units²]")
    style.legend_below(ax)


def against_measured(table, ax):
    measured = table["measured_variance"]
    for name, label, colour, marker in PREDICTIONS:
        good = positive(table, name) & (measured > 0)
        if good.any():
            ax.plot(measured[good], table[name][good] / measured[good], ls="", marker=marker, color=colour, ms=7, label=label)
    ax.axhline(1, color="0.4", lw=1)
    ax.set(xscale="log", yscale="log", xlabel="measured variance [parameter units²]", ylabel="predicted / measured")
    style.legend_below(ax)


def modes(run):
    """(f) Variance of the modes, measured and predicted."""
    table = reader.read_table(run.path("modes.csv"))
    if table is None:
        return skipped("modes", "no modes.csv (commands modes and sample)")
    measured = positive(table, "measured_variance").any()
    figure, axes = plt.subplots(1, 2 if measured else 1, figsize=(12 if measured else 7, 5), layout="constrained", squeeze=False)
    against_eigenvalue(table, axes[0, 0])
    if measured:
        against_measured(table, axes[0, 1])
    style.title(figure, run, "Spread of the modes")
    return [style.save(figure, run, "modes")]
