#!/usr/bin/env python3
"""Training that is stopped by a signal, or killed, is kept in training.h5: the same command goes on from it, to the same
parameters bit for bit; what is kept of another case's training is not wiped in silence.     training.py SGDFP FOLDER"""
import os
import signal
import subprocess
import sys
import time

import h5py

from tries import fresh, refusal, summed_up, told

CASE = """name: training
landscape: {family: mlp, hidden: [3], l2: 0.01, data: {source: synthetic, samples: 90, features: 4, classes: 3}}
reference_point: {steps: 60000, learning_rate: 0.2, batch_size: 16, minimize: true, save: %s.h5}
spectrum: {largest: 2, smallest: 0}
sgd: {learning_rate: 0.1, batch_size: 8, steps: 5}
slice: {axes: [sharpest]}
models: [langevin]
output: {checkpoint: 0.1}
"""


def words(program, name, *more):
    return [program, "spectrum", name + ".yaml", "-o", name, *more]


def stopped(program, name, which):
    """Begun, and stopped when something is kept; its exit code and what it said."""
    process = subprocess.Popen(words(program, name), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not os.path.exists(name + "/training.h5"):
        time.sleep(0.005)
    process.send_signal(which)
    _, err = process.communicate(timeout=300)
    return process.returncode, err


def point(name):
    with h5py.File(name + ".h5", "r") as file:
        return file["w"][:]


def goes_on(program, name, which):
    code, err = stopped(program, name, which)
    faults = []
    if which != signal.SIGKILL and (code != 128 + which or "training.h5 is written" not in err):
        faults.append(f"exit {code}: {err}")
    if not os.path.exists(name + "/training.h5"):
        faults.append("nothing is kept")
    refused = subprocess.run(words(program, name, "--set", "reference_point.steps=70000"), capture_output=True, text=True, timeout=300)
    faults += refusal(refused, 4, ["training.h5", "--overwrite"], 1)
    done = subprocess.run(words(program, name), capture_output=True, text=True, timeout=300)
    faults += refusal(done, 0, [])
    if "going on from step" not in done.stdout:
        faults.append("it was begun anew")
    if not (point(name) == point("undisturbed")).all():
        faults.append("other parameters")
    if os.path.exists(name + "/training.h5"):
        faults.append("training.h5 is left")
    return told(f"signal {which}", faults, done)


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    os.environ["OMPI_MCA_ess_singleton_isolated"] = "1"
    fresh(folder)
    os.environ["OMPI_MCA_orte_tmpdir_base"] = os.getcwd()  # not one for all such programs of the machine
    for name in ("undisturbed", "asked", "killed"):
        with open(name + ".yaml", "w") as file:
            file.write(CASE % name)
    subprocess.run(words(program, "undisturbed"), check=True, capture_output=True, timeout=300)
    failed = goes_on(program, "asked", signal.SIGINT) + goes_on(program, "killed", signal.SIGKILL)
    return summed_up(2, failed)


if __name__ == "__main__":
    sys.exit(main())
