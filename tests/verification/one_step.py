#!/usr/bin/env python3
"""The logarithm of the one-step matrix and the likelihood of paths (section check) against closed forms: SGD on a quadratic with Gaussian noise
is an Ornstein-Uhlenbeck process seen every eta, so ln(A)/eta and all likelihoods are known. And what has no logarithm.
one_step.py SGDFP FOLDER"""
import csv
import math
import os
import shutil
import subprocess
import sys

ETA, STEPS, MEAN, STD = 0.1, 60, 0.3, 0.25
CASE = f"""name: one_step
landscape: {{family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}}
sgd: {{learning_rate: {ETA}, steps: {STEPS}}}
slice: {{axes: [sharpest], min: [-1.9], max: [1.9], cells: [64]}}
initial: {{mean: [{MEAN}], std: [{STD}]}}
models: [master, langevin, {{model: log_matched, name: log_matched_2}}, discrete_fokker_planck]
output: {{every: 60}}
check: {{logarithm: true, likelihood: true}}
"""


def run(program, folder, *sets, code=0):
    more = [word for key in sets for word in ("--set", key)]
    path = os.path.join(folder, "case.yaml")
    with open(path, "w") as file:
        file.write(CASE)
    done = subprocess.run([program, "run", path, "-o", os.path.join(folder, "out"), "--overwrite", *more], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, f"{sets}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def rows(folder, name):
    with open(os.path.join(folder, "out", name), newline="") as file:
        return list(csv.DictReader(file))


def close(found, wanted, tolerance, what):
    assert abs(float(found) - wanted) <= tolerance, f"{what}: {found}, expected {wanted:.12g} within {tolerance:.2g}"


def logarithm(folder):
    """Drift -theta a, theta = -ln(1 - eta)/eta, and the variance that gives a step's; no third and fourth coefficient."""
    theta = -math.log(1 - ETA) / ETA
    variance = 2 * theta * ETA**2 / (1 - (1 - ETA) ** 2)
    inner = [row for row in rows(folder, "generators.csv") if row["model"] == "master" and row["drift"] != "nan" and abs(float(row["a"])) < 0.7]
    assert len(inner) >= 16, len(inner)
    h = 3.8 / 64
    for row in inner:
        close(row["drift"], -theta * float(row["a"]), 3e-6, f"drift at {row['a']}")
        close(row["variance"], variance, 2e-5 * variance, f"variance at {row['a']}")
        close(row["fourth"], 0, 1e-3 * variance * h * h, f"fourth coefficient at {row['a']}")
    distance = {row["generator"]: row for row in rows(folder, "logarithm_distances.csv")}
    close(distance["langevin"]["drift"], 1 - 1 / theta, 1e-5, "Langevin's drift")
    close(distance["langevin"]["variance"], 1 - ETA / variance, 2e-5, "Langevin's variance")
    close(distance["log_matched_2"]["drift"], 1 - (1 + ETA / 2) / theta, 1e-5, "the corrected drift")


def likelihood(folder):
    """All steps are Gaussian: the paths' own likelihood, its deviation over paths, and what Langevin loses."""
    keep, V = 1 - ETA, ETA**2
    slow, W = math.exp(-ETA), ETA * (1 - math.exp(-2 * ETA)) / 2
    mean, variance, square = MEAN, STD**2, 0
    for _ in range(STEPS):
        square += mean**2 + variance
        mean, variance = keep * mean, keep**2 * variance + V
    lost = 0.5 * (STEPS * (math.log(W / V) + V / W - 1) + (keep - slow) ** 2 * square / W)
    found = {row["model"]: row for row in rows(folder, "likelihood.csv")}
    close(found["master"]["mean"], -0.5 * STEPS * (math.log(2 * math.pi * V) + 1), 1e-5, "the paths' own likelihood")
    close(found["master"]["deviation"], math.sqrt(STEPS / 2), 1e-5, "its deviation")
    close(found["master"]["gain"], 0, 1e-12, "the reference against itself")
    close(found["langevin"]["gain"], -lost, 0.01 * lost, "Langevin's loss")  # second order in its cells: 7.9 of them a step's noise
    assert found["discrete_fokker_planck"]["gain"] == "-inf" and float(found["discrete_fokker_planck"]["impossible"]) > 1


def published(program, folder):
    """Experiment 40: refused on its own points; resolved, the corrected drift is the closer one. The mean step's logarithm is
    -(g + eta g g'/2 + ..), so Langevin's drift is off by eta/2 and the corrected one's by eta^2/3, to relative orders eta."""
    case = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cases", "examples", "paper", "exp40_logarithm.yaml")
    points = "slice={axes: ['coordinate:1'], min: [-2.5], max: [2.5], cells: [61]}"
    for more, resolved in (([], True), (["--set", points, "--set", "initial.std=[0.3]"], False)):
        done = subprocess.run([program, "run", case, "-o", os.path.join(folder, "out"), "--overwrite", *more], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert resolved or "refused: not resolved: a step's noise" in done.stderr, done.stderr
        found = {row["generator"]: float(row["drift"]) for row in rows(folder, "logarithm_distances.csv")}
        if resolved:
            close(found["langevin"], 0.1 / 2, 0.2 * 0.1 / 2, "Langevin's drift")
            close(found["log_matched_2"], 0.1**2 / 3, 0.2 * 0.1**2 / 3, "the corrected drift")
        else:
            assert not found


def main(program, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    text = run(program, folder)
    logarithm(folder)
    assert "make them narrower" in text, text
    assert "lost to rounding" in run(program, folder, "slice.cells=[300]")
    likelihood(folder)
    published(program, folder)
    text = run(program, folder, "sgd.learning_rate=0.5", "slice={axes: [sharpest], min: [-4], max: [4], cells: [16]}", "initial.std=[0.6]",
               "models=[master, langevin]", "check={logarithm: true}")
    assert "too few to see drift" in text and "nan" not in text and not rows(folder, "logarithm_distances.csv"), text
    text = run(program, folder, "sgd.learning_rate=1.2", "slice={axes: [sharpest], min: [-11], max: [11], cells: [24]}", "initial.std=[1.2]", "models=[master]")
    assert "logarithm of master refused: no real logarithm: the mean step turns over" in text, text
    print("as expected")


if __name__ == "__main__":
    main(*sys.argv[1:])
