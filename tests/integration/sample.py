"""The command sample, end to end on a small network.

    sample.py MPIEXEC SGDFP CASE FOLDER

 - the measured columns are the same, bit for bit, on one and on three ranks;
 - the closure's dense and adjoint forms agree to 1e-9 (intervals end at different steps on the half way: the end counts);
 - random directions: curvature between the extreme eigenvalues, predictions as for modes, left out where predictions are judged;
 - an expectation that cannot be met ends in exit code 3, and names what was missed.
"""
import csv
import os
import subprocess
import sys

MEASURED = ("eigenvalue", "measured_mean", "measured_variance", "error_jackknife", "growth", "error_growth")


def run(mpiexec, program, case, folder, ranks, *sets, code=0):
    command = [mpiexec, "-n", str(ranks), program, "sample", case, "-o", folder, "--overwrite"]
    for item in sets:
        command += ["--set", item]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"{' '.join(command)}\nexit code {done.returncode}, expected {code}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def table(folder):
    with open(os.path.join(folder, "modes.csv"), newline="") as file:
        return list(csv.DictReader(file))


def check_covariance(paths):
    """Between the modes: the same measured on any number of ranks; correlations; the prediction by both methods."""
    tables = []
    for path in paths[:3]:
        with open(os.path.join(path, "modes_covariance.csv"), newline="") as file:
            tables.append(list(csv.DictReader(file)))
    assert len(tables[0]) == 11 * 10 // 2, len(tables[0])
    variance = {row["mode"]: float(row["measured_variance"]) for row in table(paths[0])}
    for a, b, c in zip(*tables):
        assert a["covariance"] == b["covariance"] and a["error"] == b["error"], (a, b)
        product = variance[a["mode_1"]] * variance[a["mode_2"]]
        assert abs(float(a["correlation"]) - float(a["covariance"]) / product**0.5) < 1e-5, a
        assert 0.2 < float(a["error"]) / (product / 200) ** 0.5 < 3, a  # 200 trajectories
        for other in (b, c):
            assert abs(float(a["predicted"]) - float(other["predicted"])) <= 1e-5 * product**0.5, (a, other)
    rows = table(paths[0])
    bursts = [float(row["burst_share"]) for row in rows]
    assert all(0.02 < share < 0.3 for share in bursts), bursts  # 0.07 for a normal law
    assert all(0.002 < float(row["error_burst_share"]) < 0.05 for row in rows), rows


def check_agreement(folder):
    """Every figure of the agreement has its error: that of a total is of the order of independent modes' at least."""
    largest = [row for row in table(folder) if row["group"] == "largest"]
    variance = [float(row["measured_variance"]) for row in largest]
    least = sum(2 / 199 * v * v for v in variance) ** 0.5 / sum(variance)
    with open(os.path.join(folder, "modes_agreement.csv"), newline="") as file:
        found = {row["prediction"]: row for row in csv.DictReader(file)}
    for name in ("path", "coupled", "linear", "gaussian", "diagonal"):
        row = found[name]
        assert 0.5 * least < float(row["error_total"]) / float(row["total"]) < 4 * least, (name, row, least)
        assert float(row["error_relative_error"]) > 0, row
    # the sampled linear model is what the coupled closure is the expectation of
    for row in table(folder):
        off = float(row["variance_linear"]) - float(row["variance_coupled"])
        assert abs(off) < 4.5 * (float(row["error_linear"]) ** 2 + float(row["error_coupled"]) ** 2) ** 0.5, row
        off = float(row["variance_gaussian"]) - float(row["measured_variance"])
        assert abs(off) < 4.5 * (float(row["error_gaussian"]) ** 2 + float(row["error_jackknife"]) ** 2) ** 0.5, row
        assert abs(float(row["growth_gaussian"]) - float(row["growth"])) < 4.5 * (float(row["error_growth_gaussian"]) + float(row["error_growth"])), row


def check_random(rows, said):
    """Each has a curvature between the extremes, and the variance that the coupled closure gives it; judgements are over the modes."""
    curvature = [float(row["eigenvalue"]) for row in rows]
    for row in rows[8:]:
        assert min(curvature) < float(row["eigenvalue"]) < 0.5 * max(curvature), row
        off = float(row["variance_coupled"]) - float(row["measured_variance"])
        assert abs(off) < 0.05 * float(row["variance_coupled"]) + 4.5 * float(row["error_jackknife"]), row
    assert "Covariance between the 8 modes" in said and "over the 6 modes of largest" in said, said


def check_epoch(mpiexec, program, case, folder):
    """Batches of an epoch: the linear model and the network agree at its end and within it, where they differ much."""
    total = {}
    for steps in (9, 13):  # an epoch has nine
        path = os.path.join(folder, f"epoch{steps}")
        run(mpiexec, program, case, path, 1, "sgd.sampling=epoch", f"sgd.steps={steps}", "sgd.batch_size=10", "closure.linear=400",
            "closure.refresh=1", "trajectories.count=400", "closure.max_relative_error=0", "closure.min_log_correlation=0")
        rows = table(path)
        total[steps] = sum(float(row["measured_variance"]) for row in rows)
        for row in rows:
            off = float(row["variance_linear"]) - float(row["measured_variance"])
            assert abs(off) < 0.15 * float(row["measured_variance"]) + 4 * (float(row["error_linear"]) ** 2 + float(row["error_jackknife"]) ** 2) ** 0.5, row
    assert total[13] > 3 * total[9], total


def main():
    mpiexec, program, case, folder = sys.argv[1:5]
    few, more = "trajectories.random=3", "closure.gaussian=512"
    paths = [os.path.join(folder, name) for name in ("one", "three", "adjoint", "missed")]
    said = run(mpiexec, program, case, paths[0], 1, few, more, "closure.linear=200")
    run(mpiexec, program, case, paths[1], 3, few, more)
    run(mpiexec, program, case, paths[2], 1, few, "closure.method=adjoint")
    one, three, adjoint = map(table, paths[:3])
    assert len(one) == 11 and [row["group"] for row in one[8:]] == 3 * ["random"] and sum(row["group"] == "flat" for row in one) == 2, one
    for a, b, c in zip(one, three, adjoint):
        for name in MEASURED:
            assert a[name] == b[name], (name, a[name], b[name])
        for other, tolerance in ((b, 1e-12), (c, 1e-9)):
            difference = abs(float(a["variance_path"]) - float(other["variance_path"]))
            assert difference <= tolerance * float(a["variance_path"]), (a["mode"], difference)
        assert a["variance_gaussian"] == b["variance_gaussian"] and a["error_gaussian"] == b["error_gaussian"], (a, b)
        assert a["variance_coupled"] == b["variance_coupled"] and float(a["error_coupled"]) > 0
    check_random(one, said)
    check_covariance(paths)
    check_agreement(paths[0])
    check_epoch(mpiexec, program, case, folder)
    text = run(mpiexec, program, case, paths[3], 1, "closure.max_relative_error=1e-6", code=3)
    assert "MISSED path-linearised relative error" in text, text


if __name__ == "__main__":
    main()
