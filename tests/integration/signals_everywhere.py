#!/usr/bin/env python3
"""Every signal that can be caught is answered within seconds in every command and phase, alone and under mpiexec: exit
code 128 + n, one line, no trace; a checkpoint where there is something to keep, from which the same command goes on.
Without `all` a few phases are tried, each with one signal.     signals_everywhere.py MPIEXEC SGDFP FOLDER [all|PHASE]"""
import os
import signal
import subprocess
import sys
import threading
import time

from tries import answer, fresh, summed_up

NETWORK = """name: network
landscape: {family: mlp, data: {source: digits}, hidden: [32]}
reference_point: {steps: 0, learning_rate: 0.05, minimize: false}
spectrum: {largest: 2, smallest: 0}
sgd: {learning_rate: 0.1, batch_size: 32, steps: 200000}
trajectories: {count: 64, every: 1000, modes: 2, flat: 0}
slice: {axes: [sharpest]}
models: [langevin]
"""
LINE = """name: line
landscape: {family: quadratic, eigenvalues: [1.0, 0.3], gradient_noise: [1.0, 1.0]}
sgd: {learning_rate: 0.1, steps: 400000}
slice: {axes: [sharpest, flattest], cells: [256, 256], boundary: [absorbing, absorbing]}
models: [{model: master, method: splat}, discrete_fokker_planck]
stationary: {eigenpairs: 12}
output: {every: 1000}
"""
SIGNALS = ("TERM", "INT", "HUP", "QUIT", "PIPE", "USR1", "USR2", "XCPU", "ALRM")
PATIENCE = 8  # seconds; 5 on a machine with nothing else to do
SHORT = ["sgd.steps=40", "trajectories.every=20"]  # of which the prediction of the modes takes no time
FINE = ["slice.cells=[512,512]"]  # the jumps of so fine a grid take a minute to set up
PLAIN = [*FINE, "models=[langevin]"]


class Phase:
    """What is run with which keys, and the line after which the phase begins; `keep`: which file is there after it to go on from?"""

    def __init__(self, name, command, case, keys, sign, keep="", wait=0.7, ranks=1, some=()):
        self.name, self.command, self.case, self.keys, self.sign = name, command, case, keys, sign
        self.keep, self.wait, self.ranks, self.some = keep, wait, ranks, some


# some: the signals that are tried by default
PHASES = (
    Phase("training", "run", "network", ["reference_point.steps=10000000"], "  data", "training.h5", some=("INT",)),
    Phase("spectrum", "spectrum", "network", ["spectrum.largest=300"], "Reference point"),
    Phase("modes", "modes", "network", [], "  mode"),
    Phase("prediction", "sample", "network", [], "  mode", some=("HUP",)),
    Phase("trajectories", "sample", "network", [*SHORT, "trajectories.count=1000000"], "Path", "checkpoint.h5", some=("TERM",)),
    Phase("growing", "sample", "network", [*SHORT, "trajectories.method=growing", "trajectories.members=40000"], "  growing ensemble", "checkpoint.h5"),
    Phase("check", "check", "line", FINE, "Axis 1", wait=1),
    Phase("set-up", "run", "line", FINE, "Axis 1", wait=1),
    Phase("stationary", "stationary", "line", [*PLAIN, "stationary.eigenpairs=60"], "Models", wait=1),
    Phase("a later model", "stationary", "line", ["slice.cells=[64,64]", "models=[langevin,master]", "stationary.eigenpairs=40"], "  langevin:", "stationary.json",
          wait=0.3, some=("QUIT",)),
    Phase("steps", "run", "line", [], "  step", "checkpoint.h5"),
    Phase("slow modes", "run", "line", [*PLAIN, "leaps={eigenpairs: 80}"], "Run:", wait=2, some=("USR2",)),
    Phase("slow modes after steps", "run", "line", [*PLAIN, "leaps={eigenpairs: 80}", "output={steps: [40, 400000], checkpoint: 1}"],
          "  step     40", "checkpoint.h5", wait=2),
    Phase("stretch", "run", "line", [*PLAIN, "output.every=400000"], "Run:"),  # whether its first part is done depends on the machine
    Phase("exponential", "run", "line", [*PLAIN, "output.every=1", "sgd.learning_rate=1", "slice.min=[-20,-20]", "slice.max=[20,20]",
                                         "petsc={langevin_ts_type: sgdchebyshev}"], "Run:", "checkpoint.h5", wait=2),
    Phase("writing", "run", "line", ["models=[langevin]", "slice.cells=[1024,1024]", "output={every: 1, checkpoint: 0.05}",
                                     "petsc={langevin_ts_type: sgdchebyshev}"], "  step", "checkpoint.h5", wait=2),
    Phase("sweep", "sweep", "line", ["sgd.learning_rate=0.1"], "Sweep:", wait=3),
    Phase("training, 2 ranks", "run", "network", ["reference_point.steps=10000000"], "  data", "training.h5", ranks=2),
    Phase("trajectories, 2 ranks", "sample", "network", [*SHORT, "trajectories.count=1000000"], "Path", "checkpoint.h5", ranks=2),
    Phase("stationary, 2 ranks", "stationary", "line", [], "Models", ranks=2),
    Phase("steps, 2 ranks", "run", "line", [], "  step", "checkpoint.h5", ranks=2, some=("USR1",)),
)


