"""What all figures share: what the user asked for, one look for each model everywhere, sizes of journals, labels, saving."""
import os
from dataclasses import dataclass, field

import matplotlib
import numpy as np
from matplotlib import ticker
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

# Colours that colour-blind readers tell apart (Okabe and Ito), then darker companions; dashes of different lengths.
MODELS = {
    "master": ("#000000", "-", "master equation"),
    "discrete_fokker_planck": ("#D55E00", (0, (6, 2)), "discrete Fokker-Planck"),
    "langevin": ("#0072B2", (0, (5, 1.5, 1, 1.5)), "Langevin"),
    "network": ("#44AA99", "-", "the network itself"),
    "gaussian_closure": ("#CC79A7", (0, (1, 1)), "Gaussian closure"),
    "langevin_frozen": ("#56B4E9", (0, (3, 1)), "Langevin, frozen noise"),
    "langevin_isotropic": ("#004466", (0, (8, 1.5, 1, 1.5, 1, 1.5)), "Langevin, isotropic noise"),
    "log_matched": ("#009E73", (0, (2, 1)), "log-matched"),
    "log_matched_2": ("#009E73", (0, (2, 1)), "log-matched, order 2"),
    "log_matched_3": ("#E69F00", (0, (9, 2)), "log-matched, order 3"),
    "random_map": ("#7A4B00", (0, (4, 1, 2, 1)), "random map"),
    "jump": ("#882255", (0, (7, 1, 1, 1)), "jump process"),
    "compound_poisson": ("#999933", (0, (2, 2)), "compound Poisson"),
    "levy": ("#AA4499", (0, (3, 1, 1, 1)), "Lévy"),
}
OTHERS = (("#117733", (0, (4, 2))), ("#CC6677", (0, (1, 2))), ("#332288", (0, (10, 3))), ("#999999", (0, (3, 3, 1, 3))))
REGIMES = {"confined": ("#0072B2", "o"), "diffusive": ("#E69F00", "s"), "unstable": ("#D55E00", "^")}
# No density is white, so that a panel is not mostly dark.
DENSITY = LinearSegmentedColormap.from_list("density", ["white", *matplotlib.colormaps["magma_r"](np.linspace(0.08, 1, 15))])
WIDTHS = {"one": 3.4, "two": 7.0}  # inches: one and two columns of a journal
SETTINGS = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "figure.titlesize": 9,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "axes.linewidth": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "sgdfp",  # the same run, the same file
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
}


class Nothing(Exception):
    """Why a figure is not drawn; the message says what is missing."""


@dataclass
class Options:
    """What plot.py's options say. range: {axis from 0: (low, high)}; size in inches (height None: as needed)."""

    steps: list = None
    range: dict = field(default_factory=dict)
    size: tuple = (WIDTHS["two"], None)
    models: list = None
    log: bool = False
    titles: bool = True
    formats: tuple = ("png", "svg")
    names: list = None
    folder: str = None

    def narrow(self):
        return self.size[0] < 5

    def across(self, wide, panels):
        """Panels beside each other: `wide` of them in two columns, fewer in one."""
        return max(1, min(panels, wide if not self.narrow() else {2: 1, 3: 2}.get(wide, wide)))

    def shown(self, run):
        """The models to draw, in the order of the case, the reference first."""
        return [m for m in run.models if self.models is None or m in self.models]


def words(model):
    return MODELS[model][2] if model in MODELS else model.replace("_", " ")


def look(run, model):
    """Colour and dashes: those of the model's name; other names take the free ones in the order of the case."""
    if model in MODELS:
        return MODELS[model][:2]
    others = [m for m in run.models if m not in MODELS]
    return OTHERS[(others.index(model) if model in others else 0) % len(OTHERS)]


def line(run, model):
    """The line of a model, the same in every figure; the reference is broad and lies below."""
    colour, dashes = look(run, model)
    first, failed = model == run.reference, run.failed(model)
    label = words(model) + (" (reference)" if first else "")
    return {
        "color": colour,
        "linestyle": "-" if first else dashes,
        "linewidth": 2.4 if first else 1.2,
        "alpha": 0.45 if first else 1.0,
        "zorder": 2 if first else 3,
        "label": label + (f", failed at step {failed[0]}" if failed else ""),
    }


def panels(options, rows, columns, height, **more):
    """A figure of rows x columns panels, each `height` inches high, and its axes [rows, columns]."""
    width, asked = options.size
    figure = Figure(figsize=(width, asked or height * rows + 0.75), layout="constrained")
    figure.may_grow = asked is None
    return figure, figure.subplots(rows, columns, squeeze=False, **more)


