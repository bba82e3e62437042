"""A small animated GIF of the densities through the output steps, for the report."""
import io

import matplotlib
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from sgdfp import style
from sgdfp.plot_density import VISIBLE, visible

FRAMES, MILLISECONDS, DPI, MODELS = 40, 150, 75, 4


def moments_shown(run):
    """Indices of the output steps of the frames."""
    return np.unique(np.linspace(0, len(run.steps) - 1, min(FRAMES, len(run.steps))).astype(int))


def line_frame(run, models, t, ends, top):
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    ax = figure.subplots()
    for m in models:
        ax.plot(run.centres[0], run.density(m, t), **style.line(run, m))
    ax.set(xlim=ends[0], ylim=(-0.03 * top, 1.05 * top), xlabel="$a_1$ [parameter units]", ylabel="density", title=f"step {run.steps[t]}")
    style.legend(figure, ax)
    return figure


def plane_frame(run, models, t, ends, top):
    figure = Figure(figsize=(1.9 * len(models) + 0.6, 2.3), layout="constrained")
    axes = figure.subplots(1, len(models), squeeze=False, sharey=True)[0]
    for ax, m in zip(axes, models):
        values = np.nan_to_num(run.projection(m, t, (0, 1)))
        ax.grid(False)
        ax.pcolormesh(run.centres[0], run.centres[1], values, shading="gouraud", cmap=style.DENSITY, norm=Normalize(0, values.max() or 1.0))
        ax.set(xlim=ends[0], ylim=ends[1], title=style.words(m), xlabel="$a_1$")
        ax.locator_params(nbins=3)
    axes[0].set_ylabel("$a_2$")
    figure.suptitle(f"step {run.steps[t]}, each panel with its own scale")
    return figure


def picture(figure):
    from PIL import Image

    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI)
    stream.seek(0)
    return Image.open(stream).convert("RGB").quantize(64)


def gif(run):
    """The bytes of the GIF, or None where there are no two steps or no PIL."""
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        return None
    if run.file is None or len(run.steps) < 2:
        return None
    at, models = moments_shown(run), run.densities()[:MODELS]
    axes = range(min(run.dim, 2))
    shown = [run.marginal(m, t, a) for a in axes for m in models for t in at]
    ends = [visible(run.centres[a], shown[a * len(models) * len(at): (a + 1) * len(models) * len(at)], VISIBLE) for a in axes]
    later = [run.density(m, t).max() for m in models for t in at[1:]] if run.dim == 1 else [1.0]
    top = max(v for v in later if np.isfinite(v))
    with matplotlib.rc_context(style.SETTINGS):
        frames = [picture((line_frame if run.dim == 1 else plane_frame)(run, models, t, ends, top)) for t in at]
    stream = io.BytesIO()
    frames[0].save(stream, format="GIF", save_all=True, append_images=frames[1:], duration=MILLISECONDS, loop=0, optimize=True)
    return stream.getvalue()
