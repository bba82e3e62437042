#!/usr/bin/env python3
"""A run that is stopped and restarted leaves what an undisturbed one does.

    restart.py MPIEXEC SGDFP CASE FOLDER RANKS SIGNAL [extra arguments ...]

RANKS: "1,1,1": the undisturbed run on one rank, the stopped one on one, the restart on one. SIGNAL: TERM or INT to the
program, USR1 to mpiexec, which passes it on, or KILL, which leaves no time for anything: the last checkpoint counts.
On equal ranks all files are the same bit for bit, else densities and moments to 1e-12. The run is stopped twice."""
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np

TABLES = ("moments.csv", "moments_every_step.csv", "distances.csv", "verdict.csv", "errors.csv", "sampling_errors.csv", "density_final.csv")


def command(mpiexec, program, ranks, arguments):
    front = [] if ranks == 1 else [mpiexec, "-n", str(ranks)]
    return front + [program, "run"] + arguments


def run(line, code=0):
    done = subprocess.run(line, capture_output=True, text=True, timeout=300)
    if done.returncode != code:
        sys.exit(f"{' '.join(line)}\nexit code {done.returncode}, expected {code}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def output_steps(folder):
    """Rows of the table so far, the head not counted."""
    try:
        with open(os.path.join(folder, "moments.csv")) as file:
            return len(file.readlines())
    except FileNotFoundError:
        return 0


def stop(line, folder, which, code, kept):
    """Start, wait for some output beyond what was kept (and for a checkpoint, where nothing is written on the signal)."""
    checkpoint = os.path.join(folder, "checkpoint.h5")
    old = os.stat(checkpoint).st_ino if os.path.exists(checkpoint) else None
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.time() + 120
    while time.time() < deadline and process.poll() is None:
        fresh = os.path.exists(checkpoint) and os.stat(checkpoint).st_ino != old
        if output_steps(folder) > kept and (which != "KILL" or fresh):
            break
        time.sleep(0.02)
    time.sleep(0.15)
    process.send_signal(getattr(signal, "SIG" + which))
    text, _ = process.communicate(timeout=60)
    if process.returncode != code:
        sys.exit(f"{' '.join(line)}\nexit code {process.returncode} after SIG{which}, expected {code}\n{text}")
    if which != "KILL" and f"stopped by signal {int(getattr(signal, 'SIG' + which))}" not in text:
        sys.exit(f"no word of the signal:\n{text}")
    return output_steps(folder)


def summary(folder):
    """Everything but how long it took."""
    with open(os.path.join(folder, "summary.json")) as file:
        content = json.load(file)
    for model in content["models"].values():
        del model["seconds"]
    return content


def densities(folder):
    with h5py.File(os.path.join(folder, "density.h5"), "r") as f:
        volume = np.prod(np.ravel(f["grid"].attrs["h"]))
        return {"n": f["steps/n"][:], "tau": f["steps/tau"][:],
                **{name: f["density"][name][:] * volume for name in f["density"]}}


def same_bits(one, two):
    for name in TABLES:
        paths = [os.path.join(folder, name) for folder in (one, two)]
        assert os.path.exists(paths[0]) == os.path.exists(paths[1]), name
        if os.path.exists(paths[0]):
            with open(paths[0]) as a, open(paths[1]) as b:
                assert a.read() == b.read(), f"{name} differs"
    p, q = densities(one), densities(two)
    assert all(np.array_equal(p[name], q[name]) for name in p), "density.h5 differs"
    assert summary(one) == summary(two), "summary.json differs"


def close(one, two, tolerance):
    p, q = densities(one), densities(two)
    assert np.array_equal(p["n"], q["n"]) and np.array_equal(p["tau"], q["tau"])
    worst = max(np.abs(p[name] - q[name]).sum() / len(p["n"]) for name in p if name not in ("n", "tau"))
    print(f"densities: L1 {worst:.2e} an output step, tolerance {tolerance:.0e}")
    assert worst <= tolerance, worst
    rows = [list(csv.DictReader(open(os.path.join(folder, "moments.csv")))) for folder in (one, two)]
    assert len(rows[0]) == len(rows[1])


def main():
    mpiexec, program, case, folder, ranks, which = sys.argv[1:7]
    ranks = [int(n) for n in ranks.split(",")]
    arguments = [case, "--set", "expect=[]", *sys.argv[7:]]
    whole, parts = os.path.join(folder, "whole"), os.path.join(folder, "parts")
    shutil.rmtree(folder, ignore_errors=True)
    code = 128 + int(getattr(signal, "SIG" + which)) if which != "KILL" else -9
    run(command(mpiexec, program, ranks[0], arguments + ["-o", whole]))
    kept = stop(command(mpiexec, program, ranks[1], arguments + ["-o", parts]), parts, which, code, 2)
    if which != "KILL":
        stop(command(mpiexec, program, ranks[1], ["--restart", parts]), parts, which, code, kept)
    text = run(command(mpiexec, program, ranks[2], ["--restart", parts]))
    assert "going on from its checkpoint" in text, text
    assert not os.path.exists(os.path.join(parts, "checkpoint.h5"))
    same_bits(whole, parts) if len(set(ranks)) == 1 else close(whole, parts, 1e-12)
    print("ok")


if __name__ == "__main__":
    main()
