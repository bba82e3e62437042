#!/usr/bin/env python3
"""What limits.sh ran, as a page: limits.md with tables and figures of the densities of RMSprop and Adam and of what is put in their place.
limits.py FOLDER"""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "postprocess"))
sys.dont_write_bytecode = True

import matplotlib  # noqa: E402
import numpy as np  # noqa: E402
import sgdfp  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from sgdfp import style  # noqa: E402

NAMES = {"master": "the optimizer itself", "gaussian_closure": "Kramers-Moyal through the second coefficient", "diffusion_limit": "Malladi et al. 2022",
         "limit_with_gradient": "the same, s with g²"}
LOOKS = {"master": {"color": "0.55", "linewidth": 3}, "gaussian_closure": {"color": "#0072B2", "linestyle": "-."},
         "diffusion_limit": {"color": "#D55E00", "linestyle": "--"}, "limit_with_gradient": {"color": "#009E73", "linestyle": ":", "linewidth": 1.6}}


def table(run, last):
    """Mean and variance of a, mean and variance of s, W1 of the marginal of a to the optimizer's."""
    lines = ["| | mean of a | variance of a | mean of s | variance of s | W1 in a |", "|---|---|---|---|---|---|"]
    for model in run.models:
        m = run.moments[model]
        w1 = run.distances[model]["w1_1"][-1] if model in run.distances else 0
        lines.append(f"| {NAMES[model]} | {m['mean_1'][-1]:.4f} | {m['cov_11'][-1]:.4f} | {m[f'mean_{last}'][-1]:.4f} | "
                     f"{m[f'cov_{last}{last}'][-1]:.2g} | {w1:.2g} |")
    return "\n".join(lines)


def marginals(run, path):
    with matplotlib.rc_context(style.SETTINGS):
        figure = Figure(figsize=(style.WIDTHS["two"], 2.8), layout="constrained")
        for ax, axis, label in zip(figure.subplots(1, 2), (0, run.dim - 1), ("a", "s, the mean square of the gradient")):
            for model in run.models:
                ax.plot(run.centres[axis], run.marginal(model, -1, axis), label=NAMES[model], **LOOKS[model])
            ax.set(xlabel=label, ylabel="density")
            top = max(run.marginal(model, -1, axis).max() for model in ("master", "gaussian_closure"))
            ax.set_ylim(0, (1.3 if axis == 0 else 1.6) * top)
        for ax, axis, low in ((figure.axes[0], 1, -4.5), (figure.axes[1], run.dim, -3)):
            mean, deviation = run.moments["master"][f"mean_{axis}"][-1], run.moments["master"][f"cov_{axis}{axis}"][-1] ** 0.5
            ax.set_xlim(mean + low * deviation, mean + 4.5 * deviation)
        style.legend(figure, figure.axes[0])
        figure.savefig(path)


def where(run, last):
    """Where they part, in numbers."""
    own, limit = run.moments["master"], run.moments["diffusion_limit"]
    deviation = {m: math.sqrt(run.moments[m][f"cov_{last}{last}"][-1]) / run.moments[m][f"mean_{last}"][-1] for m in ("master", "diffusion_limit")}
    off = abs(limit["mean_1"][-1] - own["mean_1"][-1]) / math.sqrt(own["cov_11"][-1])
    return (f"The mean square s scatters by {deviation['master']:.2f} of itself, in the diffusion of Malladi et al. by {deviation['diffusion_limit']:.3f}: its density "
            f"falls onto a line, which the grid holds only roughly (negative mass {max(limit['negative_mass']):.1g}). The mean of a is off by {off:.2f} standard "
            f"deviations, its variance by {100 * (limit['cov_11'][-1] / own['cov_11'][-1] - 1):+.0f} %; Kramers-Moyal's by "
            f"{100 * (run.moments['gaussian_closure']['cov_11'][-1] / own['cov_11'][-1] - 1):+.0f} %.")


