"""A run folder made up from closed forms, to try the figures on: Gaussians of a confined and a flat direction."""
import csv
import json
import os

import h5py
import numpy as np

MODELS = ("master", "discrete_fokker_planck", "langevin")
ETA, CURVATURE, NOISE = 0.1, (12.0, 0.02, 3.0), (2.0, 1.5, 1.0)
STEPS = np.array([0, 1, 2, 5, 10, 20, 50, 100])


def variance(model, axis, n):
    """SGD's recursion for the variance, the same for the maps; Langevin's closed solution."""
    curvature, noise = CURVATURE[axis], NOISE[axis]
    if model == "langevin":
        limit = ETA * noise / (2 * curvature)
        return limit + (0.01 - limit) * np.exp(-2 * curvature * ETA * n)
    shrink = (1 - ETA * curvature) ** 2
    limit = ETA**2 * noise / (1 - shrink)
    return limit + (0.01 - limit) * shrink**n


def mean(axis, n):
    return 0.05 * (axis + 1) * (1 - ETA * CURVATURE[axis]) ** n


def bell(x, centre, var, skew=0.0):
    z = (x - centre) / np.sqrt(var)
    return np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi * var) * (1 + skew * np.tanh(z**3 - 3 * z))


def densities(model, centres, n):
    skew = 0.01 if model == "discrete_fokker_planck" else 0.0
    axes = [bell(x, mean(a, n), variance(model, a, n), skew) for a, x in enumerate(centres)]
    density = axes[0]
    for p in axes[1:]:
        density = p.reshape((-1,) + (1,) * density.ndim) * density
    return density


def write_density(folder, dim, n):
    with h5py.File(os.path.join(folder, "density.h5"), "w") as file:
        file.attrs.update(format="sgdfp-density-1", learning_rate=ETA, reference="master", case="reference_point:\n  batch_size: 64\nsgd:\n  batch_size: 32\n")
        low, high = -1.5 - 0.5 * np.arange(dim), 1.5 + 0.5 * np.arange(dim)
        file.create_group("grid").attrs.update(n=n[:dim], min=low, max=high, h=(high - low) / n[:dim])
        edges = [np.linspace(low[a], high[a], n[a] + 1) for a in range(dim)]
        centres = [(e[1:] + e[:-1]) / 2 for e in edges]
        for a in range(dim):
            file[f"grid/{'xyz'[a]}"], file[f"grid/{'xyz'[a]}_edges"] = centres[a], edges[a]
        file["steps/n"], file["steps/tau"] = STEPS, ETA * STEPS
        file["slice/lambda"] = CURVATURE[:dim]
        for a, name in enumerate(("sharpest (mode 1)", "flattest (mode 8)", "mode 3")[:dim]):
            file["slice"].attrs[f"axis_{a + 1}"] = name
        loss = sum(np.reshape(c * x**2 / 2, (-1,) + (1,) * a) for a, (c, x) in enumerate(zip(CURVATURE, centres)))
        file["slice/loss"] = loss
        for model in MODELS:
            file[f"density/{model}"] = np.array([densities(model, centres, step) for step in STEPS])


def pairs(dim):
    return [(a, b) for a in range(dim) for b in range(a, dim)]


def masses(folder):
    """Of the densities as the cells hold them, which moments.csv has too."""
    with h5py.File(os.path.join(folder, "density.h5"), "r") as file:
        return {(m, n): density.sum() * np.prod(file["grid"].attrs["h"]) for m in MODELS for n, density in zip(STEPS, file["density"][m][()])}