def words(phase, mpiexec, program, out):
    sets = [word for key in phase.keys for word in ("--set", key)]
    vary = ["--vary", "sgd.steps=400000,500000"] if phase.command == "sweep" else []
    ranks = [mpiexec, "-n", str(phase.ranks)] if phase.ranks > 1 else []
    return ranks + [program, phase.command, phase.case + ".yaml", *([] if phase.command == "check" else ["-o", out]), *sets, *vary]


def begin(command, sign):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
    late = threading.Timer(240, process.kill)
    late.start()
    for line in process.stdout:
        if line.startswith(sign):
            late.cancel()
            return process
    late.cancel()
    raise AssertionError(f"ended before \"{sign}\": {process.communicate()[1]}")


def kept(phase, out):
    folder = out + "/" + sorted(name for name in os.listdir(out) if os.path.isdir(out + "/" + name))[0] if phase.command == "sweep" else out
    assert os.path.exists(folder + "/" + phase.keep), f"no {phase.keep}"
    assert not os.path.exists(folder + "/sgdfp.lock"), "a lock is left"


def attempt(phase, which, mpiexec, program):
    out = f"{phase.name}_{which.name}".replace(" ", "_").replace(",", "")
    process = begin(words(phase, mpiexec, program, out), phase.sign)
    time.sleep(phase.wait)
    assert process.poll() is None, "it had ended before the signal"
    waited, err = answer(process, which)
    own = [line for line in err.splitlines() if line.startswith("sgdfp:") and "warning" not in line]
    assert process.returncode == 128 + which, f"exit {process.returncode}, expected {128 + which}\n{err}"
    assert waited < PATIENCE, f"answered after {waited:.1f} s"
    assert len(own) == 1 and f"signal {int(which)}" in own[0], err
    assert "PETSC" not in err and "Traceback" not in err, err
    if phase.keep:
        kept(phase, out)
    return waited, own[0]


def passed_on(phase, which):
    """Open MPI passes these on to its ranks; to others, TERM and INT among them, it answers by killing them."""
    return phase.ranks == 1 or which in (signal.SIGUSR1, signal.SIGUSR2)


def main():
    mpiexec, program, folder = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3]
    only = sys.argv[4] if len(sys.argv) > 4 else None
    fresh(folder)
    for name, text in (("network", NETWORK), ("line", LINE)):
        with open(name + ".yaml", "w") as file:
            file.write(text)
    failed = total = 0
    for phase in PHASES:
        if only not in (None, "all", phase.name):
            continue
        for which in (signal.Signals["SIG" + name] for name in (SIGNALS if only else phase.some)):
            if not passed_on(phase, which):
                continue
            total += 1
            try:
                waited, line = attempt(phase, which, mpiexec, program)
                print(f"ok   {phase.name}, {which.name}: {waited:.1f} s: {line}", flush=True)
            except (AssertionError, OSError) as fault:
                failed += 1
                print(f"FAIL {phase.name}, {which.name}: {fault}", flush=True)
    return summed_up(total, failed)


if __name__ == "__main__":
    sys.exit(main())
