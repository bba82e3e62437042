#!/usr/bin/env python3
"""A disk that fills up at random points of a run: one line that names the file and the reason, exit code 4, and what was
finished can be read. Needs the right to mount a small tmpfs.     full_disk.py SGDFP FOLDER [TIMES, default 20] [SEED, default 1]"""
import csv
import json
import os
import random
import shutil
import subprocess
import sys

import h5py

CASE = """name: full
landscape: {family: quadratic, eigenvalues: [1.0, 0.5], gradient_noise: [1.0, 1.0]}
sgd: {learning_rate: 0.1, steps: 60}
slice: {axes: [sharpest, flattest], cells: [64, 64]}
models: [langevin, {model: discrete_fokker_planck, name: dfp}]
trajectories: {count: 2000}
output: {every: 2, checkpoint: 0.2}
"""
LARGEST = 2600  # KiB; the whole run takes about 2,300


def mounted(kilobytes):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", "disk"], stderr=subprocess.DEVNULL).returncode == 0


def readable(printed):
    """Every file is whole, and densities, tables and the log go as far as one another, but for the step under way."""
    for name in os.listdir("disk/out") if os.path.isdir("disk/out") else []:
        path = os.path.join("disk/out", name)
        if name.endswith(".json"):
            with open(path) as file:
                json.load(file)
        if name.endswith(".h5"):
            with h5py.File(path, "r") as file:
                if name == "density.h5":
                    steps = list(file["steps/n"][:])
                    assert all(len(file["density/" + m]) == len(steps) for m in file["density"]), "models of different length"
                    assert not printed or steps[-1] >= printed[-1], f"density.h5 ends at {steps[-1:]}, the log at {printed[-1]}"
                    for m in file["density"]:
                        for k in range(len(steps)):
                            assert abs(file["density/" + m][k].sum() * file["grid"].attrs["h"].prod() - 1) < 1e-2, (m, k)
    if os.path.exists("disk/out/moments.csv"):
        with open("disk/out/moments.csv") as file:
            rows = list(csv.reader(file))
        assert all(len(row) == len(rows[0]) for row in rows), "a torn row"


def one(program, command, kilobytes):
    """Exit code of a run on a disk of that size."""
    assert mounted(kilobytes)
    try:
        done = subprocess.run([program, command, "case.yaml", "-o", "disk/out"], capture_output=True, text=True, timeout=300)
        printed = [int(line.split()[1].split("/")[0]) for line in done.stdout.splitlines() if line.startswith("  step ") and "/" in line.split()[1]]
        lines = [line for line in done.stderr.splitlines() if "warning" not in line]
        assert done.returncode in (0, 4), f"{command}, {kilobytes} KiB: exit {done.returncode}\n{done.stderr}"
        if done.returncode:
            assert len(lines) == 1 and "No space left on device" in lines[0] and "disk/out" in lines[0], f"{kilobytes} KiB: {lines}"
        readable(printed if command == "run" else [])
        return done.returncode
    finally:
        subprocess.run(["umount", "disk"], check=True)


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    times, seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20, int(sys.argv[4]) if len(sys.argv) > 4 else 1
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "disk"))
    os.chdir(folder)
    with open("case.yaml", "w") as file:
        file.write(CASE)
    if not mounted(64):
        print("skipped: no right to mount a tmpfs here")
        return 77
    subprocess.run(["umount", "disk"], check=True)
    size = random.Random(seed)
    codes = [one(program, "run", size.randint(12, LARGEST)) for _ in range(times)]
    codes += [one(program, "sample", size.randint(12, 400)) for _ in range(max(1, times // 5))]
    assert 4 in codes, "the disk was never full"
    print(f"ok: of {len(codes)} disks {codes.count(4)} were full, each said so in a line, and nothing finished was lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
