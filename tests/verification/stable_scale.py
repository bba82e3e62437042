#!/usr/bin/env python3
"""Exponent and scale of densities with heavy tails (check.scale) against their closed forms, w' = (1 - eta) w + c S_alpha, and of one that is
not stable.  stable_scale.py SGDFP FOLDER"""
import csv
import os
import shutil
import subprocess
import sys

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cases", "examples")


def run(program, folder, case, *sets, code=0):
    more = [word for key in (*sets, "expect=[]", "check={scale: true}") for word in ("--set", key)]
    done = subprocess.run([program, "run", os.path.join(CASES, case), "-o", folder, "--overwrite", *more], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, f"{case} {sets}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    if code:
        return {}, done.stderr
    with open(os.path.join(folder, "stable.csv"), newline="") as file:
        return {row["model"]: {key: float(value) for key, value in row.items() if key != "model"} for row in csv.DictReader(file)}, done.stderr


def check(found, alpha, scale, rounding, what):
    for key, wanted in (("alpha", alpha), ("scale", scale)):
        off, most = abs(found[key] - wanted), found[f"{key}_error"] + rounding
        assert off <= most, f"{what}, {key}: {found[key]!r}, expected {wanted!r} within {most:.2g}"
        print(f"  {what}: {key} off by {off:.1e}, bound {most:.1e}")
    assert found[f"alpha_error"] < 0.1 and abs(found["departure"]) < 0.01, found


def main(program, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    alpha, c = 1.5, 0.1 * 4.64158883361278**0.5
    found, _ = run(program, folder, "laws/alpha_stable.yaml", "slice.min=[-100]", "slice.max=[100]", "slice.cells=[800]", "output.every=60")
    check(found["master"], alpha, c / (1 - 0.9**alpha) ** (1 / alpha), 1e-6, f"alpha {alpha}")
    # after five steps Cauchy's noise and a Gaussian start are neither stable nor Gaussian; Langevin's density is a Gaussian
    found, words = run(program, folder, "levy.yaml", "sgd.steps=5", "output.every=5", "slice={axes: [sharpest], min: [-8], max: [8], cells: [640]}", "models=[{model: master, law: alpha_stable, alpha: 1}, langevin]",
                       "initial.std=[1]")
    assert "the density of master is not stable" in words and "of langevin is not" not in words, words
    assert abs(found["langevin"]["alpha"] - 2) < 1e-3, found
    _, words = run(program, folder, "saddle.yaml", code=2)
    assert "check.scale: is for one axis" in words, words
    print("as expected")


if __name__ == "__main__":
    main(*sys.argv[1:])
