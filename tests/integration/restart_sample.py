#!/usr/bin/env python3
"""An ensemble that is stopped and restarted, on other numbers of ranks, is the undisturbed one bit for bit; with vectors
that are shared out over the ranks, to rounding.

    restart_sample.py MPIEXEC SGDFP CASE FOLDER

Few and long trajectories, so that those under way count; stopped on one rank, on three, and finished on two."""
import csv
import os
import shutil
import signal
import subprocess
import sys
import time

LONG = ["trajectories.count=50", "trajectories.every=10000", "trajectories.optimizer=adam", "sgd.steps=80000", "landscape.data.test=20",
        "sgd.learning_rate=0.01", "closure.refresh=20000", "closure.coupling=false", "closure.hessian_batches=0",
        "closure.check=false", "closure.max_relative_error=0", "closure.min_log_correlation=0"]


def start(mpiexec, program, ranks, arguments):
    front = [] if ranks == 1 else [mpiexec, "-n", str(ranks)]
    return subprocess.Popen(front + [program, "sample"] + arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process, code):
    text, _ = process.communicate(timeout=250)  # forty seconds of a machine that three others work on
    if process.returncode != code:
        sys.exit(f"exit code {process.returncode}, expected {code}\n{text}")
    return text


def stop(process, which, sign, pause=0.6):
    """Once the line that holds the sign is printed, and a little later: the trajectories are under way."""
    for line in process.stdout:
        if sign in line:
            break
    time.sleep(pause)
    process.send_signal(which)
    text = finish(process, 128 + int(which))
    assert f"stopped by signal {int(which)}" in text, text


def numbers(folder):
    rows = []
    for name in ("modes.csv", "modes_history.csv"):
        with open(os.path.join(folder, name)) as file:
            rows += [float(x) for row in csv.reader(file) for x in row if x.replace("-", "").replace(".", "").replace("e", "").isdigit()]
    return rows


def shared_out(mpiexec, program, case, folder):
    """Stopped on two ranks, finished on one; against whole vectors."""
    few = ["trajectories.count=2000", "trajectories.every=500", "sgd.steps=1000", "spectrum.largest=8", "trajectories.modes=6", "trajectories.flat=0", "closure.method=adjoint",
           "closure.refresh=500"]
    fresh = [case] + [word for item in LONG + few for word in ("--set", item)]
    finish(start(mpiexec, program, 1, fresh + ["-o", folder + "/a"]), 0)
    shared = fresh + ["--set", "spectrum.distribute_from=1", "-o", folder + "/b"]
    stop(start(mpiexec, program, 2, shared), signal.SIGUSR1, "Path-linearised closure", 0.1)
    text = finish(start(mpiexec, program, 1, ["--restart", folder + "/b"]), 0)
    assert "that of the checkpoint" in text, text
    a, b = numbers(folder + "/a"), numbers(folder + "/b")
    assert len(a) == len(b) > 100
    assert max(abs(x - y) / max(abs(x), 1e-6) for x, y in zip(a, b)) < 1e-6, [(x, y) for x, y in zip(a, b) if abs(x - y) > 1e-6 * abs(x)]


def table(folder, name):
    with open(os.path.join(folder, name)) as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def ends(folder):
    """losses_end.csv against the means over trajectories that the other tables hold: of the losses, and of a^2 over the modes."""
    each, last = table(folder, "losses_end.csv"), table(folder, "losses.csv")[-1]
    with open(os.path.join(folder, "modes.csv")) as file:
        rows = [row for row in csv.DictReader(file) if row["group"] != "random"]
    assert len(each) == 50 == last["trajectories"], len(each)
    for key in ("training_loss", "test_loss", "test_accuracy"):
        mean = sum(row[key] for row in each) / 50
        assert abs(mean - last[key]) < 1e-12, (key, mean, last[key])
    for group in ("largest", "flat"):
        found = sum(row["displacement_" + group] ** 2 for row in each) / 50
        wanted = sum(float(row["measured_mean"]) ** 2 + 49 / 50 * float(row["measured_variance"]) for row in rows if row["group"] == group)
        assert abs(found - wanted) < 1e-9 * wanted, (group, found, wanted)


def main():
    mpiexec, program, case, folder = sys.argv[1:5]
    shutil.rmtree(folder, ignore_errors=True)
    whole, parts = os.path.join(folder, "whole"), os.path.join(folder, "parts")
    fresh = [case] + [word for item in LONG for word in ("--set", item)]
    finish(start(mpiexec, program, 1, fresh + ["-o", whole]), 0)
    stop(start(mpiexec, program, 1, fresh + ["-o", parts]), signal.SIGTERM, "Path-linearised closure")
    assert os.path.exists(os.path.join(parts, "checkpoint.h5"))
    stop(start(mpiexec, program, 3, ["--restart", parts]), signal.SIGUSR1, "Reference point: that of the checkpoint")
    text = finish(start(mpiexec, program, 2, ["--restart", parts]), 0)
    assert "that of the checkpoint" in text, text
    for name in ("modes.csv", "modes_history.csv", "losses.csv", "losses_end.csv", "spectrum.csv"):
        with open(os.path.join(whole, name)) as a, open(os.path.join(parts, name)) as b:
            assert a.read() == b.read(), name
    assert not os.path.exists(os.path.join(parts, "checkpoint.h5"))
    ends(whole)
    shared_out(mpiexec, program, case, folder)
    print("ok")


if __name__ == "__main__":
    main()
