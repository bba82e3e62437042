#!/usr/bin/env python3
"""One model's failure does not end the others: it is marked with step and reason, the others' numbers are those of a
run without it, and the exit code is 3. Rounding is no failure.     failures.py SGDFP FOLDER"""
import csv
import json
import os
import subprocess
import sys

import h5py

from tries import fresh, summed_up, told

QUADRATIC = """name: failures
landscape: {{family: quadratic, eigenvalues: [1], gradient_noise: [{noise}]}}
sgd: {{learning_rate: {eta}, steps: {steps}}}
slice: {slice}
initial: {{mean: [{mean}], std: [{std}]}}
models: [{models}]
output: {{every: 1}}
"""
FAR = dict(noise=1, eta=0.1, steps=4, mean=100, std=0.5, slice='{axes: ["coordinate:1"]}')
NARROW = dict(noise=0.1, eta=0.5, steps=3, mean=0.5, std=0.05,
              slice='{axes: ["coordinate:1"], min: [-5], max: [5], cells: [2000]}')
FINE = dict(noise=0.1, eta=0.5, steps=2, mean=0.5, std=0.2,
            slice='{axes: ["coordinate:1"], min: [-5], max: [5], cells: [20000]}')
SEMI = "{model: discrete_fokker_planck, name: semi, theta: 1}"
EXPLICIT = "{model: discrete_fokker_planck, name: explicit, scheme: explicit}"  # unstable on a fine grid: no operator
NAMES = {SEMI: "semi", EXPLICIT: "explicit"}

# (what, case, models, the models that fail)
RUNS = [
    ("far outside the band of the expansion", FAR, ["master", "discrete_fokker_planck", "langevin"], ["discrete_fokker_planck"]),
    ("a start narrower than a step", NARROW, [SEMI, "master", "discrete_fokker_planck"], ["semi"]),
    ("one that cannot be set up", NARROW, ["master", EXPLICIT, "langevin"], ["explicit"]),
    ("the reference cannot be set up", NARROW, [EXPLICIT, "langevin"], ["explicit"]),
    ("rounding on 20,000 cells", FINE, ["langevin"], []),
]


def run(program, case, models, folder):
    with open("case.yaml", "w") as f:
        f.write(QUADRATIC.format(models=", ".join(models), **case))
    done = subprocess.run([program, "run", "case.yaml", "-o", folder, "--overwrite"], capture_output=True, text=True, timeout=300)
    with open(os.path.join(folder, "summary.json")) as f:
        summary = json.load(f)
    with open(os.path.join(folder, "verdict.csv"), newline="") as f:
        verdicts = list(csv.DictReader(f))
    return done, summary["models"], verdicts


def marked(folder, names, failing):
    """Faults of the marks in the tables and fields of a run."""
    faults = []
    with open(os.path.join(folder, "moments.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    with h5py.File(os.path.join(folder, "density.h5"), "r") as f, open(os.path.join(folder, "density.xmf")) as xmf:
        fields = xmf.read()
        for name in names:
            last = [row for row in rows if row["model"] == name][-1]
            if last["step"] != last["steps"]:
                faults.append(f"{name} ends at step {last['step']} of {last['steps']}")
            if last["status"].startswith("failed at step ") != (name in failing) or (last["status"] == "ok") != (name not in failing):
                faults.append(f"{name} is \"{last['status']}\" in moments.csv")
            if ("failed" in f["density/" + name].attrs) != (name in failing):
                faults.append(f"{name} is wrongly marked in density.h5")
            if (f"<Information Name=\"{name}\" Value=\"failed" in fields) != (name in failing):
                faults.append(f"{name} is wrongly marked in density.xmf")
    return faults


def check(program, what, case, models, failing):
    names = [NAMES.get(m, m) for m in models]
    done, summary, verdicts = run(program, case, models, "out")
    faults = marked("out", names, failing)
    if done.returncode != (3 if failing else 0):
        faults.append(f"exit {done.returncode}")
    for name in names:
        rows = [r for r in verdicts if r["model"] == name]
        if ("failed" in summary[name]) != (name in failing):
            faults.append(f"{name} is wrongly marked in summary.json")
        if (rows[-1]["verdict"] == "failed") != (name in failing) or bool(rows[-1]["failure"]) != (name in failing):
            faults.append(f"{name} is wrongly marked in verdict.csv")
        if name in failing and f"model {name} has failed at step {summary[name].get('failed', {}).get('step')}" not in done.stderr:
            faults.append(f"no word of {name}")
    if failing:
        alone = [m for m, n in zip(models, names) if n not in failing]
        _, other, _ = run(program, case, alone, "alone")
        for name in other:
            if other[name]["mean"] != summary[name]["mean"] or other[name]["cov"] != summary[name]["cov"]:
                faults.append(f"{name} is not what it is alone")
    return told(what, faults, done)


def others_go_on(program):
    """A model that cannot be set up, in the commands check, stationary and sweep; and one that is alone."""
    with open("case.yaml", "w") as f:
        f.write(QUADRATIC.format(models=f"{EXPLICIT}, langevin", **NARROW))

    def tried(command, *words):
        return subprocess.run([program, command, "case.yaml", *words], capture_output=True, text=True, timeout=300)

    faults = []
    done = tried("check")
    if done.returncode != 3 or "langevin (generator" not in done.stdout or "explicit could not be set up" not in done.stdout:
        faults.append(f"check: exit {done.returncode}")
    done = tried("stationary", "-o", "long")
    with open("long/stationary.json") as f:
        models = json.load(f)["models"]
    if done.returncode != 3 or "failed" not in models["explicit"] or "escape_rate" not in models["langevin"]:
        faults.append(f"stationary: exit {done.returncode}")
    done = tried("sweep", "--vary", "sgd.learning_rate=0.01,0.5", "--set", "slice.cells=[100]", "--set", "initial.std=[0.5]", "-o", "sweep")
    with open("sweep/sweep.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    if [row["exit"] for row in rows] != ["0", "3"] or rows[0]["explicit.failed.reason"] or not rows[1]["explicit.failed.reason"]:
        faults.append("sweep: the failure is not in its row alone")
    if not all(row["langevin.cov_11"] for row in rows):
        faults.append("sweep: the other model is missing")
    with open("case.yaml", "w") as f:
        f.write(QUADRATIC.format(models=EXPLICIT, **NARROW))
    alone = tried("run", "-o", "none")
    if alone.returncode != 3 or os.path.exists("none/density.h5"):
        faults.append("a run without a model that works")
    return told("in other commands", faults, done)


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    fresh(folder)
    failed = sum(check(program, *entry) for entry in RUNS) + others_go_on(program)
    return summed_up(len(RUNS) + 1, failed)


if __name__ == "__main__":
    sys.exit(main())
