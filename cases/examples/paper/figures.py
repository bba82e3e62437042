"""The figures of paper.md, drawn from the folders that paper.sh filled."""
import os

import closed_forms as exact
import numpy as np
import sgdfp
from sgdfp import style


def densities(ax, run, models):
    x = run.centres[0]
    for model in models:
        ax.plot(x, run.density(model, -1), **style.line(run, model))


def exp17(out, figure):
    ax, other = figure.subplots(1, 2)
    for model, key in (("master", "sgd"), ("discrete_fokker_planck", "sgd"), ("langevin", "langevin"), ("log_matched_2", "log_matched_2")):
        runs = [sgdfp.open(os.path.join(out, f"exp17_{mode}")) for mode in range(1, 11)]
        ratio = [float(r.moments[model]["cov_11"][-1]) / float(r.moments["master"]["cov_11"][-1]) for r in runs]
        ax.plot(0.15 * exact.EXP17[::-1], ratio, marker=".", **style.line(runs[0], model))
    ax.set(xlabel="η λ", ylabel="variance over SGD's", title="Variance of every mode")
    densities(other, runs[0], ("master", "discrete_fokker_planck", "langevin", "log_matched_2"))
    other.set(xlim=(-0.4, 0.4), xlabel="a", ylabel="density", title="Sharpest mode, η λ = 0.45")
    style.legend(figure, ax)


DRAWN = {"17, 21": ("exp17", exp17)}


def draw(out):
    """{claim's number: file}; every figure that can be drawn."""
    import matplotlib

    os.makedirs(os.path.join(out, "figures"), exist_ok=True)
    drawn = {}
    for number, (name, make) in DRAWN.items():
        with matplotlib.rc_context(style.SETTINGS):
            figure = matplotlib.figure.Figure(figsize=(style.WIDTHS["two"], 3.0), layout="constrained")
            make(out, figure)
            figure.savefig(os.path.join(out, "figures", f"{name}.png"))
        drawn[number] = f"{name}.png"
    return drawn
