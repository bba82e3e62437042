#!/usr/bin/env python3
"""The command sample by the growing ensemble against 8,000 plain trajectories of the same small network.

    sample_growing.py MPIEXEC SGDFP CASE FOLDER

Variances of all modes agree within their errors, which are honest (root mean square of the pulls over modes and seeds near
one); the same bits on one and three ranks; modes by list. Control variates: 100 trajectories scatter as little as three times as
many, with honest errors; with batches of an epoch they are refused."""
import csv
import os
import re
import subprocess
import sys


def run(front, program, case, folder, *sets):
    command = front + [program, "sample", case, "-o", folder, "--overwrite", "--set", "closure.coupling=false", "--set", "closure.max_relative_error=0",
                       "--set", "closure.min_log_correlation=0"]
    for item in sets:
        command += ["--set", item]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=200).stdout


def table(folder, name="modes.csv"):
    with open(os.path.join(folder, name), newline="") as file:
        return list(csv.DictReader(file))


def check_control(program, case, folder, modes, plain):
    pulls, gain = [], []
    for seed in range(1, 7):
        run([], program, case, folder, modes, "trajectories.count=100", "trajectories.control=true", f"trajectories.seed={200 + seed}")
        for a, b in zip(plain, table(folder)):
            error = float(a["error_jackknife"]) ** 2 + float(b["error_controlled"]) ** 2
            pulls.append((float(a["measured_variance"]) - float(b["variance_controlled"])) / error**0.5)
            gain.append((float(b["error_jackknife"]) / float(b["error_controlled"])) ** 2)
    rms = (sum(p * p for p in pulls) / len(pulls)) ** 0.5
    print(f"with control variates: pulls of {len(pulls)} variances: root mean square {rms:.2f}, worth {sum(gain) / len(gain):.1f} times the trajectories")
    assert 0.6 < rms < 1.4 and max(map(abs, pulls)) < 5 and sum(gain) / len(gain) > 3
    refused = subprocess.run([program, "sample", case, "-o", folder + "_epoch", "--set", "trajectories.control=true", "--set", "sgd.sampling=epoch"],
                             capture_output=True, text=True)
    assert refused.returncode == 2 and "control variates take independent batches" in refused.stderr, refused


def main():
    mpiexec, program, case, folder = sys.argv[1:5]
    modes = "trajectories.list=[1, 2, 3, 4, 6, 27]"
    many = os.path.join(folder, "plain")
    run([], program, case, many, modes, "trajectories.count=8000", "trajectories.every=30")
    plain = table(many)
    assert [row["mode"] for row in plain] == ["1", "2", "3", "4", "6", "27"], plain
    pulls = []
    for seed in range(1, 9):
        path = os.path.join(folder, f"growing{seed}")
        said = run([], program, case, path, modes, "trajectories.method=growing", f"trajectories.seed={100 + seed}")
        for a, b in zip(plain, table(path)):
            error = float(a["error_jackknife"]) ** 2 + float(b["error_jackknife"]) ** 2
            pulls.append((float(a["measured_variance"]) - float(b["measured_variance"])) / error**0.5)
    rms = (sum(p * p for p in pulls) / len(pulls)) ** 0.5
    worth, cost = map(float, re.search(r"as well as by (\d+) plain trajectories in the mean, at the cost of (\d+)", said).groups())
    print(f"pulls of {len(pulls)} variances: root mean square {rms:.2f}, largest {max(map(abs, pulls)):.2f}; worth {worth:.0f}, cost {cost:.0f}")
    assert 0.6 < rms < 1.4 and max(map(abs, pulls)) < 5
    shares = [float(row["ancestor_share"]) for row in table(path)]
    assert all(0 <= share <= 1 and 0 < float(row["error_ancestor_share"]) < 0.5 for share, row in zip(shares, table(path))), shares
    assert sum(shares[2:]) / 4 > 2 * sum(shares[:2]) / 2, shares  # flatter modes remember longer
    check_control(program, case, os.path.join(folder, "control"), modes, plain)
    three = os.path.join(folder, "three")
    run([mpiexec, "-n", "3"], program, case, three, modes, "trajectories.method=growing", "trajectories.seed=108")
    for name in ("modes.csv", "modes_covariance.csv"):
        for a, b in zip(table(path, name), table(three, name)):
            for key in ("measured_variance", "error_jackknife", "covariance", "error"):
                assert a.get(key) == b.get(key), (name, key, a, b)


if __name__ == "__main__":
    main()
