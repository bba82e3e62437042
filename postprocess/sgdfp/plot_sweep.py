"""Figures of a sweep: lines over one varied key with fitted exponents, maps over two.

    postprocess/python.sh postprocess/plot.py DIR [--figures QUANTITY,QUANTITY] [--size one --format pdf ..]

A quantity is a column of sweep.csv without its model: of a sweep of runs cov_11 and distance.l1, of the command
stationary escape_rate and relaxation_steps where nothing else is asked for."""
import matplotlib
import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from sgdfp import style
from sgdfp.reader import RunError
from sgdfp.sweep import Sweep, number

DEFAULT = ("cov_11", "distance.l1", "escape_rate", "relaxation_steps")


def _models(s, quantity, options=style.Options()):
    return [model for model in s.models if f"{model}.{quantity}" in s.columns and model in (options.models or s.models)]


def _look(s, model):
    colour, dashes = style.look(s, model)
    return {"color": colour, "linestyle": dashes}


def _ratio(values):
    """Positive numbers that span more than a factor of three are drawn by their logarithm."""
    good = values[np.isfinite(values)]
    return len(good) > 0 and (good > 0).all() and good.max() > 3 * good.min()


def _axis(axes, which, values, label):
    getattr(axes, f"set_{which}label")(label)
    if _ratio(values):
        getattr(axes, f"set_{which}scale")("log")
        style.log_ticks(getattr(axes, f"{which}axis"), np.nanmin(values), np.nanmax(values))


def _values_as_ticks(axes, which, values, names):
    """Where they are few, or no numbers (lists, words), the ticks are the values themselves."""
    words = [name for name in names if not np.isfinite(number(name))]
    if len(values) <= 8 or words:
        getattr(axes, f"set_{which}ticks")(values, names if words else [f"{value:.3g}" for value in values])
        getattr(axes, f"set_{which}ticks")([], minor=True)


ROOM = 0.08  # of the axis' height that a line's name takes


def _texts(values):
    """One-dimensional, whatever the values are (a list among them is one value)."""
    texts = np.empty(len(values), dtype=object)
    texts[:] = [str(value) for value in values]
    return texts


def _heaps(height, every):
    """Lines by height, those together that are too near for a name each; what is not finite is left out."""
    groups, last = [], None
    span = np.ptp(every[np.isfinite(every)]) or 1.0
    for j in sorted(np.flatnonzero(np.isfinite(height)), key=lambda j: height[j]):
        if last is None or height[j] - last > ROOM * span:
            groups.append([])
            last = height[j]
        groups[-1].append(j)
    return [sorted(group) for group in groups]


def _name_lines(axes, s, key, x, y, letters):
    """The other keys' values beyond the right end of their line, where nothing lies below them."""
    others = [k for k, values in s.keys.items() if k != key and len(values) > 1]
    if not others:
        return
    grid = np.meshgrid(*(_texts(s.keys[k]) for k in others), indexing="ij")
    ends_at = np.where(np.isfinite(y).any(axis=1), x, -np.inf)
    i = int(np.argmax(ends_at))
    for group in _heaps(np.log(y[i]) if _ratio(y) else y[i], np.log(y) if _ratio(y) else y):
        ends = [", ".join(f"{_words(k)} = {values.ravel()[j]}" for k, values in zip(others, grid)) for j in (group[0], group[-1])]
        name = ends[0] if len(group) == 1 else f"{len(group)} lines, {ends[0]} to {ends[1].split(' = ')[1] if len(others) == 1 else ends[1]}"
        name = "\n".join(style.wrap(name.replace(" = ", "\xa0=\xa0"), letters))
        axes.annotate(name, (1, y[i, group[0]]), xycoords=axes.get_yaxis_transform(), xytext=(4, 0), textcoords="offset points", va="center",
                      annotation_clip=False)


def _mark_untrusted(axes, x, y, trusted):
    if (~trusted & np.isfinite(y)).any():
        bad = ~trusted & np.isfinite(y)
        axes.plot(x[bad], y[bad], "x", color="#D55E00", markersize=8, label=DOUBTFUL, zorder=5)


DOUBTFUL = "not to be trusted (message in sweep.csv)"
CURVED = 0.1  # off a power law by so much, in logarithms: a fitted exponent would say nothing


def _exponent(s, column, key):
    """", exponent 1.50 ± 0.02", to the digits that the error leaves; or between what slopes it lies where it is no power law."""
    slope, error = s.exponent(column, key)
    if not np.isfinite(slope):
        return ""
    local, off = s.slopes(column, key)
    if off > CURVED:
        known = local[np.isfinite(local).any(axis=1)]
        ends = np.nanmean(known[0]), np.nanmean(known[-1])
        return f", no power law (slope {ends[0]:.2g} to {ends[1]:.2g})"
    digits = int(np.clip(1 - np.floor(np.log10(error)), 0, 3)) if np.isfinite(error) and error > 0 else 3
    return f", exponent {slope:.{digits}f}" + (f" ± {error:.{digits}f}" if np.isfinite(error) else "")


WORDS = {"sgd.learning_rate": "learning rate η", "sgd.batch_size": "batch size B", "sgd.momentum": "momentum β",
         "sgd.steps": "steps n", "escape_rate": "escape rate [1/τ]", "relaxation_steps": "relaxation time [steps]",
         "leak_per_step": "leak [1/step]", "distance.l1": "L1 distance to the reference", "entropy": "entropy [nats]"}


