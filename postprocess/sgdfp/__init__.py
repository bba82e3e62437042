"""What sgdfp leaves in a folder, as arrays, tables and figures; and landscapes of one's own for it.

    import sgdfp
    run = sgdfp.open("out/rough")
    p = run["master"]                                  density [step, (a3, a2,) a1] with its coordinates

    run.models, run.moments["master"]["cov_11"]        names; the tables by model (reader.py)
    run.field("loss"), run.field("g_1")                the landscape on the slice
    run.stationary, run.stationary_density("master")   of the command `stationary`
    run.modes                                          of the commands `modes` and `sample`
    sgdfp.plot.figures(run)                            {name: matplotlib figure}
    s = sgdfp.sweep("out/sweep"); s["master.cov_11"]   of the command `sweep`: arrays over the keys that were varied
    sgdfp.write_landscape("mine.h5", nodes, loss, gradient, covariance)     for `family: tabulated`
    sgdfp.convert_landscape("mine.npz", "mine.h5")     the same from arrays that numpy saved
"""
from sgdfp.arrays import Array
from sgdfp.landscape import chebyshev_nodes, convert_landscape, write_landscape
from sgdfp.reader import Run, RunError
from sgdfp.sweep import Sweep, sweep

__version__ = "0.1.0"
__all__ = ["Array", "Run", "RunError", "Sweep", "chebyshev_nodes", "convert_landscape", "open", "plot", "report", "sweep", "write_landscape"]


def open(folder):  # noqa: A001  (sgdfp.open reads well)
    """The run in `folder`, as sgdfp left it (-o DIR); RunError with a readable message where it cannot be read."""
    return Run(folder)


def __getattr__(name):
    """Figures and reports when asked for: the tables alone need no matplotlib."""
    import importlib

    if name in ("plot", "report"):
        return importlib.import_module(f"sgdfp.{name}")
    raise AttributeError(f"module 'sgdfp' has no attribute {name!r}")
