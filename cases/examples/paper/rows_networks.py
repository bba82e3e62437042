"""The rows of the experiments on networks. Theirs is a perceptron of 386 parameters on MNIST, ours one of 385 on scikit-learn's digits, begun as
PyTorch begins: structure can be compared, digits cannot, so what votes are the claims."""
import os
import re

import numpy as np
import rows
from rows import row
from verdict import ARTEFACT, cause


def modes(name, table="modes.csv"):
    return rows.run(name).table(table)


def exp02():
    a = modes("exp02", "modes_agreement.csv")
    kind = list(a["prediction"])
    found = []
    for name, key, error, correlation in (("proxy eta D/(2 lambda)", "proxy", 0.5695213369030817, 0.9358897480692752),
                                          ("closure along the mean path", "path", None, None)):
        i = kind.index(key)
        found.append(row(f"{name}: relative error", error, float(a["relative_error"][i]), float(a["error_relative_error"][i])))
        found.append(row(f"{name}: correlation of the logarithms (claim: above 0.8)", correlation, float(a["log_correlation"][i]),
                         float(a["error_log_correlation"][i]), claim=(">", 0.8)))
    with open(os.path.join(rows.OUT, "exp02.log"), errors="replace") as log:
        share, entries = map(float, re.search(r"Fluctuating Hessian.*: ([\d.]+) of its square is on the diagonal; correlation of its entries ([\d.]+)",
                                              log.read()).groups())
    found.append(row("share of the fluctuating Hessian, H_B - H, on the diagonal (claim: above 0.5)", 0.9378645420074463, share, claim=(">", 0.5)))
    found.append(row("correlation of its entries", 0.28522273905627227, entries))
    return found


def exp15():
    s = modes("exp02", "spectrum.csv")
    keep = (s["eigenvalue"] > 1e-8) & (s["D"] > 0)
    value = float(np.corrcoef(np.log(s["eigenvalue"][keep]), np.log(s["D"][keep]))[0, 1])
    return [row(f"correlation of log D with log lambda, {int(keep.sum())} modes (claim: above 0.9)", 0.9673088895287669, value,
                (1 - value**2) / np.sqrt(keep.sum()), claim=(">", 0.9))]


def exp33():
    c = modes("exp33", "modes_covariance.csv")
    diagonal = modes("exp33")["measured_variance"]
    pairs = 2 * (c["covariance"] ** 2 - c["error"] ** 2).sum()  # sampling's part off
    own = (diagonal**2).sum()
    few = (diagonal.sum() ** 2 - own) / 31 / own  # what 32 runs add to it
    doubt = float(2 * np.sqrt(((2 * c["covariance"] * c["error"]) ** 2).sum()) / own)
    return [row("squares off over on the diagonal, 12 sharpest modes (claim: below 0.25)", 0.17113460010401918, float(pairs / own), doubt, claim=("<", 0.25)),
            row("what 32 runs add to that ratio by themselves", None, float(few))]


def spread(name, step):
    h = modes(name, "modes_history.csv")
    return float(h["variance"][h["step"] == step].sum())


def exp35():
    ratio = {step: spread("exp35_epoch", step) / spread("exp35_with", step) for step in (40, 48)}
    return [
        row("total variance without over with replacement, end of the third epoch (48 steps)", 0.00045341075108905256, ratio[48]),
        row("the same half an epoch earlier (40 steps; claim: below 0.01)", None, ratio[40], claim=("<", 0.01),
            why=cause(ARTEFACT, "it over that at the epoch's end, the one place looked at", ratio[40] / ratio[48], ">", 10)),
    ]


def late(name, group):
    """Mean over a group's modes of the variance's slope over the second half, 100 steps and more of 200; and of the variance there."""
    h, m = modes(name, "modes_history.csv"), modes(name)
    chosen = set(m["mode"][np.asarray(m["group"]) == group])
    slope, level = [], []
    for mode in chosen:
        at = (h["mode"] == mode) & (h["step"] >= 100)
        slope.append(np.polyfit(h["step"][at], h["variance"][at], 1)[0])
        level.append(h["variance"][at].mean())
    return float(np.mean(slope)), float(np.mean(level))


def exponent(x, y):
    slope, cov = np.polyfit(np.log(x), np.log(y), 1, cov=True)
    return float(slope[0]), float(np.sqrt(cov[0, 0]))


def exp14():
    etas, batches = (0.0125, 0.025, 0.05, 0.1), (32, 64, 128)
    at = {eta: (late(f"exp14_{eta}_64", "flat"), late(f"exp14_{eta}_64", "largest")) for eta in etas}
    by = {b: (late(f"exp14_0.05_{b}", "flat"), late(f"exp14_0.05_{b}", "largest")) for b in batches}
    flat, flat_error = exponent(etas, [at[e][0][0] for e in etas])
    sharp, sharp_error = exponent(etas, [at[e][1][1] for e in etas])
    batch, batch_error = exponent(batches, [by[b][1][1] for b in batches])
    flat_batch, flat_batch_error = exponent(batches, [by[b][0][0] for b in batches])
    linear = float(np.corrcoef(etas, [at[e][0][0] for e in etas])[0, 1])
    return [
        row("flat modes' late slope: linear correlation with eta", 0.9552988495925211, linear),
        row("exponent of that slope in eta (claim: linear, below 1.5)", None, flat, flat_error, claim=("<", 1.5)),
        row("exponent of that slope in B", None, flat_batch, flat_batch_error),
        row("sharp modes' late variance: exponent in eta (claim: above 0.7)", None, sharp, sharp_error, claim=(">", 0.7)),
        row("its exponent in B (claim: below -0.7)", None, batch, batch_error, claim=("<", -0.7)),
    ]