def axis_label(run, axis, short=False):
    """Coordinate of a slice axis, in units of the parameters."""
    label = f"$a_{axis + 1}$"
    name, eigenvalue = run.axis_name(axis), run.axis_lambda(axis)
    if not short and name:
        label += f", {name}"
    if not short and eigenvalue is not None:
        label += f", λ = {eigenvalue:.3g}"
    return label + " [parameter units]"


def axis_title(run, axis, inches):
    """The same without the unit, broken to a panel's width."""
    text = axis_label(run, axis).replace(" [parameter units]", "").replace(" = ", "\xa0=\xa0").replace("(mode ", "(mode\xa0")
    return "\n".join(wrap(text, int(12 * inches)))


def panel_title(options, across, text):
    """Broken to the width of a panel, one of `across`."""
    width = int(12 * options.size[0] / across)
    fits = "$" in text or max(map(len, text.split("\n"))) <= width
    return text if fits else "\n".join(wrap(text, width))


def density_unit(dim):
    return "[1/parameter unit" + ("²" if dim == 2 else "³" if dim == 3 else "") + "]"


def title(figure, run, text, options):
    if not options.titles:
        return
    lines = [text] + ([run.label()] if run.label() else [])
    figure.suptitle("\n".join(wrapped for part in lines for wrapped in wrap(part, int(options.size[0] * 14))))


def wrap(text, width):
    import textwrap

    return textwrap.wrap(text, width)


def log_if_wide(axis, values, always=False):
    """A log scale where the positive values span more than a factor of 30 (`always`: where there are any); the ticks to it."""
    values = np.concatenate([np.asarray(v, float).ravel() for v in values]) if len(values) else np.array([])
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values) or not (always or values.max() > 30 * values.min()):
        return False
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    log_ticks(axis, values.min(), values.max())
    return True


def log_ticks(axis, low, high):
    """On a log axis of less than two decades, label 1, 2 and 5 as well as the powers of ten."""
    if low > 0 and high < 100 * low:
        axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:.3g}"))
        axis.set_minor_formatter(ticker.NullFormatter())
    else:
        axis.set_major_locator(ticker.LogLocator(numticks=6))


def symlog_ticks(axis, largest, linear):
    """Powers of ten on both sides and zero, no more than have room."""
    decades = np.arange(np.ceil(np.log10(linear)) + 1, np.floor(np.log10(largest)) + 1)
    places = 10.0 ** decades[:: -1 if len(decades) < 4 else -2]
    axis.set_major_locator(ticker.FixedLocator([*-places, 0, *places]))
    axis.set_minor_locator(ticker.NullLocator())


def legend(figure, *axes):
    """One legend for the whole figure, below everything, with room made for it; each label once.

    Where the height is ours to choose, more than two lines of it make the figure higher: many models do not crush the panels.
    """
    found = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels()):
            found.setdefault(label, handle)
    if not found:
        return
    found = dict(sorted(found.items(), key=lambda item: item[0].startswith("not to be trusted")))  # the models first
    longest = max(len(label) for label in found)
    columns = max(1, min(len(found), int(figure.get_figwidth() / (0.45 + 0.062 * longest))))
    lines = -(-len(found) // columns)
    if getattr(figure, "may_grow", False):
        figure.set_figheight(figure.get_figheight() + 0.17 * max(0, lines - 2))
    room = (0.12 + 0.17 * lines) / figure.get_figheight()
    figure.get_layout_engine().set(rect=(0, room, 1, 1 - room))
    figure.legend(found.values(), found.keys(), loc="lower center", ncol=columns, frameon=False, borderaxespad=0.2, handlelength=3)


def note(ax, text):
    """A word in the middle of a panel that has nothing to draw."""
    ax.text(0.5, 0.5, "\n".join(wrap(text, 28)), ha="center", va="center", transform=ax.transAxes, color="0.35")


def points(count, steps=None):
    """Markers where the steps drawn are few enough to see them, and where some between them were not kept (`steps`: theirs)."""
    if count < 30:
        return {"marker": ".", "markersize": 4}
    return {"marker": ".", "markersize": 2.5} if steps is not None and count <= steps[-1] - steps[0] else {}


def save(figure, run, name, options):
    """Into DIR/figures (or the folder asked for), in every format; returns the files."""
    folder = options.folder or run.path("figures")
    os.makedirs(folder, exist_ok=True)
    paths = [os.path.join(folder, f"{name}.{kind}") for kind in options.formats]
    for path in paths:
        figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else {"CreationDate": None} if path.endswith(".pdf") else None)
        figure.set_layout_engine("none")  # the first one's layout is kept: to find it is half of the work
    return paths


def error_bars(ax, run, model, name, x, y):
    """Standard errors of a column of the tables, where it was measured."""
    error = run.standard_error(model, name)
    if error is not None and len(error) == len(y):
        ax.errorbar(x, y, yerr=error, fmt="none", ecolor=line(run, model)["color"], elinewidth=0.8, capsize=1.5)
