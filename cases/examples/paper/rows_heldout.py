"""The rows of experiments 6 - 11, on samples held out: the same batches with the noise as it is, off some modes, amplified on some, scaled. Differences are
between trajectories with the same batches, so most of their scatter cancels. What the noise does to a mode's variance is held to the closure along the mean
path, which is another computation than the trajectories."""
import math

import closed_forms as exact
import numpy as np
import rows
from rows import row
from verdict import ARTEFACT, SAMPLING, cause


def ends(name):
    return rows.run(name).table("losses_end.csv")


def change(name, key, base="exp06"):
    """Mean change of a loss at the end against the plain noise, and its standard error."""
    difference = ends(name)[key] - ends(base)[key]
    return float(difference.mean()), float(difference.std(ddof=1) / math.sqrt(len(difference)))


def group(name, flat):
    """Measured variance, its error, and the closure's, over six modes: the noisiest flat ones, or the sharpest."""
    m = rows.run(name).table("modes.csv")
    chosen = np.where((np.asarray(m["group"]) == "flat") == flat)[0][:6]
    pick = {key: np.asarray(m[key])[chosen] for key in ("eigenvalue", "measured_mean", "measured_variance", "error_jackknife", "variance_path")}
    return pick, float(pick["measured_variance"].sum()), float(np.sqrt((pick["error_jackknife"] ** 2).sum())), float(pick["variance_path"].sum())


def ratio(name, flat):
    """Variance over that of the plain noise, its error as of unrelated batches, and the closure's."""
    (_, a, ea, pa), (_, b, eb, pb) = group(name, flat), group("exp06", flat)
    return a / b, a / b * math.hypot(ea / a, eb / b), pa / pb


def exp06():
    e = ends("exp06_many")
    gap, sharp, flat, n = e["test_loss"] - e["training_loss"], e["displacement_largest"], e["displacement_flat"], len(e["test_loss"])
    regressors = np.stack([np.ones(n), flat, sharp, e["training_loss"]], axis=1)
    left = gap - regressors @ np.linalg.lstsq(regressors, gap, rcond=None)[0]
    found = [row(f"6: correlation of the gap with {name} displacement", published, float(np.corrcoef(x, gap)[0, 1]), 1 / math.sqrt(n))
             for name, x, published in (("flat", flat, -0.012117979697099525), ("sharp", sharp, 0.23793355078334547))]
    found.append(row("6: share of the gap's variance that both displacements and training loss explain (claim: below 0.1)", 0.05667751179293479,
                     float(1 - left.var() / gap.var()), 3 / n, claim=("<", 0.1)))
    found.append(row("6: what three regressors explain of 256 runs by chance", None, 3 / 255))
    return found


def exp07():
    """Noise off some modes; and amplified on them."""
    sharp, variance, _, _ = group("exp06", False)
    off, times, off_sharp, times_sharp = (change(name, "test_loss") for name in ("exp09_flat", "exp08_flat", "exp09_sharp", "exp08_sharp"))
    train, quadratic = change("exp09_sharp", "training_loss"), -0.5 * float((sharp["eigenvalue"] * sharp["measured_variance"]).sum())
    moved = float((sharp["measured_mean"] ** 2).sum()) / variance
    (less, less_error, less_path), (more, more_error, more_path) = ratio("exp09_flat", True), ratio("exp08_flat", True)
    (steep, steep_error, steep_path), toy = ratio("exp08_sharp", False), rows.run("exp08")
    return [
        row("8: variance over the plain one, noise times 3 on a slice along a flat mode, from a spread of 0.1", None, rows.last(toy, "master", "cov_11") / exact.recursion_08(1), 0,
            exact.recursion_08(9) / exact.recursion_08(1), 1e-8),
        row("8: the same of the network's 6 noisiest flat modes", 10.066397758381576, more, more_error, more_path, 3 * more_error),
        row("8: the same of its 6 sharpest", 16.88, steep, steep_error, steep_path, 3 * steep_error),
        row("9: variance left, noise off the 6 noisiest flat modes", 1 - 0.946386483747331, less, less_error, less_path, 3 * less_error),
        row("8: test loss, noise times 3 on the flat modes", 3.2782554626464844e-07, *times),
        row("8: test loss, noise times 3 on the sharp modes", 0.010338654120763069, *times_sharp),
        row("8: the former over the latter (claim: within 0.1)", None, abs(times[0] / times_sharp[0]), abs(times[0] / times_sharp[0]) * math.hypot(
            times[1] / times[0], times_sharp[1] / times_sharp[0]), claim=("<", 0.1)),
        row("7, 9: test loss, noise off the flat modes", 1.1175870895385742e-08, *off),
        row("7, 9: test loss, noise off the sharp modes", 0.018973976, *off_sharp),
        row("7: that over the published 0.019 (claim: above 0.5, the noise makes it)", None, off_sharp[0] / 0.018973976, off_sharp[1] / 0.018973976,
            claim=(">", 0.5), why=cause(ARTEFACT, "squares of the sharp modes' motion over their variance, both suppressed", moved, ">", 1)),
        row("7: training loss, noise off the sharp modes, over -sum lambda Var/2", None, train[0] / quadratic, abs(train[1] / quadratic), 1, 0.25),
    ]


def exp10():
    found = []
    for alpha in ("0.1", "0.5"):
        m, plain = (rows.run(name).table("modes.csv")["measured_variance"].sum() for name in (f"exp10_{alpha}", "exp06"))
        found.append(row(f"10: total variance over alpha = 1's, alpha {alpha}", {"0.1": 0.7104150113876739, "0.5": 0.8469294778988118}[alpha],
                         float(m / plain), math.nan, float(alpha) ** 2, 0.1 * float(alpha) ** 2))
    train, test = change("exp10_0.1", "training_loss"), change("exp10_0.1", "test_loss")
    published = 0.04108145833015442 / math.hypot(0.01405375073212421, 0.04804756535310111) * math.sqrt(2)
    normalised = 0.5418810463398163 / 0.7158641587372624 * math.sqrt(2)
    why = [cause(SAMPLING, "the published difference of two runs each over its standard error", number, "<", 3) for number in (published, normalised)]
    found += [
        row("10: training loss, alpha 0.1 less alpha 1 (claim: below 0)", 0.13617675751447678 - 0.1690172627568245, *train, claim=("<", 0)),
        row("10: test loss, alpha 0.1 less alpha 1", -0.04108145833015442, *test),
        row("10: it is lower by more than three errors (claim: above 3)", published, -test[0] / test[1], claim=(">", 3), why=why[0]),
        row("11: noise as long as the gradient, published loss of test over its error (claim: above 3)", None, normalised, claim=(">", 3), why=why[1]),
    ]
    return found
