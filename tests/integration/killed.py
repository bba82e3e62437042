#!/usr/bin/env python3
"""SIGKILL at random moments of `run`, `sample` (both methods) and `sweep`: every file that is there can be read, nothing
that a checkpoint (of a sweep: the row of a run) held is lost, and the same command again goes on, to the end, which is
that of undisturbed work.     killed.py SGDFP FOLDER [WHAT, default all] [TIMES, default 20] [SEED, default 1]"""
import csv
import glob
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time

import h5py

from tries import fresh

LINE = """name: killed
landscape: {{family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}}
sgd: {{learning_rate: 0.1, steps: {steps}}}
slice: {{axes: [sharpest], cells: [96]}}
models: [langevin, {{model: master, method: splat}}]
output: {{every: 1000, checkpoint: 0.02}}
"""
NETWORK = """name: killed
landscape: {{family: mlp, hidden: [3], l2: 0, data: {{source: synthetic, samples: 90, features: 4, classes: 3}}}}
reference_point: {{steps: 200, learning_rate: 0.2, batch_size: 16}}
spectrum: {{largest: 27}}
sgd: {{learning_rate: 0.1, batch_size: 8, steps: {steps}}}
trajectories: {{{trajectories}, every: 100, modes: 2, flat: 0}}
closure: {{refresh: 100, coupling_batches: 2, hessian_batches: 4}}
slice: {{axes: [sharpest]}}
models: [langevin]
output: {{checkpoint: 0.02}}
"""


def whole(name, size, form):
    """A number of a checkpoint."""
    def read(file):
        return struct.unpack(form, bytes(file[name][:size]))[0]
    return read


class Kind:
    """A command, its case, how far a checkpoint is, and the table that tells how it ended."""

    def __init__(self, command, case, progress, table, words=()):
        self.command, self.case, self.progress, self.table, self.words = command, case, progress, table, words


KINDS = {
    "run": Kind("run", LINE.format(steps=30000), whole("history/steps", 4, "<i"), "moments.csv"),
    "trajectories": Kind("sample", NETWORK.format(steps=300, trajectories="count: 1000"), whole("ensemble/steps", 8, "<d"), "modes_history.csv"),
    "growing": Kind("sample", NETWORK.format(steps=300, trajectories="method: growing, members: 3000"), whole("growing/state", 4, "<i"), "modes.csv"),
    "sweep": Kind("sweep", LINE.format(steps=2000), None, "sweep.csv", ("--vary", "sgd.batch_size=1,2,3,4")),
}


def start(program, kind, folder="out"):
    return subprocess.Popen([program, kind.command, "case.yaml", "-o", folder, *kind.words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def text_files(folder):
    """JSON whole, tables of rows of one length (but for a last one under way)."""
    for path in glob.glob(folder + "/**/*.json", recursive=True):
        with open(path) as file:
            json.load(file)
    for path in glob.glob(folder + "/**/*.csv", recursive=True):
        with open(path, newline="") as file:
            rows = list(csv.reader(file))
        assert all(len(row) == len(rows[0]) for row in rows[:-1]), f"{path}: a torn row"


def rows_done():
    return sum("exit" in json.load(open(path)) for path in glob.glob("out/*/sweep_run.json"))


def readable(kind, kept):
    """How far what is kept goes, which must not be behind what was kept before."""
    text_files("out")
    if not kind.progress:
        now = rows_done()
    elif os.path.exists("out/checkpoint.h5"):
        with h5py.File("out/checkpoint.h5", "r") as file:
            now = kind.progress(file)
    else:
        now = 0
    assert now >= kept, f"fell back from {kept} to {now}"
    return now


def finished(kind):
    """Between its last file and its end."""
    path = f"out/status_{kind.command}.json"
    if not os.path.exists(path):
        return False
    with open(path) as file:
        return json.load(file)["status"] == "finished"


def ended_as(one, other):
    """The tables, but for what is measured by the clock."""
    rows = []
    for path in (one, other):
        with open(path, newline="") as file:
            rows.append([{key: value for key, value in row.items() if "seconds" not in key} for row in csv.DictReader(file)])
    assert rows[0] == rows[1], f"{one} differs from {other}, of undisturbed work"


def to_the_end(program, kind, folder):
    process = start(program, kind, folder)
    _, err = process.communicate(timeout=900)  # of a loaded machine
    assert process.returncode == 0, f"exit {process.returncode}: {err}"


def stamp(kind):
    """Changes when more is kept."""
    if not kind.progress:
        return rows_done()
    return os.stat("out/checkpoint.h5").st_mtime_ns if os.path.exists("out/checkpoint.h5") else 0


def wait_until_more_is_kept(process, kind):
    before, late = stamp(kind), time.time() + 60
    while process.poll() is None and stamp(kind) == before and time.time() < late:
        time.sleep(0.01)


def kill_at_random(program, kind, times, seed, whole_time):
    """A quarter of the moments is anywhere, the others follow what this start has kept."""
    moment, kept, killed, later, furthest = random.Random(seed), 0, 0, 0, 0
    for _ in range(times):
        process = start(program, kind)
        share = 0.9
        if moment.random() < 0.75:
            wait_until_more_is_kept(process, kind)
            share = 0.3
        try:
            _, err = process.communicate(timeout=moment.uniform(0, share) * whole_time)
            assert process.returncode == 0, f"exit {process.returncode}: {err}"
            ended_as("out/" + kind.table, "undisturbed/" + kind.table)
            shutil.rmtree("out")
            kept = 0
            continue
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        killed += 1
        if os.path.exists("out") and finished(kind):
            shutil.rmtree("out")
        before, kept = kept, readable(kind, kept) if os.path.exists("out") else 0
        later += kept > before
        furthest = max(furthest, kept)
    to_the_end(program, kind, "out")
    ended_as("out/" + kind.table, "undisturbed/" + kind.table)
    assert not glob.glob("out/**/*.tmp", recursive=True) and not glob.glob("out/**/*.lock", recursive=True), os.listdir("out")
    return killed, later, furthest


def main():
    program, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    os.environ["OMPI_MCA_ess_singleton_isolated"] = "1"  # starts without a daemon, in half the time
    what = sys.argv[3] if len(sys.argv) > 3 else "all"
    times, seed = int(sys.argv[4]) if len(sys.argv) > 4 else 20, int(sys.argv[5]) if len(sys.argv) > 5 else 1
    for name, kind in KINDS.items():
        if what not in ("all", name):
            continue
        fresh(os.path.join(folder, name))
        os.environ["OMPI_MCA_orte_tmpdir_base"] = os.getcwd()  # not one for all such programs of the machine
        with open("case.yaml", "w") as file:
            file.write(kind.case)
        began = time.time()
        to_the_end(program, kind, "undisturbed")
        killed, later, furthest = kill_at_random(program, kind, times if what == name else times // 2, seed, time.time() - began)
        print(f"ok: {name} was killed {killed} times, {later} of them after more was kept (at the furthest {furthest:g}), went on, and came to the same end", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
