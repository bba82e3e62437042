"""Figures of the densities themselves: panels of all models with their differences from the reference; marginals."""
import numpy as np
from matplotlib.colors import LogNorm, Normalize

from sgdfp import reader, style
from sgdfp.style import Nothing, Options

VISIBLE = 1e-4  # a panel shows where some density exceeds this share of its largest value
LOG_RANGE = 1e-9  # marginals are shown down to this share of their largest value
DECADES = 1e-4  # log colour scales go down to this share of the largest value


def chosen_steps(run, options, first=0):
    """Indices of the output steps asked for; else first, middle and last, without repeats."""
    if options.steps:
        return [int(np.flatnonzero(run.steps == n)[0]) for n in options.steps]
    last = len(run.steps) - 1
    return sorted({min(first, last), max(first, last // 2) if last else 0, last})


def visible(centres, profiles, share):
    """The range of one coordinate in which some profile exceeds `share` of its largest value, with a margin."""
    shown = np.zeros(len(centres), bool)
    for p in profiles:
        if np.isfinite(p).all():
            shown |= p > share * p.max()
    where = np.flatnonzero(shown)
    if not len(where):
        return centres[0], centres[-1]
    low, high = centres[where[0]], centres[where[-1]]
    margin = 0.06 * (high - low) + (centres[1] - centres[0])
    return max(low - margin, centres[0]), min(high + margin, centres[-1])


def needed(run):
    if run.file is None:
        raise Nothing("no density.h5")
    if not len(run.steps):
        raise Nothing("density.h5 holds no time step yet")


def columns(run, options, first):
    """The panels of a figure in two or three dimensions: (title, output step, the axes shown)."""
    if run.dim == 2:
        tau = "" if options.narrow() else ", τ = {:.4g}"
        return [(f"step {run.steps[t]}" + tau.format(run.tau[t]), t, (0, 1)) for t in chosen_steps(run, options, first)]
    t = chosen_steps(run, options)[-1]
    return [(f"step {run.steps[t]}", t, pair) for pair in ((0, 1), (0, 2), (1, 2))]


def limits(run, options, shown, across):
    """(x, y) limits of each column: one for all that show the same axes, unless the density grew from very narrow."""
    each = []
    for _, t, (i, j) in across:
        images = [run.projection(m, t, (i, j)) for m in shown]
        each.append((options.range.get(i) or visible(run.centres[i], [p.max(axis=0) for p in images], VISIBLE),
                     options.range.get(j) or visible(run.centres[j], [p.max(axis=1) for p in images], VISIBLE)))
    if run.dim == 3:
        return each
    return [tuple((min(e[k][0] for e in each), max(e[k][1] for e in each)) for k in (0, 1))] * len(each)


def draw_plane(ax, run, plane, values, narrow, **colours):
    """Smooth between the cells' centres: no cells are seen. What lies below a log scale takes its lowest colour."""
    i, j = plane
    ax.grid(False)
    ax.locator_params(nbins=5)
    if narrow:  # the outer two of three
        ax.locator_params(axis="x", nbins=2)
        low, high = ax.get_xlim()
        ax.set_xticks([x for x in ax.get_xticks() if low <= x <= high][::2])
    if isinstance(colours["norm"], LogNorm):
        values = np.maximum(values, colours["norm"].vmin)
    return ax.pcolormesh(run.centres[i], run.centres[j], values, shading="gouraud", rasterized=True, **colours)


def density_norm(images, log):
    """One scale for all panels; a log one where the peaks of the panels differ by more than a factor of four."""
    peaks = [image.max() for image in images if np.isfinite(image).all()]
    top = max(peaks, default=1.0) or 1.0
    if log or (peaks and min(peaks) < top / 4):
        return LogNorm(DECADES * top, top), True
    return Normalize(0, top), False


def planes(run, options, rows, values, difference, first=0):
    """One row a model, one column a step (or pair of axes). Densities: one colour scale for all. Differences: one for each
    model, symmetric about zero."""
    across = columns(run, options, first)
    images = {(m, c): values(m, t, plane) for m in rows for c, (_, t, plane) in enumerate(across)}
    figure, axes = style.panels(options, len(rows), len(across), 1.75 if not options.narrow() else 1.0)
    ends = limits(run, options, options.shown(run), across)
    norm, log = density_norm(list(images.values()), options.log)
    for r, model in enumerate(rows):
        row = [images[model, c] for c in range(len(across))]
        if difference:
            most = max([np.abs(i).max() for i in row if np.isfinite(i).all()], default=1.0) or 1.0
            norm = Normalize(-most, most)
        for c, (text, _, plane) in enumerate(across):
            ax = axes[r, c]
            ax.set(xlim=ends[c][0], ylim=ends[c][1])
            if np.isfinite(row[c]).all():
                mesh = draw_plane(ax, run, plane, row[c], options.narrow(), norm=norm, cmap="RdBu_r" if difference else style.DENSITY)
            else:
                failed = run.failed(model)
                style.note(ax, f"failed at step {failed[0]}: {failed[1]}" if failed else "not finite")
            if r == 0:
                ax.set_title(text)
            if r == len(rows) - 1 or run.dim == 3:
                ax.set_xlabel(f"$a_{plane[0] + 1}$" + (" [parameter units]" if r == len(rows) - 1 and not options.narrow() else ""))
            else:
                ax.tick_params(labelbottom=False)
            if c == 0 or run.dim == 3:
                ax.set_ylabel((row_name(model, options) + "\n" if c == 0 else "") + f"$a_{plane[1] + 1}$")
            else:
                ax.tick_params(labelleft=False)
        if difference:
            bar(figure, mesh, axes[r].tolist(), "")
    if not difference:
        bar(figure, mesh, axes.ravel().tolist(), "density " + style.density_unit(2), log)
    return figure


def row_name(model, options):
    """Of a model beside its row of panels, broken to their height."""
    return "\n".join(style.wrap(style.words(model), 14 if options.narrow() else 30))


def bar(figure, mesh, axes, label, log=False):
    found = figure.colorbar(mesh, ax=axes, location="right", shrink=0.9 if len(axes) < 4 else 0.6, pad=0.015, aspect=25, label=label)
    if not log:
        found.formatter.set_powerlimits((-2, 3))


def line_panels(options, steps, differences):
    """A figure and its axes [density or difference, step]. A journal's column has room for two panels beside each other:
    there the steps go down."""
    kinds = 2 if differences else 1
    if options.narrow():
        figure, axes = style.panels(options, steps, kinds, 1.35)
        return figure, axes.T
    return style.panels(options, kinds, steps, 1.9)


def label_lines(axes, narrow):
    """The words of the panels [density or difference, step]: the quantity at the left, in a column above the panels."""
    axes[0, 0].set_ylabel("density\n" + style.density_unit(1))
    for ax in axes[:, -1] if narrow else axes[-1]:
        ax.set_xlabel("$a_1$ [parameter units]")
    if narrow:
        for ax in axes[0, 1:]:
            ax.set_ylabel("density\n" + style.density_unit(1))
    for row in axes[1:]:
        if narrow:
            row[0].set_title("minus the reference")
        else:
            row[0].set_ylabel("minus the reference\n" + style.density_unit(1))


def density_step(run, options, column, t, shown):
    """The panels of one output step: the densities, and (where there are others) their differences from the reference."""
    top, density = column[0], {m: run.density(m, t) for m in shown}
    for m in shown:
        top.plot(run.centres[0], density[m], **style.line(run, m))
        if m != run.reference:
            column[1].plot(run.centres[0], density[m] - run.density(run.reference, t), **style.line(run, m))
    top.set_title(f"step {run.steps[t]}, τ = {run.tau[t]:.4g}")
    if options.log:
        peak = max(np.nanmax(p) for p in density.values())
        top.set(yscale="log", ylim=(LOG_RANGE * peak, 3 * peak))
    for ax in column:
        ax.set_xlim(options.range.get(0) or visible(run.centres[0], density.values(), LOG_RANGE if options.log else VISIBLE))
        ax.locator_params(axis="x", nbins=4)
    for ax in column[1:]:
        ax.ticklabel_format(axis="y", scilimits=(-2, 3))
        if not np.isfinite(run.density(run.reference, t)).all():
            style.note(ax, "the reference has failed")


def density_lines(run, options):
    """One dimension: the densities at the chosen steps, and beside them what parts them from the reference."""
    at, shown = chosen_steps(run, options, first=1), options.shown(run)
    others = [m for m in shown if m != run.reference]
    figure, axes = line_panels(options, len(at), bool(others))
    for c, t in enumerate(at):
        if c == 0 and t > 0 and not options.steps:
            start = run.density(run.reference, 0)
            axes[0, 0].plot(run.centres[0], start, color="0.5", lw=1, ls=":", label=f"start (step {run.steps[0]})")
        density_step(run, options, axes[:, c], t, shown)
    label_lines(axes, options.narrow())
    style.legend(figure, *axes[0])
    style.title(figure, run, "Densities" + (f", and their differences from the {style.words(run.reference)}" if others else ""), options)
    return {"density": figure}


def density(run, options=Options()):
    """(a) All models on one colour scale, and their differences from the reference on symmetric ones."""
    needed(run)
    if run.dim == 1:
        return density_lines(run, options)
    done = {"density": planes(run, options, options.shown(run), run.projection, False)}
    style.title(done["density"], run, "Densities" + ("" if run.dim == 2 else ", projected on pairs of axes"), options)
    others = [m for m in options.shown(run) if m != run.reference]
    if others:

        def difference(model, t, plane):
            return run.projection(model, t, plane) - run.projection(run.reference, t, plane)

        # all models start from the same density: the first step that can differ is the second
        figure = done["density_difference"] = planes(run, options, others, difference, True, first=1)
        style.title(figure, run, f"Densities minus that of the {style.words(run.reference)} {style.density_unit(2)}", options)
    return done


def band(run, ax, axis, model, table):
    """Two standard errors about the marginal of a model that was measured."""
    if model not in table:
        return
    here = table[model]["axis"] == axis + 1
    x, p, e = (table[model][name][here] for name in ("x", "density", "error"))
    ax.fill_between(x, np.maximum(p - 2 * e, 1e-3 * p), p + 2 * e, where=p > 0, color=style.line(run, model)["color"], alpha=0.25, lw=0)


def marginals(run, options=Options()):
    """(b) The density of each coordinate, on a log scale, where tails show; a measured one with its error band."""
    needed(run)
    shown, t = options.shown(run), chosen_steps(run, options)[-1]
    across, table = options.across(3, run.dim), reader.by_model(run.table("marginal_errors.csv"))
    figure, axes = style.panels(options, -(-run.dim // across), across, 2.3)
    for a, ax in zip(range(run.dim), axes.flat):
        last = {m: run.marginal(m, t, a) for m in shown}
        first = run.marginal(run.reference, 0, a)
        top = max(np.nanmax(p) for p in last.values() if np.isfinite(p).any())
        if len(run.steps) > 1:
            ax.semilogy(run.centres[a], np.where(first > 0, first, np.nan), color="0.6", lw=1, ls=":", label=f"start (step {run.steps[0]})")
        for m, p in last.items():
            look = style.line(run, m)
            if (p < -LOG_RANGE * top).any():
                look["label"] += ", gaps: negative"
            ax.semilogy(run.centres[a], np.where(p > 0, p, np.nan), **look)
            if t in (-1, len(run.steps) - 1):
                band(run, ax, a, m, table)
        ax.set_ylim(LOG_RANGE * top, 5 * max(top, first.max()))
        ax.set_xlim(options.range.get(a) or visible(run.centres[a], [*last.values(), first], LOG_RANGE))
        ax.locator_params(axis="x", nbins=5 if not options.narrow() or across == 1 else 3)
        ax.set_xlabel(style.axis_label(run, a, short=True))
        ax.set_title(style.axis_title(run, a, options.size[0] / across))
    for ax in axes.flat[run.dim:]:
        ax.set_visible(False)
    axes[0, 0].set_ylabel("marginal density\n" + style.density_unit(1))
    style.legend(figure, *axes.flat[: run.dim])
    style.title(figure, run, f"Marginal densities at step {run.steps[t]}", options)
    return {"marginals": figure}
