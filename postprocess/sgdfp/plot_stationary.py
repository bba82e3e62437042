"""Figures of the command `stationary`: densities, slow modes, metastable sets, rates and first-passage times."""
import os

import h5py
import numpy as np
from matplotlib.colors import LogNorm, Normalize

from sgdfp import style
from sgdfp.plot_density import VISIBLE, visible
from sgdfp.style import Nothing, Options

FLOOR = 1e-12  # densities are shown down to this share of their largest value
SLOW = 3  # eigenfunctions drawn


class Results:
    """What stationary.h5 and stationary.json hold, for the figures."""

    def __init__(self, run, options):
        self.found = run.stationary
        if self.found is None or not os.path.exists(run.path("stationary.h5")):
            raise Nothing("no stationary.json and stationary.h5 (command stationary)")
        with h5py.File(run.path("stationary.h5"), "r") as file:
            self.axes = [file["grid"][a][()] for a in "xyz" if a in file["grid"]]
            self.fields = {m: {k: v[()] for k, v in group.items()} for m, group in file.items() if m != "grid"}
        order = [m for m in self.found["models"] if m in self.fields]
        self.models = [m for m in order if options.models is None or m in options.models]
        self.dim = len(self.axes)
        run.models = run.models or order
        run.reference = run.reference or (order[0] if order else None)

    def sound(self, model):
        """Does the grid carry the state? The command's certificate says no of densities that are waves from cell to cell."""
        return (self.found["models"][model].get("certificate") or {}).get("resolved") is not False

    def line(self, run, model):
        """style.line, and in its label that there is nothing to be drawn."""
        return {**style.line(run, model), **({} if self.sound(model) else {"label": style.words(model) + ", not resolved"})}

    def names(self, prefix):
        """Fields that begin so and that some model has, by number; the imaginary part of a complex pair is left to the file."""
        found = {k for m in self.models for k in self.fields[m] if k.startswith(prefix) and k[len(prefix):].isdigit()}
        return sorted(found, key=lambda k: int(k[len(prefix):]))

    def plane(self, values):
        """[ny, nx]: in three dimensions the third axis is summed over."""
        return values if self.dim == 2 else values.sum(axis=0)

    def window(self, options):
        ends = []
        for a in range(min(self.dim, 2)):
            others = tuple(k for k in range(self.dim) if k != self.dim - 1 - a)
            profiles = [np.abs(self.fields[m]["density"]).max(axis=others) for m in self.models if self.sound(m)]
            ends.append(options.range.get(a) or visible(self.axes[a], profiles, VISIBLE))
        return ends


def lines(run, results, options):
    """One dimension: the density, and on a log scale, where escape is decided."""
    figure, axes = style.panels(options, *((2, 1) if options.narrow() else (1, 2)), 2.4)
    x = results.axes[0]
    for m in results.models:
        p = results.fields[m]["density"] if results.sound(m) else np.full(len(x), np.nan)
        axes.flat[0].plot(x, p, **results.line(run, m))
        axes.flat[1].plot(x, np.where(p > 0, p, np.nan), **results.line(run, m))
    top = max((results.fields[m]["density"].max() for m in results.models if results.sound(m)), default=1.0)
    axes.flat[1].set(yscale="log", ylim=(FLOOR * top, 5 * top))
    axes.flat[0].set_ylabel("stationary density\n" + style.density_unit(1))
    for ax in axes.flat:
        ax.set_xlabel("$a_1$ [parameter units]")
    axes.flat[0].set_xlim(results.window(options)[0])
    if options.range.get(0):
        axes.flat[1].set_xlim(options.range[0])
    style.legend(figure, axes.flat[0])
    return figure