def _words(name):
    """A key or a quantity as a figure names it."""
    if name.startswith("cov_") and name[4:5] == name[5:6]:
        return f"variance of $a_{name[4]}$ [parameter units²]"
    if name.startswith("mean_"):
        return f"mean of $a_{name[5:]}$ [parameter units]"
    return WORDS.get(name, name.replace("_", " "))


def lines(s, quantity, key, options):
    """A quantity of every model against one key; of the other keys, each combination is a thin line of its own."""
    width, height = options.size
    figure = Figure(figsize=(width, height or (0.9 if options.narrow() else 0.65) * width), layout="constrained")
    axes = figure.subplots()
    axis, x = list(s.keys).index(key), s.values(key)
    every = []
    models = _models(s, quantity, options)
    for model in models:
        column = f"{model}.{quantity}"
        y = np.moveaxis(s[column], axis, 0).reshape(len(x), -1)
        trusted = np.moveaxis(s.trusts(model), axis, 0).reshape(len(x), -1)
        label = style.words(model) + (_exponent(s, column, key) if _ratio(x) else "")
        for j in range(y.shape[1]):
            axes.plot(x, y[:, j], marker="o", markersize=3.5, label=label if j == 0 else None, **_look(s, model))
            _mark_untrusted(axes, x, y[:, j], trusted[:, j])
        if model == models[0]:
            _name_lines(axes, s, key, x, y, 11 if options.narrow() else 22)
        every.append(y.ravel())
    _axis(axes, "x", x, _words(key))
    _values_as_ticks(axes, "x", x, s.keys[key])
    _axis(axes, "y", np.concatenate(every), _words(quantity).replace(" [", "\n["))
    style.legend(figure, axes)
    return figure


def _edges(values):
    """Cell borders halfway between the values, or halfway in ratio."""
    if len(values) == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    v = np.log(values) if _ratio(values) else values
    middle = (v[1:] + v[:-1]) / 2
    edges = np.concatenate([[2 * v[0] - middle[0]], middle, [2 * v[-1] - middle[-1]]])
    return np.exp(edges) if _ratio(values) else edges


def maps(s, quantity, keys, options):
    """A quantity over two keys, a panel a model with one colour scale; a cross where a run is not to be trusted."""
    models = _models(s, quantity, options)
    columns = options.across(3, len(models))
    rows = -(-len(models) // columns)
    width, height = options.size
    figure = Figure(figsize=(width, height or 0.85 * rows * width / max(2, columns) + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    orders = [np.argsort(s.values(key)) for key in keys]
    x, y = (s.values(key)[order] for key, order in zip(keys, orders))
    pick = lambda array: np.moveaxis(array, [list(s.keys).index(k) for k in keys], [0, 1]).reshape(len(x), len(y), -1)[:, :, 0]  # noqa: E731
    values = {model: pick(s[f"{model}.{quantity}"])[np.ix_(*orders)] for model in models}
    every = np.concatenate([v[np.isfinite(v)] for v in values.values()] or [np.zeros(0)])
    if not len(every):
        raise RunError(f"{s.folder}/sweep.csv: no run has a number for {quantity}")
    norm = LogNorm(every.min(), every.max()) if _ratio(every) else Normalize(every.min(), every.max())
    for panel, model in zip(axes.flat, models):
        panel.grid(False)
        drawn = panel.pcolormesh(_edges(x), _edges(y), values[model].T, norm=norm, cmap="viridis")
        bad = np.argwhere(~pick(s.trusts(model))[np.ix_(*orders)])
        if len(bad):
            panel.plot(x[bad[:, 0]], y[bad[:, 1]], "x", color="#D55E00", markersize=6, label=DOUBTFUL)
        panel.set_title(style.words(model))
        _axis(panel, "x", x, _words(keys[0]))
        _axis(panel, "y", y, _words(keys[1]))
        _values_as_ticks(panel, "x", x, [s.keys[keys[0]][i] for i in orders[0]])
        _values_as_ticks(panel, "y", y, [s.keys[keys[1]][i] for i in orders[1]])
    for panel in axes.flat[len(models):]:
        panel.set_visible(False)
    figure.colorbar(drawn, ax=axes, label=_words(quantity))
    style.legend(figure, *axes.flat)
    return figure


@matplotlib.rc_context(style.SETTINGS)
def figures(s, quantities=None, options=style.Options()):
    """{name: figure}: lines over every numeric key of more than two values, maps over each pair of keys that varies."""
    made = {}
    keys = [key for key, values in s.keys.items() if len(values) > 1]
    for quantity in quantities or [q for q in DEFAULT if _models(s, q, options)]:
        if not _models(s, quantity, options):
            raise RunError(f"{s.folder}/sweep.csv: no model has a column {quantity}; there are: {', '.join(_quantities(s))}")
        for key in keys:
            if len(s.keys[key]) > 2 or len(keys) == 1:
                made[f"sweep_{quantity}_{key}"] = lines(s, quantity, key, options)
        if len(keys) == 2:
            made[f"sweep_{quantity}_map"] = maps(s, quantity, keys, options)
    return made


def _quantities(s):
    """The columns without their models, those that are numbers."""
    every = dict.fromkeys(c.split(".", 1)[1] for c in s.columns if c.split(".")[0] in s.models and np.isfinite(s[c]).any())
    return list(every)


@matplotlib.rc_context(style.SETTINGS)
def draw(folder, quantities, options):
    """Draw and save all figures of the sweep in `folder`, say their files; RunError where there is nothing."""
    s = Sweep(folder)
    made = figures(s, quantities, options)
    if not made:
        raise RunError(f"nothing to draw in {folder}: no key has two values, or no run has a number")
    for name, figure in made.items():
        print("\n".join(f"  {path}" for path in style.save(figure, s, name, options)))
