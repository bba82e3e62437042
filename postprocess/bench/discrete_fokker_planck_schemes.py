#!/usr/bin/env python3
"""The schemes of the discrete Fokker-Planck model against the master equation: the table of
operators/fokker_planck/SCHEMES.md.     discrete_fokker_planck_schemes.py SGDFP [CASE ..]"""
import csv
import os
import subprocess
import sys
import tempfile

CASES = ["tests/verification/moment_exact_1d.yaml", "tests/verification/moment_exact_narrow.yaml",
         "tests/verification/moment_exact_2d.yaml", "cases/examples/rough_landscape.yaml", "cases/examples/double_well.yaml"]
SCHEMES = ["moment_exact", "semi_implicit"]
MODELS = "[master, " + ", ".join(f"{{model: discrete_fokker_planck, name: {s}, scheme: {s}}}" for s in SCHEMES) + "]"


def moments(program, case):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        done = subprocess.run([program, "run", case, "-o", out, "--set", f"models={MODELS}", "--set", "expect=[]", "--set", "output.steps=[]",
                        "--set", "output.every=1"], capture_output=True, text=True)
        if done.returncode not in (0, 3):  # 3: a model failed, and its rows say so
            sys.exit(done.stderr)
        with open(os.path.join(out, "moments.csv"), newline="") as f:
            rows = list(csv.DictReader(f))
    return {m: [r for r in rows if r["model"] == m] for m in ["master"] + SCHEMES}


def error(of, master, step):
    """Largest difference of a variance, relative to the master equation's."""
    axes = [c for c in master[step] if c.startswith("cov_") and c[4] == c[5]]
    return max(abs(float(of[step][c]) / float(master[step][c]) - 1) for c in axes)


def main():
    program = sys.argv[1]
    print("| case | scheme | variance, one step | largest over the run | at the end | most negative mass | outflow at the end |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for case in sys.argv[2:] or CASES:
        m = moments(program, case)
        for s in SCHEMES:
            e = [error(m[s], m["master"], k) for k in range(1, len(m["master"]))]
            numbers = [float(r["negative_mass"]) for r in m[s]]
            negative = max(x for x in numbers if x == x)
            worst = max(x for x in e if x == x)
            name = os.path.splitext(os.path.basename(case))[0]
            print(f"| {name} | {s} | {e[0]:.1e} | {worst:.1e} | {e[-1]:.1e} | {negative:.1e} | {float(m[s][-1]['outflow']):.1e} |", flush=True)


if __name__ == "__main__":
    main()
