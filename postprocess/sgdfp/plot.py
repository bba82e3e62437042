"""Draw the figures of a run from the files in its folder, as PNG and SVG into DIR/figures.

    postprocess/python.sh postprocess/plot.py DIR
"""
import sys

from sgdfp import plot_density, plot_modes, plot_tables, plot_trust, reader, style


def figures(run):
    """Draw all that the files allow; returns the PNG files."""
    style.use()
    done = []
    if run.file is None:
        plot_tables.skipped("densities and marginals", "no density.h5")
    elif not len(run.steps):
        plot_tables.skipped("densities and marginals", "density.h5 holds no time step yet")
    else:
        done += plot_density.density(run) + plot_density.marginals(run)
    for draw in (plot_tables.variance, plot_tables.distances, plot_tables.spectrum, plot_modes.modes, plot_trust.resolution, plot_trust.errors):
        done += draw(run)
    return done


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    try:
        done = figures(reader.Run(sys.argv[1]))
    except reader.RunError as error:
        sys.exit(f"plot.py: {error}")
    for path in done:
        print(f"  {path}")
    if not done:
        sys.exit(f"plot.py: nothing to draw in {sys.argv[1]}")


if __name__ == "__main__":
    main()
