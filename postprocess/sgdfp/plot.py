"""Draw the figures of a run from the files in its folder: `run`, `stationary`, `spectrum`, `modes` and `sample`.

    postprocess/python.sh postprocess/plot.py DIR --steps 1,10,100 --size one --format pdf

or in Python, as matplotlib figures:

    sgdfp.plot.figures(run)                                 {name: Figure}, all that the files allow
    sgdfp.plot.variance(run, sgdfp.plot.Options(models=["master", "langevin"], size=(3.4, 2.5)))["variance"]
"""
import argparse
import os
import sys

import matplotlib

from sgdfp import plot_density, plot_modes, plot_stationary, plot_sweep, plot_tables, plot_trust, reader, style
from sgdfp.style import Nothing, Options

density, marginals = plot_density.density, plot_density.marginals
variance, distances, spectrum = plot_tables.variance, plot_tables.distances, plot_tables.spectrum
modes, agreement = plot_modes.modes, plot_modes.agreement
resolution, errors = plot_trust.resolution, plot_trust.errors
stationary = plot_stationary.stationary

DRAWN = {
    "density": density, "marginals": marginals, "variance": variance, "distances": distances, "spectrum": spectrum, "modes": modes,
    "agreement": agreement, "stationary": stationary, "resolution": resolution, "errors": errors,
}
FORMATS = ("pdf", "svg", "png")


def figures(run, options=None, say=lambda line: None):
    """All figures that the files allow, {name: Figure}; `say` hears what is left out and why."""
    options, done = options or Options(), {}
    with matplotlib.rc_context(style.SETTINGS):
        for name, draw in DRAWN.items():
            if options.names and name not in options.names:
                continue
            try:
                done.update(draw(run, options))
            except Nothing as why:
                say(f"  {name}: left out, {why}")
    return done


def save_all(run, options=None, say=lambda line: None):
    """Draw and save; the files by figure."""
    options = options or Options()
    with matplotlib.rc_context(style.SETTINGS):
        return {name: style.save(figure, run, name, options) for name, figure in figures(run, options, say).items()}


def in_box(text, run, axis, low, high):
    """Some of what is asked for must be there to be shown; a run without densities has no box to compare with."""
    if not low < high:
        sys.exit(f"plot.py: --range {text}: {low:g} is not below {high:g}")
    if run.file is None:
        return
    if not 0 <= axis < run.dim:
        sys.exit(f"plot.py: --range {text}: the run has the axes {', '.join(f'a{a + 1}' for a in range(run.dim))}")
    first, last = run.centres[axis][0], run.centres[axis][-1]
    if high < first or low > last:
        sys.exit(f"plot.py: --range {text}: the box reaches from {first:g} to {last:g} there")


def ranges(texts, run):
    found = {}
    for text in texts or []:
        axis, _, ends = text.partition("=")
        low, _, high = ends.partition(":")
        try:
            axis, low, high = int(axis.lstrip("a")) - 1, float(low), float(high)
        except ValueError:
            sys.exit(f"plot.py: --range {text}: expected AXIS=LOW:HIGH, for example a1=-0.5:0.5")
        in_box(text, run, axis, low, high)
        found[axis] = (low, high)
    return found


def size(text):
    if text in style.WIDTHS:
        return (style.WIDTHS[text], None)
    try:
        width, _, height = text.partition("x")
        return (float(width), float(height) if height else None)
    except ValueError:
        sys.exit(f"plot.py: --size {text}: expected one, two, or inches such as 5 or 5x3")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="plot.py", description="Draw the figures of a run into DIR/figures.")
    parser.add_argument("folder", metavar="DIR", help="the folder that sgdfp wrote (-o DIR)")
    parser.add_argument("--figures", metavar="NAMES", help="only these: " + ", ".join(DRAWN) + "; of a sweep, quantities such as cov_11")
    parser.add_argument("--steps", metavar="N,N", help="densities at these steps (default: first, middle, last)")
    parser.add_argument("--range", metavar="a1=LOW:HIGH", action="append", help="what of an axis is shown; may be repeated")
    parser.add_argument("--models", metavar="A,B", help="only these models")
    parser.add_argument("--size", default="two", help="one or two columns of a journal, or inches: 5 or 5x3 (default: two)")
    parser.add_argument("--format", default="png,svg", help="pdf, svg, png, several with commas (default: png,svg)")
    parser.add_argument("--log", action="store_true", help="densities on a log scale")
    parser.add_argument("--no-titles", action="store_true", help="no titles: a paper has captions")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="instead of DIR/figures")
    return parser.parse_args(arguments)


def listed(text, known, what):
    names = [name for name in (text or "").split(",") if name]
    for name in names:
        if name not in known:
            sys.exit(f"plot.py: no {what} '{name}'; there are: {', '.join(map(str, known))}")
    return names or None


def from_arguments(chosen, run):
    if chosen.steps and run.file is None:
        sys.exit("plot.py: --steps: the run left no density.h5")
    known = [str(n) for n in run.steps] if chosen.steps else []
    steps = listed(chosen.steps, known, "output step")
    return Options(steps=steps and [int(n) for n in steps], range=ranges(chosen.range, run), size=size(chosen.size),
                   models=listed(chosen.models, run.models or list((run.stationary or {}).get("models", [])), "model"),
                   log=chosen.log, titles=not chosen.no_titles,
                   formats=tuple(listed(chosen.format, FORMATS, "format")),
                   names=listed(chosen.figures, list(DRAWN), "figure"), folder=chosen.output)


def draw_sweep(chosen):
    """What the options of a run mean for a sweep: --figures are quantities; steps and ranges there are none."""
    for name in ("steps", "range", "log"):
        if getattr(chosen, name):
            sys.exit(f"plot.py: --{name}: a sweep's figures have none; plot one of its runs: {chosen.folder}/runs")
    options = Options(size=size(chosen.size), models=listed(chosen.models, plot_sweep.Sweep(chosen.folder).models, "model"),
                      formats=tuple(listed(chosen.format, FORMATS, "format")), folder=chosen.output)
    plot_sweep.draw(chosen.folder, [name for name in (chosen.figures or "").split(",") if name], options)
    return 0


def main(arguments=None):
    chosen = parse(arguments)
    try:
        if os.path.exists(os.path.join(chosen.folder, "sweep.json")):
            return draw_sweep(chosen)
        run = reader.Run(chosen.folder)
        done = save_all(run, from_arguments(chosen, run), print)
    except reader.RunError as error:
        sys.exit(f"plot.py: {error}")
    for paths in done.values():
        print("\n".join(f"  {path}" for path in paths))
    if not done:
        sys.exit(f"plot.py: nothing to draw in {chosen.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
