#!/usr/bin/env python3
"""An ensemble that is stopped and restarted, on other numbers of ranks, is the undisturbed one bit for bit.

    restart_sample.py MPIEXEC SGDFP CASE FOLDER

Few and long trajectories, so that those under way count; stopped on one rank, on three, and finished on two."""
import os
import shutil
import signal
import subprocess
import sys
import time

LONG = ["trajectories.count=50", "trajectories.every=10000", "trajectories.optimizer=adam", "sgd.steps=80000",
        "sgd.learning_rate=0.01", "closure.refresh=20000", "closure.coupling=false", "closure.hessian_batches=0",
        "closure.check=false", "closure.max_relative_error=0", "closure.min_log_correlation=0"]


def start(mpiexec, program, ranks, arguments):
    front = [] if ranks == 1 else [mpiexec, "-n", str(ranks)]
    return subprocess.Popen(front + [program, "sample"] + arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process, code):
    text, _ = process.communicate(timeout=100)
    if process.returncode != code:
        sys.exit(f"exit code {process.returncode}, expected {code}\n{text}")
    return text


def stop(process, which, sign):
    """Once the line that begins with the sign is printed, and a little later: the trajectories are under way."""
    for line in process.stdout:
        if line.startswith(sign):
            break
    time.sleep(0.6)
    process.send_signal(which)
    text = finish(process, 128 + int(which))
    assert f"stopped by signal {int(which)}" in text, text


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
    for name in ("modes.csv", "modes_history.csv", "spectrum.csv"):
        with open(os.path.join(whole, name)) as a, open(os.path.join(parts, name)) as b:
            assert a.read() == b.read(), name
    assert not os.path.exists(os.path.join(parts, "checkpoint.h5"))
    print("ok")


if __name__ == "__main__":
    main()