def write_tables(folder, dim):
    axes, mass = range(dim), masses(folder)
    with open(os.path.join(folder, "moments.csv"), "w", newline="") as file:
        rows = csv.writer(file)
        names = [f"{m}_{a + 1}" for m in ("skewness", "kurtosis") for a in axes]
        rows.writerow(["model", "step", "tau", "mass", "outflow", *[f"mean_{a + 1}" for a in axes],
                       *[f"cov_{a + 1}{b + 1}" for a, b in pairs(dim)], *names, "entropy", "min_density", "negative_mass"])
        for n in STEPS:
            for m in MODELS:
                cov = [variance(m, a, n) if a == b else 0.0 for a, b in pairs(dim)]
                rows.writerow([m, n, ETA * n, mass[m, n], 1e-12, *[mean(a, n) for a in axes], *cov, *[0.0] * dim, *[3.0] * dim, 1.2, 0.0, 0.0])
    with open(os.path.join(folder, "distances.csv"), "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["model", "reference", "step", "l1", "hellinger", "kl", *[f"w1_{a + 1}" for a in axes], "mean_error", "cov_error"])
        for n in STEPS:
            for k, m in enumerate(MODELS[1:], 1):
                size = 0.02 * k * (1 - np.exp(-n / 5))
                rows.writerow([m, "master", n, size, size / 3, size**2, *[size / 10] * dim, 0.1 * size, 2 * size])


def write_trust(folder, dim):
    """A master equation that is carried, and an expansion that becomes marginal; errors of order two beside a bound."""
    axes = range(1, dim + 1)
    with open(os.path.join(folder, "verdict.csv"), "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["model", "step", *[f"noise_{a}" for a in axes], *[f"tail_{a}" for a in axes], *[f"added_{a}" for a in axes], "negative_mass", "beyond_band", "aliasing", "verdict"])
        for n in STEPS:
            for m in MODELS:
                band = 1e-3 * n if m == "discrete_fokker_planck" else "nan"
                rows.writerow([m, n, *[2.5 + a for a in axes], *[1e-9 * (n + 1)] * dim, *[0 if m != "langevin" else 1e-3] * dim, 0 if m == "master" else 1e-8, band, 0,
                               "marginal" if band != "nan" and band > 1e-2 else "ok"])
    with open(os.path.join(folder, "errors.csv"), "w", newline="") as file:
        rows = csv.writer(file)
        names = [f"{m}_{a}" for m in ("skewness", "kurtosis") for a in axes]
        rows.writerow(["model", "step", "order", "l1", "outflow", *[f"mean_{a}" for a in axes], *[f"cov_{a + 1}{b + 1}" for a, b in pairs(dim)], *names])
        for n in STEPS:
            for m in MODELS:
                size = 1e-9 if m == "master" else 1e-4
                rows.writerow([m, n, 0 if m == "master" else 2, size, 0, *[size / 10] * dim, *[size / 5] * len(pairs(dim)), *[size] * (2 * dim)])


def write_spectrum(folder):
    eigenvalues = [12.0, 5.0, 3.0, 0.9, 0.2, 0.02, 1e-4, -0.3]
    with open(os.path.join(folder, "spectrum.csv"), "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow("mode,eigenvalue,residual,D,Gamma,cov_AB,regime,margin,variance_stationary,variance_horizon,variance_langevin".split(","))
        for i, value in enumerate(eigenvalues):
            regime = "unstable" if value < 0 else "diffusive" if value < 0.1 else "confined"
            noise, rest = 0.3 + 0.1 * i, value * (2 - ETA * value)
            rows.writerow([i + 1, value, 1e-9, noise, 0.01, 0.0, regime, rest, ETA * noise / rest if value > 0 else "nan",
                           ETA**2 * noise * 100 / (1 + 10 * abs(value)), ETA * noise / (2 * value) if value > 0 else "nan"])


def write_spectral_density(folder):
    """Nine of ten eigenvalues near zero, the others around 5."""
    grid = np.linspace(-2, 14, 801)
    density = 0.9 * bell(grid, 0.0, 0.04) + 0.1 * bell(grid, 5.0, 4.0)
    with open(os.path.join(folder, "spectral_density.csv"), "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["lambda", "density", "standard_error"])
        rows.writerows(zip(grid, density, 0.1 * density))


def write_summary(folder, dim):
    steps = [int(n) for n in STEPS]
    cov = {m: [[float(variance(m, a, n)) if a == b else 0.0 for a, b in pairs(dim)] for n in STEPS] for m in ("sgd", "langevin")}
    summary = {"closure": {"steps": steps, "cov": cov}, "warnings": ["the slice drifts by 0.3 of its spread"],
               "equations": {"langevin": "dp/dtau = d_i(g_i p) + 0.05 d_i d_j(C_ij p)"}}
    with open(os.path.join(folder, "summary.json"), "w") as file:
        json.dump(summary, file)


def make(folder, dim, n=(160, 120, 40)):
    """Fill a folder with every file that the figures and the report read; a spectral density from two dimensions on."""
    os.makedirs(folder, exist_ok=True)
    write_density(folder, dim, np.array(n if dim < 3 else (48, 40, 36)))
    write_tables(folder, dim)
    write_trust(folder, dim)
    write_spectrum(folder)
    if dim > 1:
        write_spectral_density(folder)
    write_summary(folder, dim)


def make_stationary(folder, dim):
    """Two models with a density, three slow modes, two sets, rates and a passage."""
    os.makedirs(folder, exist_ok=True)
    axes = [np.linspace(-2, 2, 40) for _ in range(dim)]
    found = {"models": {}}
    with h5py.File(os.path.join(folder, "stationary.h5"), "w") as file:
        for name, x in zip("xyz", axes):
            file[f"grid/{name}"] = x
        for k, model in enumerate(("master", "langevin")):
            wells = bell(axes[0], -1, 0.1 + 0.02 * k) + bell(axes[0], 1, 0.1)
            flat = [np.ones(40), wells][dim - 1] if dim == 2 else 1.0
            shaped = lambda line: line if dim == 1 else np.outer(flat, line)
            file[f"{model}/density"] = shaped(wells)
            for n in range(4):
                file[f"{model}/eigenfunction_{n + 1}"] = shaped(wells * np.cos(n * axes[0]))
            for n, side in enumerate((-1, 1)):
                file[f"{model}/membership_{n + 1}"] = shaped(0.5 + 0.5 * np.tanh(5 * side * axes[0]))
            found["models"][model] = {
                "eigenvalues": [{"decay_rate": rate} for rate in (0, 1e-4, 0.5, 1.0)], "basins": [{"escape_rate": 5e-5}] * 2,
                "passages": [{"name": "to_the_left", "mean_steps": 2e4}], "escape_rate": 1e-4}
    with open(os.path.join(folder, "stationary.json"), "w") as file:
        json.dump(found, file)
    with open(os.path.join(folder, "status_stationary.json"), "w") as file:
        json.dump({"command": "stationary", "status": "finished"}, file)


def make_sample(folder, modes=60):
    """Modes measured and predicted, as the command `sample` leaves them."""
    os.makedirs(folder, exist_ok=True)
    names = "mode,group,eigenvalue,D,Gamma,regime,variance_path,variance_coupled,variance_proxy,measured_variance,error_jackknife"
    with open(os.path.join(folder, "modes.csv"), "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(names.split(","))
        for i in range(modes):
            value, measured = 5 * 0.9**i, 1e-3 * 0.95**i
            rows.writerow([i + 1, "largest", value, 0.1, 0.01, "confined", 1.02 * measured, measured, 1e-2 / value, measured if i < 48 else "nan", 0.04 * measured])
    with open(os.path.join(folder, "modes_agreement.csv"), "w") as file:
        file.write("prediction,relative_error,log_correlation,total\npath,0.044,0.985,0.99\ncoupled,0.03,0.99,1\n")
    with open(os.path.join(folder, "modes_history.csv"), "w") as file:
        file.write("step,mode,mean,variance,error_normal,error_jackknife\n")
        file.writelines(f"{n},{m},0,{1e-3 * n / 60},1e-5,1e-5\n" for n in (20, 40, 60) for m in range(1, 49))
    with open(os.path.join(folder, "status_sample.json"), "w") as file:
        json.dump({"command": "sample", "status": "finished"}, file)
