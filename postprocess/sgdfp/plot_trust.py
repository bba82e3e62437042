"""Figures of what can be trusted: the resolution verdict at every output step, and the estimated errors."""
import numpy as np

from sgdfp import style
from sgdfp.plot_tables import dimension
from sgdfp.style import Nothing, Options

# Columns of verdict.csv: (prefix, title, ok, poor); beyond `ok` a verdict is marginal, beyond `poor` poor (solver/measures/verdict.c).
JUDGED = (
    ("noise_", "noise of a step [cells]", 2.0, 1.2),
    ("tail_", "share in the shortest third\nof the waves", 1e-4, 2e-2),
    ("negative_mass", "negative mass", 1e-6, 1e-3),
    ("added_", "variance that upwind fluxes add,\nshare of the noise's", 1e-2, 1e-1),
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


def panel(run, ax, shown, prefix, ok, poor):
    """One quantity against the step, with the bounds of its verdict; zeros have no place on a log scale. True: drawn."""
    drawn = []
    for m in shown:
        values = worst(run.verdicts[m], prefix)
        if values is None or not np.any(values > 0):
            continue
        ax.plot(run.verdicts[m]["step"], np.where(values > 0, values, np.nan), **style.points(len(values)), **style.line(run, m))
        drawn.append(values)
    ax.axhline(ok, color="#E69F00", lw=1, ls=":")
    ax.axhline(poor, color="#D55E00", lw=1, ls=":")
    style.log_if_wide(ax.yaxis, [*drawn, [ok, poor]], always=prefix != "noise_")
    return bool(drawn)


def resolution(run, options=Options()):
    """(g) What the grid makes of the densities."""
    shown = [m for m in options.shown(run) if m in run.verdicts]
    if not shown:
        raise Nothing("no verdict.csv")
    across = options.across(3, len(JUDGED))
    figure, axes = style.panels(options, -(-len(JUDGED) // across), across, 1.5)
    for ax, (prefix, text, ok, poor) in zip(axes.flat, JUDGED):
        text = style.panel_title(options, across, text)
        ax.set(title=text, xlabel="step n")
        if not panel(run, ax, shown, prefix, ok, poor):
            ax.clear()
            ax.set(title=text, xticks=[], yticks=[])
            style.note(ax, "none")
    style.legend(figure, *axes.flat)
    style.title(figure, run, "Resolution (beyond the dotted lines: orange marginal, red poor)", options)
    return {"resolution": figure}


def errors(run, options=Options()):
    """(h) Estimated errors of the discretisation in space, of the density and of the variances."""
    shown = [m for m in options.shown(run) if m in run.errors]
    if not shown:
        raise Nothing("no errors.csv (check: {error: true})")
    dim = dimension(run.errors)
    names = [("l1", "density (L1)")] + [(f"cov_{a + 1}{a + 1}", f"variance of $a_{a + 1}$\n[parameter units²]") for a in range(dim)]
    across = options.across(3, len(names))
    figure, axes = style.panels(options, -(-len(names) // across), across, 2.0)
    for ax, (name, text) in zip(axes.flat, names):
        values = {m: np.where(run.errors[m][name] > 0, run.errors[m][name], np.nan) for m in shown}
        for m in shown:
            ax.plot(run.errors[m]["step"], values[m], **style.points(len(values[m])), **style.line(run, m))
        style.log_if_wide(ax.yaxis, list(values.values()))
        ax.set(title=style.panel_title(options, across, text), xlabel="step n")
    for ax in axes.flat[len(names):]:
        ax.set_visible(False)
    axes[0, 0].set_ylabel("estimated error")
    style.legend(figure, *axes.flat)
    style.title(figure, run, "Estimated errors of the discretisation in space", options)
    return {"errors": figure}
