#!/usr/bin/env python3
"""One model's failure does not end the others: it is marked with step and reason, the others' numbers are those of a
run without it, and the exit code is 3. Rounding is no failure.     failures.py SGDFP FOLDER"""
import csv
import json
import os
import subprocess
import sys

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

# (what, case, models, the models that fail)
RUNS = [
    ("far outside the band of the expansion", FAR, ["master", "discrete_fokker_planck", "langevin"], ["discrete_fokker_planck"]),
    ("a start narrower than a step", NARROW, [SEMI, "master", "discrete_fokker_planck"], ["semi"]),
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


def check(program, what, case, models, failing):
    names = ["semi" if m == SEMI else m for m in models]
    done, summary, verdicts = run(program, case, models, "out")
    faults = []
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


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    fresh(folder)
    failed = sum(check(program, *entry) for entry in RUNS)
    return summed_up(len(RUNS), failed)


if __name__ == "__main__":
    sys.exit(main())
