#!/usr/bin/env python3
"""A disk that fills up at random points of `run`, `sample`, `stationary` and `sweep`: one line that names the file and the
reason, exit code 4, what was finished can be read, and with more room the same command comes to its end. Needs the right to
mount a small tmpfs.     full_disk.py SGDFP FOLDER [TIMES of run, default 20; a tenth of it the others] [SEED, default 1] [ONE of the commands alone]"""
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
# command: words, KiB that leave some of the disks full
COMMANDS = {"run": ([], 2600), "sample": ([], 400), "stationary": ([], 700), "sweep": (["--vary", "sgd.batch_size=1,2,3", "--set", "sgd.steps=20"], 4000)}


def mounted(kilobytes):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", "disk"], stderr=subprocess.DEVNULL).returncode == 0


def readable(folder, printed):
    """Every file is whole, and densities, tables and the log go as far as one another, but for the step under way."""
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            readable(path, [])
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
        if name.endswith(".csv"):
            with open(path) as file:
                rows = list(csv.reader(file))
            assert all(len(row) == len(rows[0]) for row in rows), f"{path}: a torn row"


def with_more_room(words):
    """The same command comes to its end; unless it had, and says so."""
    subprocess.run(["mount", "-o", "remount,size=20000k", "disk"], check=True)
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 or "holds the finished result" in done.stderr, f"with more room: exit {done.returncode}\n{done.stderr}"


def one(program, command, kilobytes):
    """Exit code of a command on a disk of that size."""
    assert mounted(kilobytes)
    try:
        words = [program, command, "case.yaml", "-o", "disk/out", *COMMANDS[command][0]]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
        printed = [int(line.split()[1].split("/")[0]) for line in done.stdout.splitlines() if line.startswith("  step ") and "/" in line.split()[1]]
        lines = [line for line in done.stderr.splitlines() if "warning" not in line]
        assert done.returncode in (0, 4), f"{command}, {kilobytes} KiB: exit {done.returncode}\n{done.stderr}"
        if done.returncode:
            assert len(lines) == 1 and "No space left on device" in lines[0] and "disk/out" in lines[0], f"{command}, {kilobytes} KiB: {lines}"
        readable("disk/out", printed if command == "run" else [])
        if done.returncode:
            with_more_room(words)
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
    alone = sys.argv[5] if len(sys.argv) > 5 else None
    for command, (_, largest) in COMMANDS.items():
        if alone not in (None, command):
            continue
        codes = [one(program, command, size.randint(12, largest)) for _ in range(times if command in ("run", alone) else max(1, times // 10))]
        print(f"ok: {command}: of {len(codes)} disks {codes.count(4)} were full, each said so in a line, and nothing finished was lost", flush=True)
        assert 4 in codes or len(codes) < 4, "the disk was never full"
    return 0


if __name__ == "__main__":
    sys.exit(main())