def planes(run, path):
    """The densities of (a, s) that both marginals hide: levels of the optimizer's own as lines over each."""
    with matplotlib.rc_context(style.SETTINGS):
        figure = Figure(figsize=(style.WIDTHS["two"], 2.5), layout="constrained")
        first = None
        for ax, model in zip(figure.subplots(1, 3, sharex=True, sharey=True), ("master", "gaussian_closure", "diffusion_limit")):
            density = np.asarray(run.density(model, -1)).sum(axis=1) * (run.centres[1][1] - run.centres[1][0])
            first = density if first is None else first
            ax.grid(False)
            ax.pcolormesh(run.centres[0], run.centres[-1], np.clip(density, 0, 1.2 * first.max()), cmap="Blues", shading="gouraud", rasterized=True)
            ax.contour(run.centres[0], run.centres[-1], first, levels=first.max() * np.array([0.02, 0.1, 0.3, 0.6, 0.9]), colors="0.3", linewidths=0.6)
            ax.set(xlabel="a", title=NAMES[model] if model != "gaussian_closure" else "Kramers-Moyal, second")
        mean, deviation = run.moments["master"]["mean_1"][-1], run.moments["master"]["cov_11"][-1] ** 0.5
        figure.axes[0].set(ylabel="s", xlim=(mean - 3.5 * deviation, mean + 3.5 * deviation), ylim=(0, 3.2))
        figure.savefig(path)


def parting(sweep, path):
    """Variance of a over the optimizer's, against the learning rate."""
    eta, lines = sweep.values("sgd.learning_rate"), ["| eta | " + " | ".join(NAMES[m] for m in list(NAMES)[1:]) + " |", "|---|---|---|---|"]
    ratio = {m: sweep[f"{m}.cov_11"] / sweep["master.cov_11"] for m in list(NAMES)[1:]}
    for i, value in enumerate(eta):
        lines.append(f"| {value:g} | " + " | ".join(f"{ratio[m][i]:.4f}" for m in ratio) + " |")
    with matplotlib.rc_context(style.SETTINGS):
        figure = Figure(figsize=(style.WIDTHS["two"], 2.8), layout="constrained")
        ax, other = figure.subplots(1, 2)
        for (model, values), marker in zip(ratio.items(), "os^"):
            ax.semilogx(eta, values, marker=marker, markersize=3.5, label=NAMES[model], **LOOKS[model])
            other.loglog(eta, sweep[f"{model}.distance.w1_1"] / np.sqrt(sweep["master.cov_11"]), marker=marker, markersize=3.5, **LOOKS[model])
        ax.axhline(1, color="0.5", linewidth=0.8)
        ax.set(xlabel="learning rate η", ylabel="variance over RMSprop's")
        other.set(xlabel="learning rate η", ylabel="W1 over RMSprop's deviation")
        for each in (ax, other):
            each.set_xticks(eta, [f"{value:g}" for value in eta])
            each.set_xticks([], minor=True)
        style.legend(figure, ax)
        figure.savefig(path)
    return "\n".join(lines)


def main(out):
    with open(os.path.join(out, "limits.md"), "w") as page:
        page.write("# Adam's density, and the diffusions in its place\n\ng = a, noise of variance 1. Equations: operators/THEORY.md (91) to (95).\n")
        for name, title in (("adam_0.5", "Adam, eta 0.5, beta 0.8 and 0.9, 24 steps"), ("adam_0.1", "Adam, eta 0.1, 24 steps")):
            run = sgdfp.open(os.path.join(out, name))
            marginals(run, os.path.join(out, f"{name}.png"))
            planes(run, os.path.join(out, f"{name}_plane.png"))
            page.write(f"\n## {title}\n\n{table(run, 3)}\n\n{where(run, 3)}\n\n![{title}]({name}.png)\n\nIn the plane of a and s, lines: the optimizer's own levels.\n\n"
                       f"![{title}, plane]({name}_plane.png)\n")
        lines = parting(sgdfp.sweep(os.path.join(out, "rmsprop")), os.path.join(out, "rmsprop.png"))
        page.write(f"\n## RMSprop, beta 0.95, 40 steps from a = 1: variance of a over the optimizer's\n\n{lines}\n\n![RMSprop](rmsprop.png)\n")
    print(os.path.join(out, "limits.md"))


if __name__ == "__main__":
    main(*sys.argv[1:])
