"""Figures of what can be trusted: the resolution verdict at every output step, and the estimated errors."""
import matplotlib.pyplot as plt
import numpy as np

from sgdfp import style
from sgdfp.plot_tables import dimension, skipped

# Columns of verdict.csv: (prefix, title, ok, poor); beyond `ok` a verdict is marginal, beyond `poor` poor (solver/measures/verdict.c).
JUDGED = (
    ("noise_", "noise of a step [cells]", 2.0, 1.2),
    ("tail_", "share in the shortest third of the waves", 1e-4, 2e-2),
    ("negative_mass", "negative mass", 1e-6, 1e-3),
    ("added_", "variance that upwind fluxes add, of the noise's", 1e-2, 1e-1),
    ("beyond_band", "share beyond the stable band", 1e-2, 1e-1),
    ("aliasing", "mass moved by aliasing", 1e-6, 1e-3),
)

NOTHING = 1e-20  # what no judgement hangs on


def worst(table, prefix):
    """The worst axis at each step: the least noise, the most of anything else."""
    columns = np.array([values for name, values in table.items() if name == prefix or (prefix.endswith("_") and name.startswith(prefix))], float)
    if not columns.size:
        return None
    columns = np.where(np.isfinite(columns), columns, np.nan)
    if np.isnan(columns).all():
        return None
    with np.errstate(all="ignore"):
        values = columns.min(axis=0) if prefix == "noise_" else columns.max(axis=0)
    return np.where(values > NOTHING, values, 0)


def panel(run, ax, prefix, ok, poor):
    """One quantity against the step, with the bounds of its verdict; zeros have no place on a log scale. True: drawn."""
    drawn = False
    for m in (m for m in run.models if m in run.verdicts):
        values = worst(run.verdicts[m], prefix)
        if values is None or not np.any(values > 0):
            continue
        ax.plot(run.verdicts[m]["step"], np.where(values > 0, values, np.nan), marker="." if len(values) < 30 else None, **style.line(run, m))
        drawn = True
    ax.axhline(ok, color="#E69F00", lw=1, ls=":")
    ax.axhline(poor, color="#D55E00", lw=1, ls=":")
    ax.set_yscale("log")
    style.log_ticks(ax.yaxis)
    return drawn


def resolution(run):
    """(g) What the grid makes of the densities."""
    if not run.verdicts:
        return skipped("resolution", "no verdict.csv")
    figure, axes = plt.subplots(2, 3, figsize=(12.6, 7.2), layout="constrained")
    first = None
    for ax, (prefix, text, ok, poor) in zip(axes.flat, JUDGED):
        drawn = panel(run, ax, prefix, ok, poor)
        ax.set(title=text if drawn else f"{text}: none", xlabel="step n")
        first = first or (ax if drawn else None)
    if first is not None:
        style.bottom_legend(figure, first)
    style.title(figure, run, "Resolution (beyond the dotted lines: orange marginal, red poor)")
    return [style.save(figure, run, "resolution")]


def errors(run):
    """(h) Estimated errors of the discretisation in space, of the density and of the variances."""
    if not run.errors:
        return skipped("errors", "no errors.csv (check: {error: true})")
    dim = dimension(run.errors)
    panels = [("l1", "density (L1)")] + [(f"cov_{a + 1}{a + 1}", f"variance of $a_{a + 1}$ [parameter units²]") for a in range(dim)]
    figure, axes = plt.subplots(1, len(panels), figsize=(4.4 * len(panels) + 0.6, 4.6), squeeze=False, layout="constrained")
    for ax, (name, text) in zip(axes[0], panels):
        for m in (m for m in run.models if m in run.errors):
            table = run.errors[m]
            ax.semilogy(table["step"], np.where(table[name] > 0, table[name], np.nan), marker="." if len(table["step"]) < 30 else None, **style.line(run, m))
        ax.set(title=text, xlabel="step n")
        style.log_ticks(ax.yaxis)
    axes[0, 0].set_ylabel("estimated error")
    style.bottom_legend(figure, axes[0, 0])
    style.title(figure, run, "Estimated errors of the discretisation in space")
    return [style.save(figure, run, "errors")]
