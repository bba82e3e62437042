#!/usr/bin/env python3
"""Every signal that can be caught is answered within seconds, with a checkpoint and exit code 128 + n: between steps and
in the middle of a long exponential, from whose beginning the restart goes on.     signals.py SGDFP FOLDER"""
import os
import shutil
import signal
import subprocess
import sys
import time

from tries import answer

CASE = """name: signals
landscape: {family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}
sgd: {learning_rate: 0.1, steps: 400000}
slice: {axes: [sharpest], cells: [96]}
models: [langevin]
output: {every: 40} # long stretches would be crossed by a few solves, before any signal
"""
# One exponential a step of SGD, each of many products.
LONG = ["sgd.steps=3", "sgd.learning_rate=1", "slice.cells=[60000]", "slice.min=[-20]", "slice.max=[20]", "output.every=1"]
PATIENCE = 8  # seconds; 5 on a machine with nothing else to do


def start(program, folder, sets):
    words = [word for item in sets for word in ("--set", item)]
    return subprocess.Popen([program, "run", "case.yaml", "-o", folder, *words], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def stop(process, which, sign):
    """Sent a moment after a line that begins with the sign."""
    for line in process.stdout:
        if line.startswith(sign):
            break
    time.sleep(0.5)
    waited, err = answer(process, which)
    assert process.returncode == 128 + which, f"exit {process.returncode}\n{err}"
    assert waited < PATIENCE, f"answered after {waited:.1f} s"
    return err


def each_signal(program):
    for name in ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "XCPU", "ALRM"):
        which = getattr(signal, "SIG" + name)
        err = stop(start(program, name, []), which, "  step ")
        assert f"stopped by signal {int(which)}" in err and "PETSC" not in err, f"{name}: {err}"
        assert os.path.exists(f"{name}/checkpoint.h5"), name


def closed_pipe(program):
    process = start(program, "PIPE", ["output.every=40"])
    for _ in range(30):
        process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 128 + signal.SIGPIPE, process.returncode
    assert os.path.exists("PIPE/checkpoint.h5")
    process.stderr.close()


def time_limit(program):
    process = subprocess.Popen([program, "run", "case.yaml", "-o", "limit", "--time-limit", "0:00:10", "--set", "sgd.steps=4000000",
                                "--set", "output.every=40"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.wait(timeout=60) == 128 + signal.SIGALRM, process.returncode
    assert os.path.exists("limit/checkpoint.h5")


def limits_as_written(program):
    """Slurm's way with days, and what is no time."""
    for text, code in (("1-00:00:30", 0), ("1:2:3:4", 2), ("1:75", 2), ("1-12", 2)):
        done = subprocess.run([program, "check", "case.yaml", "--time-limit", text], capture_output=True, text=True)
        assert done.returncode == code and (not code or f'found "{text}"' in done.stderr), f"{text}: exit {done.returncode}: {done.stderr}"


def long_exponential(program):
    stop(start(program, "long", LONG), signal.SIGTERM, "  step ")
    assert os.path.exists("long/checkpoint.h5")


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    with open("case.yaml", "w") as file:
        file.write(CASE)
    failed = 0
    for test in (limits_as_written, each_signal, closed_pipe, time_limit, long_exponential):
        try:
            test(program)
            print("ok  ", test.__name__)
        except AssertionError as fault:
            failed += 1
            print("FAIL", test.__name__, fault)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
