"""The command sample, end to end on a small network.

    sample.py MPIEXEC SGDFP CASE FOLDER

 - the measured columns are the same, bit for bit, on one and on three ranks;
 - the closure's dense and adjoint forms agree to 1e-9 (intervals end at different steps on the half way: the end counts);
 - an expectation that cannot be met ends in exit code 3, and names what was missed.
"""
import csv
import os
import subprocess
import sys

MEASURED = ("eigenvalue", "measured_mean", "measured_variance", "error_jackknife", "growth", "error_growth")


def run(mpiexec, program, case, folder, ranks, *sets, code=0):
    command = [mpiexec, "--oversubscribe", "-n", str(ranks), program, "sample", case, "-o", folder, "--overwrite"]
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
    assert len(tables[0]) == 8 * 7 // 2, len(tables[0])
    variance = {row["mode"]: float(row["measured_variance"]) for row in table(paths[0])}
    for a, b, c in zip(*tables):
        assert a["covariance"] == b["covariance"] and a["error"] == b["error"], (a, b)
        product = variance[a["mode_1"]] * variance[a["mode_2"]]
        assert abs(float(a["correlation"]) - float(a["covariance"]) / product**0.5) < 1e-5, a
        assert 0.2 < float(a["error"]) / (product / 200) ** 0.5 < 3, a  # 200 trajectories
        for other in (b, c):
            assert abs(float(a["predicted"]) - float(other["predicted"])) <= 1e-5 * product**0.5, (a, other)
    bursts = [float(row["burst_share"]) for row in table(paths[0])]
    assert all(0.02 < share < 0.3 for share in bursts), bursts  # 0.07 for a normal law


def main():
    mpiexec, program, case, folder = sys.argv[1:5]
    paths = [os.path.join(folder, name) for name in ("one", "three", "adjoint", "missed")]
    run(mpiexec, program, case, paths[0], 1)
    run(mpiexec, program, case, paths[1], 3)
    run(mpiexec, program, case, paths[2], 1, "closure.method=adjoint")
    one, three, adjoint = map(table, paths[:3])
    assert len(one) == 8 and sum(row["group"] == "flat" for row in one) == 2, one
    for a, b, c in zip(one, three, adjoint):
        for name in MEASURED:
            assert a[name] == b[name], (name, a[name], b[name])
        for other, tolerance in ((b, 1e-12), (c, 1e-9)):
            difference = abs(float(a["variance_path"]) - float(other["variance_path"]))
            assert difference <= tolerance * float(a["variance_path"]), (a["mode"], difference)
        assert a["variance_coupled"] == b["variance_coupled"] and float(a["error_coupled"]) > 0
    check_covariance(paths)
    text = run(mpiexec, program, case, paths[3], 1, "closure.max_relative_error=1e-6", code=3)
    assert "MISSED path-linearised relative error" in text, text


if __name__ == "__main__":
    main()
