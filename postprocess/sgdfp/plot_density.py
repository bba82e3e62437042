"""Figures of the densities themselves: panels of all models with their differences from the reference; marginals."""
import matplotlib.pyplot as plt
import numpy as np

from sgdfp import style

VISIBLE = 1e-4  # a panel shows where some density exceeds this share of its largest value
LOG_RANGE = 1e-9  # marginals are shown down to this share of their largest value


def chosen_steps(run, first=0):
    """First, middle and last output step, without repeats."""
    last = len(run.steps) - 1
    return sorted({min(first, last), max(first, last // 2) if last else 0, last})


def visible(centres, profiles, share):
    """The range of one coordinate in which some profile exceeds `share` of its largest value, with a margin."""
    shown = np.zeros(len(centres), bool)
    for p in profiles:
        shown |= p > share * p.max()
    where = np.flatnonzero(shown)
    if not len(where):
        return centres[0], centres[-1]
    low, high = centres[where[0]], centres[where[-1]]
    margin = 0.06 * (high - low) + (centres[1] - centres[0])
    return max(low - margin, centres[0]), min(high + margin, centres[-1])


def columns(run, first):
    """The panels of a figure in two or three dimensions: (title, output step, the axes shown)."""
    if run.dim == 2:
        return [(f"step {run.steps[t]}, τ = {run.tau[t]:.4g}", t, (0, 1)) for t in chosen_steps(run, first)]
    last = len(run.steps) - 1
    return [(f"step {run.steps[last]}, $a_{i + 1}$ and $a_{j + 1}$", last, (i, j)) for i, j in ((0, 1), (0, 2), (1, 2))]


def panel(axes, run, plane, values, **colours):
    i, j = plane
    axes.grid(False)
    return axes.pcolormesh(run.edges[i], run.edges[j], values, rasterized=True, **colours)


def colour_bar(figure, mesh, axes, label, where):
    bar = figure.colorbar(mesh, ax=axes, location=where, shrink=0.9, pad=0.03, label=label)
    bar.formatter.set_powerlimits((-2, 3))
    bar.ax.locator_params(nbins=5)


def planes(run, rows, values, colours, name, heading, unit, first=0):
    """One row a model, one column a step (or projection). A column has one colour scale for all its models, unless
    `colours` is for each panel its own (differences: those of a close model would not show beside a distant one's)."""
    own = colours is diverging_scale
    across = columns(run, first)
    figure, axes = plt.subplots(
        len(rows), len(across), figsize=((4.2 if own else 3.7) * len(across) + 0.8, 2.7 * len(rows) + 1.4), squeeze=False, layout="constrained"
    )
    for c, (text, t, plane) in enumerate(across):
        images = [values(model, t, plane) for model in rows]
        shown = [run.projection(m, t, plane) for m in run.models]
        x = visible(run.centres[plane[0]], [s.max(axis=0) for s in shown], VISIBLE)
        y = visible(run.centres[plane[1]], [s.max(axis=1) for s in shown], VISIBLE)
        for r, model in enumerate(rows):
            mesh = panel(axes[r, c], run, plane, images[r], **colours([images[r]] if own else images))
            if own:
                colour_bar(figure, mesh, axes[r, c], unit if c == len(across) - 1 else "", "right")
            axes[r, c].set(xlim=x, ylim=y)
            axes[r, c].locator_params(nbins=5)
            if c == 0 or run.dim == 3:
                axes[r, c].set_ylabel((f"{style.words(model)}\n" if c == 0 else "") + f"$a_{plane[1] + 1}$ [parameter units]")
        axes[0, c].set_title(text)
        axes[-1, c].set_xlabel(f"$a_{plane[0] + 1}$ [parameter units]")
        if not own:
            colour_bar(figure, mesh, axes[:, c].tolist(), unit, "bottom")
    style.title(figure, run, heading)
    return style.save(figure, run, name)


def one_scale(images):
    return {"cmap": "viridis", "vmin": 0.0, "vmax": max(i.max() for i in images) or 1.0}


def diverging_scale(images):
    most = max(np.abs(i).max() for i in images) or 1.0
    return {"cmap": "PuOr_r", "vmin": -most, "vmax": most}


def density_lines(run):
    """One dimension: the densities at the chosen steps, and below them what parts them from the reference."""
    at, others = chosen_steps(run, first=1), [m for m in run.models if m != run.reference]
    figure, axes = plt.subplots(2, len(at), figsize=(3.9 * len(at) + 0.8, 6.4), squeeze=False, layout="constrained")
    for c, t in enumerate(at):
        density = {m: run.density(m, t) for m in run.models}
        if c == 0 and t > 0:
            start = run.density(run.reference, 0)
            axes[0, c].plot(run.centres[0], start, color="0.5", lw=1, ls=":", label=f"step {run.steps[0]}")
        for m in run.models:
            axes[0, c].plot(run.centres[0], density[m], **style.line(run, m))
        for m in others:
            axes[1, c].plot(run.centres[0], density[m] - density[run.reference], **style.line(run, m))
        axes[0, c].set_title(f"step {run.steps[t]}, τ = {run.tau[t]:.4g}")
        for row in (0, 1):
            axes[row, c].set_xlim(visible(run.centres[0], density.values(), VISIBLE))
            axes[row, c].locator_params(axis="x", nbins=5)
        axes[1, c].ticklabel_format(axis="y", scilimits=(-2, 3))
        axes[1, c].set_xlabel("$a_1$ [parameter units]")
        if not others:
            axes[1, c].text(0.5, 0.5, "only one model", ha="center", transform=axes[1, c].transAxes)
    axes[0, 0].set_ylabel("density " + style.density_unit(1))
    axes[1, 0].set_ylabel(f"difference from {style.words(run.reference)}\n" + style.density_unit(1))
    style.bottom_legend(figure, axes[0, 0])
    style.title(figure, run, "Densities of the models and their differences from the reference")
    return [style.save(figure, run, "density")]


def density(run):
    """(a) All models on one colour scale, and their differences from the reference on a diverging one."""
    if run.dim == 1:
        return density_lines(run)
    what = "at the first, middle and last step" if run.dim == 2 else "projected on pairs of axes"
    unit = "density " + style.density_unit(2)
    done = [planes(run, run.models, run.projection, one_scale, "density", f"Densities {what}", unit)]
    others = [m for m in run.models if m != run.reference]
    if others:

        def difference(model, t, plane):
            return run.projection(model, t, plane) - run.projection(run.reference, t, plane)

        heading = f"Density minus that of the reference ({run.reference})"
        unit = "difference " + style.density_unit(2)
        # all models start from the same density: the first step that can differ is the second
        done.append(planes(run, others, difference, diverging_scale, "density_difference", heading, unit, first=1))
    return done


def marginals(run):
    """(b) The density of each coordinate at the last step, on a log scale, where tails show."""
    figure, axes = plt.subplots(1, run.dim, figsize=(5.2 * run.dim + 0.6, 4.6), squeeze=False, layout="constrained")
    for a in range(run.dim):
        last = {m: run.marginal(m, -1, a) for m in run.models}
        first, top = run.marginal(run.reference, 0, a), max(p.max() for p in last.values())
        ax = axes[0, a]
        if len(run.steps) > 1:
            ax.semilogy(run.centres[a], np.where(first > 0, first, np.nan), color="0.6", lw=1, ls=":", label=f"step {run.steps[0]}")
        for m, p in last.items():
            ax.semilogy(run.centres[a], np.where(p > 0, p, np.nan), **style.line(run, m))
        ax.set_ylim(LOG_RANGE * top, 5 * max(top, first.max()))
        ax.set_xlim(visible(run.centres[a], [*last.values(), first], LOG_RANGE))
        ax.set_xlabel(style.axis_label(run, a))
    axes[0, 0].set_ylabel("marginal density " + style.density_unit(1))
    style.bottom_legend(figure, axes[0, 0])
    style.title(figure, run, f"Marginal densities at step {run.steps[-1]}")
    return [style.save(figure, run, "marginals")]
