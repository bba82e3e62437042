"""The figures of paper.md, drawn from the folders that paper.sh filled."""
import os

import closed_forms as exact
import numpy as np
import rows
import rows_heldout as heldout
import rows_networks as networks
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


def exp27(out, figure):
    """The phase diagram: tail exponent of SGD's stationary density over the map, with both bounds of a finite variance."""
    ax, other = figure.subplots(1, 2)
    eta, gamma = np.linspace(0.15, 0.85, 57), np.linspace(0.3, 8.2, 80)
    alpha = np.array([[min(exact.tail(e, 1, g, 401, 20), 8) for e in eta] for g in gamma])
    picture = ax.pcolormesh(eta, gamma, alpha, cmap="viridis", shading="gouraud", rasterized=True)
    figure.colorbar(picture, ax=ax, label="tail exponent of SGD (8: and more)")
    for bound, name, colour in ((2 - eta, "SGD", "#E69F00"), (2 + 0 * eta, "Langevin", "#D55E00")):
        ax.plot(eta, bound / eta, color=colour, label=f"variance infinite above: {name}")
    ax.set(xlabel="η", ylabel="Γ", ylim=(0.3, 8.2), title="Stationary tail, λ = 1")
    ax.grid(False)
    run = sgdfp.open(os.path.join(out, "exp27_tail"))
    x = run.stationary_density("master")
    for model in ("master", "langevin"):
        density = np.asarray(run.stationary_density(model))
        other.loglog(*_half(np.asarray(x["a1"]), density), **style.line(run, model))
    slope, doubt = rows.tail_of(run, "master")
    far = np.array([3.0, 12.0])
    other.loglog(far, 3 * rows.density_at(run, "master", 3.0) * (far / 3.0) ** slope, ":", color="0.5", label=f"abs(a)^({slope:.3f} ± {doubt:.3f})")
    other.set(xlabel="abs(a)", ylabel="density", xlim=(0.1, 40), ylim=(1e-8, 3), title="η = 0.6, Γ = 2.4: infinite variance")
    style.legend(figure, ax, other)


def _half(x, density):
    return x[x > 0], np.maximum(density[x > 0], 1e-300)


def exp29(out, figure):
    ax, other = figure.subplots(1, 2)
    run = sgdfp.open(os.path.join(out, "exp29"))
    steps = run.moments["master"]["step"]
    ax.plot(steps, run.moments["master"]["cov_11"], color="k", marker="o", markersize=3, label="density")
    for index, look in ((0, "-"), (1, "--")):
        ax.plot(steps, [exact.flat_drift(int(n))[index] for n in steps], look, color="#D55E00", label=("recursion", "the paper's sum")[index])
    ax.axhline(8.14442429694302, color="0.5", linestyle=":", label="published, 50,000 runs")
    ax.set(xlabel="step", ylabel="variance", title="Spread made by drift")
    other.semilogy(run.centres[0], np.maximum(run.density("master", -1), 1e-300), color="k")
    other.set(xlim=(-45, 5), ylim=(1e-9, 1), xlabel="w", ylabel="density", title="Step 900: the tail that samples miss")
    style.legend(figure, ax)


def exp40(out, figure):
    ax, other = figure.subplots(1, 2)
    sweep, eta = sgdfp.sweep(os.path.join(out, "exp40")), np.array([0.015, 0.03, 0.06, 0.1])
    for model, colour, marker in (("langevin", "#0072B2", "o"), ("log_matched_2", "#009E73", "s")):
        ax.loglog(eta, sweep[f"{model}.distance.mean_error"], color=colour, marker=marker, label=style.words(model))
        other.loglog(eta, sweep[f"{model}.distance.l1"], color=colour, marker=marker, label=style.words(model))
        other.loglog(eta, sweep[f"{model}.error_estimate.l1"], ":", color=colour, label=f"{style.words(model)}: estimated error of the grid")
    ax.set(xlabel="η", ylabel="error of the mean", title="One step")
    other.set(xlabel="η", ylabel="L1 distance of densities", title="One step")
    for each in (ax, other):
        style.log_ticks(each.xaxis, 0.015, 0.1)
    style.legend(figure, other)


def exp44(out, figure):
    ax, other = figure.subplots(1, 2)
    run = sgdfp.open(os.path.join(out, "exp44"))
    densities(ax, run, run.models)
    ax.set(xlim=(-0.7, -0.25), xlabel="w", ylabel="density", title="Step 50")
    for model in run.models[1:]:
        step, off = (np.asarray(run.distances[model][key]) for key in ("step", "mean_error"))
        other.semilogy(step[step > 0], off[step > 0], marker=".", **style.line(run, model))
    other.set(xlabel="step", ylabel="error of the mean", title="Error of the mean")
    style.legend(figure, ax)