def planes(run, results, options, names, norm_of, cmap, title):
    """One row a model, one column a field."""
    figure, axes = style.panels(options, len(results.models), len(names), 1.8)
    ends = results.window(options)
    for r, m in enumerate(results.models):
        for c, name in enumerate(names):
            ax = axes[r, c]
            ax.grid(False)
            values = results.fields[m].get(name)
            if values is None:
                style.note(ax, "none")
                continue
            values = results.plane(values)
            mesh = ax.pcolormesh(results.axes[0], results.axes[1], values, shading="gouraud", rasterized=True, cmap=cmap, norm=norm_of(values))
            figure.colorbar(mesh, ax=ax, shrink=0.9, aspect=18, pad=0.02)
            ax.set(xlim=ends[0], ylim=ends[1])
            if r == 0:
                ax.set_title(title(name))
            if r == len(results.models) - 1:
                ax.set_xlabel("$a_1$" + (" [parameter units]" if not options.narrow() else ""))
            if c == 0:
                ax.set_ylabel(f"{style.words(m)}\n$a_2$")
    return figure


def density(run, results, options):
    if results.dim == 1:
        return lines(run, results, options)

    def norm(values):
        top = values.max() or 1.0
        return LogNorm(1e-4 * top, top, clip=True) if options.log else Normalize(0, top)

    across = options.across(3, len(results.models))
    figure, axes = style.panels(options, -(-len(results.models) // across), across, 2.2)
    ends = results.window(options)
    for ax, m in zip(axes.flat, results.models):
        ax.grid(False)
        ax.set_title(style.panel_title(options, across, style.words(m)))
        if not results.sound(m):
            style.note(ax, "not resolved by the grid")
            continue
        values = results.plane(results.fields[m]["density"])
        mesh = ax.pcolormesh(results.axes[0], results.axes[1], values, shading="gouraud", rasterized=True, cmap=style.DENSITY, norm=norm(values))
        figure.colorbar(mesh, ax=ax, shrink=0.9, aspect=20, pad=0.02)
        ax.set(xlim=ends[0], ylim=ends[1], xlabel="$a_1$ [parameter units]", ylabel="$a_2$")
    for ax in axes.flat[len(results.models):]:
        ax.set_visible(False)
    return figure


def waves(values):
    """Is a function mostly waves of fewer than six cells, which are the grid's and not the equation's?"""
    return (np.diff(values) ** 2).sum() > (values**2).sum()


def slow_modes(run, results, options):
    """The slowest eigenfunctions beyond the stationary state, each with the largest magnitude one and one sign for all models."""
    names = results.names("eigenfunction_")[1: 1 + SLOW]
    if not names:
        raise Nothing("no eigenfunctions in stationary.h5")
    if results.dim > 1:
        def norm(values):
            most = np.abs(values).max() or 1.0
            return Normalize(-most, most)
        return planes(run, results, options, names, norm, "RdBu_r", lambda name: "slow mode " + str(int(name[14:]) - 1))
    across = options.across(3, len(names))
    figure, axes = style.panels(options, -(-len(names) // across), across, 2.2 if not options.narrow() else 1.5)
    for ax, name in zip(axes.flat, names):
        base, unresolved = None, []
        for m in (m for m in results.models if name in results.fields[m]):
            if waves(results.fields[m][name]) or not results.sound(m):
                unresolved.append(style.words(m))
                continue
            values = results.fields[m][name] / (np.abs(results.fields[m][name]).max() or 1.0)
            base = values if base is None else base
            ax.plot(results.axes[0], values * (np.sign(values @ base) or 1.0), **style.line(run, m))
        if base is None:
            style.note(ax, "no mode that the grid resolves")
        missing = f"\n(not resolved: {', '.join(unresolved)})" if unresolved else ""
        text = style.panel_title(options, across, f"slow mode {int(name[14:]) - 1}{missing}")
        ax.set(title=text, xlabel="$a_1$ [parameter units]")
    for ax in axes.flat[len(names):]:
        ax.set_visible(False)
    axes[0, 0].set_ylabel("eigenfunction,\nlargest value 1")
    style.legend(figure, *axes.flat)
    return figure


def sets(run, results, options):
    """Membership in the metastable sets: one curve a set; in the plane, the set that holds most of each place."""
    names = results.names("membership_")
    if not names:
        raise Nothing("no metastable sets in stationary.h5")
    across = options.across(3, len(results.models))
    figure, axes = style.panels(options, -(-len(results.models) // across), across, 2.0)
    for ax, m in zip(axes.flat, results.models):
        mine = [results.fields[m][n] for n in names if n in results.fields[m]]
        ax.set(title=style.panel_title(options, across, style.words(m)), xlabel="$a_1$ [parameter units]")
        if not mine:
            style.note(ax, "no sets")
            ax.set_xlim(results.axes[0][[0, -1]])
        elif results.dim == 1:
            for k, values in enumerate(mine):
                ax.plot(results.axes[0], values, lw=1.2, color=f"C{k}", label=f"set {k + 1}")
        else:
            ax.grid(False)
            if results.dim == 3:
                mine = [values[values.shape[0] // 2] for values in mine]
            best = np.argmax(mine, axis=0)
            ax.pcolormesh(results.axes[0], results.axes[1], best, shading="nearest", rasterized=True, cmap="Set2", vmin=-0.5, vmax=7.5)
            for k in range(len(mine)):
                where = np.argwhere(best == k)
                if len(where):
                    j, i = where.mean(axis=0).astype(int)
                    ax.text(results.axes[0][i], results.axes[1][j], str(k + 1), ha="center", va="center")
            ax.set_ylabel("$a_2$")
    if results.dim == 1:
        for ax in axes[:, 0]:
            ax.set_ylabel("membership")
    for ax in axes.flat[len(results.models):]:
        ax.set_visible(False)
    style.legend(figure, *axes.flat)
    return figure


def dots(ax, run, results, values, labels):
    """Positive numbers of each model beside each other on a log axis; values {model: [numbers]}."""
    width = 0.7 / max(1, len(results.models))
    for k, m in enumerate(results.models):
        colour, _ = style.look(run, m)
        heights = np.array([v if v and v > 0 else np.nan for v in values[m]], float)
        at = np.arange(len(heights)) + (k - (len(results.models) - 1) / 2) * width
        face = {} if results.sound(m) else {"mfc": "none"}
        ax.plot(at, heights, ls="", marker="os^Dv<>"[k % 7], color=colour, ms=5, label=results.line(run, m)["label"], **face)
    style.log_if_wide(ax.yaxis, list(values.values()))
    ax.set_xticks(range(len(labels)), labels)
    ax.set_xlim(-0.6, len(labels) - 0.4)


def rates(run, results, options):
    """Decay rates of the slow modes, the escape rates of the sets, and the mean first-passage times."""
    models = {m: results.found["models"][m] for m in results.models}
    drawn = [("decay rates of the slow modes\n[1/τ]", {m: [e.get("decay_rate") for e in v.get("eigenvalues", [])[1:]] for m, v in models.items()},
              lambda k: str(k + 1), "slow mode")]
    drawn.append(("escape rates of the metastable sets\n[1/τ]", {m: [b.get("escape_rate") for b in v.get("basins") or []] for m, v in models.items()},
                  lambda k: str(k + 1), "set"))
    passages = next((v["passages"] for v in models.values() if v.get("passages")), [])
    names = [p["name"] for p in passages]
    drawn.append(("mean first-passage times [steps]", {m: [p.get("mean_steps") for p in v.get("passages") or []] for m, v in models.items()},
                  lambda k: names[k].replace("_", " "), ""))
    drawn = [d for d in drawn if any(len(v) for v in d[1].values())]
    if not drawn:
        raise Nothing("no rates in stationary.json")
    across = options.across(3, len(drawn))
    rows = -(-len(drawn) // across)
    figure, axes = style.panels(options, rows, across, 2.2)
    for ax, (text, values, label, below) in zip(axes.flat, drawn):
        dots(ax, run, results, values, [label(k) for k in range(max(len(v) for v in values.values()))])
        ax.set(title=style.panel_title(options, across, text), xlabel=below)
    for ax in axes.flat[len(drawn):]:
        ax.set_visible(False)
    style.legend(figure, axes.flat[0])
    return figure


PARTS = (("stationary_density", density, "Stationary densities"), ("stationary_modes", slow_modes, "Slowest modes"),
         ("stationary_sets", sets, "Metastable sets"), ("stationary_rates", rates, "Rates and first passages"))


def stationary(run, options=Options()):
    """(i) All figures of the command `stationary`."""
    results, done = Results(run, options), {}
    for name, draw, text in PARTS:
        try:
            done[name] = draw(run, results, options)
            style.title(done[name], run, text, options)
        except Nothing:
            continue
    return done
