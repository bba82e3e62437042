"""What all figures share: colours that colour-blind readers can tell apart (Okabe and Ito), labels, saving."""
import os

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)
from matplotlib import ticker  # noqa: E402

COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (3, 1)), (0, (6, 2)))
REGIMES = {"confined": ("#0072B2", "o"), "diffusive": ("#E69F00", "s"), "unstable": ("#D55E00", "^")}
SETTINGS = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.labelsize": 10,
    "legend.fontsize": 9,
    "figure.titlesize": 12,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "svg.fonttype": "none",
    "savefig.dpi": 130,
}


def use():
    plt.rcParams.update(SETTINGS)


def words(model):
    return model.replace("_", " ")


def line(run, model):
    """Colour and dashes of a model, the same in every figure; the reference is a broad grey-black line below."""
    i = run.models.index(model)
    first = model == run.reference
    return {
        "color": COLOURS[i % len(COLOURS)],
        "linestyle": DASHES[i % len(DASHES)],
        "linewidth": 2.6 if first else 1.6,
        "alpha": 0.55 if first else 1.0,
        "label": f"{words(model)} (reference)" if first else words(model),
    }


def axis_label(run, axis, short=False):
    """Coordinate of a slice axis, in units of the parameters."""
    label = f"$a_{axis + 1}$"
    name, eigenvalue = run.axis_name(axis), run.axis_lambda(axis)
    if not short and name:
        label += f", {name}"
    if not short and eigenvalue is not None:
        label += f", λ = {eigenvalue:.3g}"
    return label + " [parameter units]"


def density_unit(dim):
    return "[1/parameter unit" + ("²" if dim == 2 else "³" if dim == 3 else "") + "]"


def title(figure, run, text):
    figure.suptitle(f"{text}\n{run.label()}" if run.label() else text)


def log_ticks(axis):
    """On a log axis of less than two decades, label 1, 2 and 5 as well as the powers of ten."""
    low, high = axis.get_view_interval()
    if axis.get_scale() == "log" and 0 < low < high < 100 * low:
        axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:.3g}"))
        axis.set_minor_formatter(ticker.NullFormatter())


def bottom_legend(figure, axes):
    """One legend for the whole figure, below everything, with room made for it."""
    handles, labels = axes.get_legend_handles_labels()
    columns = max(2, int(figure.get_figwidth() / 2.6))
    if not handles:
        return
    room = (0.1 + 0.24 * -(-len(handles) // columns)) / figure.get_figheight()
    figure.get_layout_engine().set(rect=(0, room, 1, 1 - room))
    figure.legend(handles, labels, loc="lower center", ncol=columns, frameon=False, borderaxespad=0.2)


def legend_below(axes):
    """The legend of one panel, below it, where it hides nothing."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncol=3, frameon=False)


def save(figure, run, name):
    """PNG and SVG into DIR/figures; returns the PNG's path."""
    folder = run.path("figures")
    os.makedirs(folder, exist_ok=True)
    for kind in ("png", "svg"):
        figure.savefig(os.path.join(folder, f"{name}.{kind}"))
    plt.close(figure)
    return os.path.join(folder, name + ".png")