def exp02(out, figure):
    ax, other = figure.subplots(1, 2)
    m = sgdfp.open(os.path.join(out, "exp02")).table("modes.csv")
    for key, colour, marker, name in (("variance_proxy", "#D55E00", "s", "proxy η D/(2 λ)"), ("variance_path", "#009E73", "o", "along the mean path")):
        ax.errorbar(m[key], m["measured_variance"], yerr=m["error_normal"], color=colour, marker=marker, markersize=3, linestyle="none", linewidth=0.6,
                    label=name)
    ends = [0.9 * m["measured_variance"].min(), 1.1 * m["measured_variance"].max()]
    ax.plot(ends, ends, color="0.5", linewidth=0.8)
    ax.set(xscale="log", yscale="log", xlabel="predicted variance", ylabel="measured, 1 standard error", title="48 modes, nothing fitted")
    for axis in (ax.xaxis, ax.yaxis):
        style.log_ticks(axis, *ends)
    every = sgdfp.open(os.path.join(out, "exp02")).table("spectrum.csv")
    keep = (every["eigenvalue"] > 1e-8) & (every["D"] > 0)
    other.loglog(every["eigenvalue"][keep], every["D"][keep], ".", color="#0072B2", markersize=3)
    other.set(xlabel="eigenvalue λ", ylabel="noise D of one draw", title="All modes with noise (15)")
    style.legend(figure, ax)


def exp14(out, figure):
    """Scaling laws with their fitted exponents; flat modes' slope and sharp modes' variance."""
    ax, other = figure.subplots(1, 2)
    etas = np.array([0.0125, 0.025, 0.05, 0.1])
    for at, group, which, colour, title, label in ((ax, "flat", 0, "#0072B2", "Six flattest modes with noise", "late slope of the variance"),
                                                   (other, "largest", 1, "#D55E00", "Six sharpest modes", "late variance")):
        y = np.array([networks.late(f"exp14_{e:g}_64", group)[which] for e in etas])
        slope, doubt = networks.exponent(etas, y)
        at.loglog(etas, y, "o", color=colour, label="measured")
        fitted = np.exp(np.log(y).mean() + slope * (np.log(etas) - np.log(etas).mean()))
        at.loglog(etas, fitted, color=colour, linewidth=0.8, label=f"η^({slope:.2f} ± {doubt:.3f})")
        at.loglog(etas, y[0] * etas / etas[0], ":", color="0.5", label="linear")
        at.set(xlabel="η", ylabel=label, title=title)
        style.log_ticks(at.xaxis, 0.0125, 0.1)
        at.legend(frameon=False, fontsize=7)


def exp08(out, figure):
    """Variance of the modes whose noise is amplified, over the plain one; what six modes' noise does to the test loss."""
    ax, other = figure.subplots(1, 2)
    for name, flat, colour, marker, label in (("exp08_flat", True, "#0072B2", "o", "noisiest flat modes"), ("exp08_sharp", False, "#D55E00", "s", "sharpest modes")):
        (more, *_), (plain, *_) = heldout.group(name, flat), heldout.group("exp06", flat)
        ratio = more["measured_variance"] / plain["measured_variance"]
        doubt = ratio * np.hypot(more["error_jackknife"] / more["measured_variance"], plain["error_jackknife"] / plain["measured_variance"])
        place = np.arange(1, 7) + (0.06 if flat else -0.06)
        ax.errorbar(place, ratio, yerr=doubt, color=colour, marker=marker, markersize=3.5, linestyle="none", linewidth=0.8, label=label)
        ax.plot(place, more["variance_path"] / plain["variance_path"], "_", color=colour, markersize=12, label=f"{label}: closure along the path")
    ax.axhline(9, color="0.5", linewidth=0.8, linestyle=":", label="9: on a slice")
    ax.set(xlabel="mode of the six", ylabel="variance over the plain one", ylim=(0, 14), title="Noise times 3 on six modes")
    arms = (("exp09_flat", "off\nflat"), ("exp08_flat", "× 3\nflat"), ("exp09_sharp", "off\nsharp"), ("exp08_sharp", "× 3\nsharp"), ("exp10_0.1", "× 0.1\nall"))
    for place, (name, _) in enumerate(arms):
        for key, colour, marker, shift in (("test_loss", "k", "o", -0.1), ("training_loss", "#009E73", "s", 0.1)):
            value, doubt = heldout.change(name, key)
            other.errorbar(place + shift, value, yerr=doubt, color=colour, marker=marker, markersize=3.5, linewidth=0.8,
                           label=key.replace("_", " ") if place == 0 else None)
    other.axhline(0, color="0.5", linewidth=0.8)
    other.set(xticks=range(len(arms)), xticklabels=[text for _, text in arms], ylabel="change of the loss, 1 standard error", title="Same batches, noise shaped")
    other.grid(False, axis="x")
    ax.legend(frameon=False, fontsize=6, loc="lower right")
    other.legend(frameon=False, fontsize=7)


DRAWN = {"7, 8, 9": ("exp08", exp08), "2": ("exp02", exp02), "5, 14": ("exp14", exp14),
         "17, 21": ("exp17", exp17), "27": ("exp27", exp27), "29": ("exp29", exp29), "40": ("exp40", exp40), "44": ("exp44", exp44)}


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
