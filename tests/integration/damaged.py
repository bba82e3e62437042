#!/usr/bin/env python3
"""Bytes that were flipped, wherever, in what the program keeps or leaves: each is refused in one line, or does not matter
to the numbers.     damaged.py SGDFP FOLDER [FLIPS of each file, default 3] [SEED, default 1]"""
import csv
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys

import h5py
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../postprocess"))
import sgdfp  # noqa: E402

from tries import fresh, refusal, summed_up, told  # noqa: E402

LINE = """name: damaged
landscape: {family: rough}
sgd: {learning_rate: 0.1, steps: 4000}
slice: {axes: ["coordinate:1"], min: [-1.5], max: [1.5], cells: [96]}
initial: {mean: [0], std: [0.18]}
models: [langevin]
output: {every: 100}
"""
NETWORK = """name: damaged
landscape: {family: mlp, hidden: [3], l2: 0, data: {source: synthetic, samples: 90, features: 4, classes: 3}}
reference_point: {steps: 200, learning_rate: 0.2, batch_size: 16, save: point.h5}
spectrum: {largest: 27, file: spectrum.h5}
sgd: {learning_rate: 0.1, batch_size: 8, steps: 4}
slice: {axes: [sharpest], cells: [96]}
models: [langevin]
"""


def start(program, *words):
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=300)


def numbers(folder):
    """As below, in a process of its own: some releases of HDF5 divide by a zero that they find in a damaged file, and end the
    process. That is no answer anybody would take for numbers."""
    coming, going = os.pipe()
    child = os.fork()
    if not child:
        try:
            with os.fdopen(going, "wb") as file:
                pickle.dump(read(folder), file)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(going)
    with os.fdopen(coming, "rb") as file:
        found = file.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        print(f"the HDF5 library ended by signal {os.WTERMSIG(status)}")
        return None
    assert status == 0, "the reader failed otherwise than by refusing"
    return pickle.loads(found)


def read(folder):
    """What the density file holds, by the reader that everything else goes through; None where it is refused."""
    try:
        run = sgdfp.open(folder)
        return [run.steps, run.tau, *run.centres, run.h, *[run[m].values for m in run.densities()], *[run.field(name).values for name in run.fields]]
    except sgdfp.RunError as error:
        assert "damaged" in str(error) or "cannot be read" in str(error) or "density.h5" in str(error), error
        return None


def table(folder):
    with open(os.path.join(folder, "moments.csv"), newline="") as file:
        return [row for row in csv.reader(file)]


def flipped(source, target, name, at, bit):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    path = os.path.join(target, name)
    with open(path, "rb") as file:
        content = bytearray(file.read())
    content[at % len(content)] ^= 1 << bit
    with open(path, "wb") as file:
        file.write(content)


def answers(program, arguments, folder, sure):
    """What is wrong with the program's answer: refused in one line, or the numbers of undisturbed work."""
    done = start(program, *arguments)
    if done.returncode:
        return refusal(done, done.returncode if done.returncode in (2, 4) else 4, [], 1), done
    return ([] if table(folder) == sure else ["other numbers, and no word"]), done


def densities(draw, times):
    """Read after the work."""
    sure, failed, refused = numbers("line"), 0, 0
    size = os.path.getsize("line/density.h5")
    for _ in range(times):
        at, bit = draw.randrange(size), draw.randrange(8)
        flipped("line", "try", "density.h5", at, bit)
        found = numbers("try")
        refused += found is None
        if found is not None and not (len(found) == len(sure) and all(np.allclose(a, b, rtol=1e-12, atol=0) for a, b in zip(found, sure))):
            print(f"FAIL density.h5, bit {bit} of byte {at}: other numbers, and no word")
            failed += 1
    print(f"density.h5: {refused} of {times} refused")
    return failed


def kept(program, draw, times, source, name, arguments, folder, sure):
    failed, refused = 0, 0
    size = os.path.getsize(os.path.join(source, name))
    shutil.rmtree("try", ignore_errors=True)
    shutil.copytree(source, "try")
    faults, done = answers(program, arguments, folder, sure)
    if done.returncode or faults:
        failed += told(f"{name}, undamaged", faults or ["refused"], done)
    for _ in range(times):
        at, bit = draw.randrange(size), draw.randrange(8)
        flipped(source, "try", name, at, bit)
        faults, done = answers(program, arguments, folder, sure)
        refused += done.returncode != 0
        if faults:
            failed += told(f"{name}, bit {bit} of byte {at}", faults, done)
    print(f"{name}: {refused} of {times} refused")
    return failed


def interrupted(program):
    """With a checkpoint half way."""
    process = subprocess.Popen([program, "run", "line.yaml", "-o", "stopped"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not process.stdout.readline().startswith("  step   1"):
        pass
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143, process.returncode


def main():
    program, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    times, draw = int(sys.argv[3]) if len(sys.argv) > 3 else 3, random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    fresh(folder)
    for name, text in (("line.yaml", LINE), ("network.yaml", NETWORK)):
        with open(name, "w") as file:
            file.write(text)
    interrupted(program)
    for words in (("run", "line.yaml", "-o", "line"), ("run", "network.yaml", "-o", "network")):
        done = start(program, *words)
        assert done.returncode == 0, done.stderr
    os.makedirs("files")
    for name in ("point.h5", "spectrum.h5"):
        shutil.move(name, "files")
    failed = densities(draw, 20 * times)
    failed += kept(program, draw, times, "stopped", "checkpoint.h5", ["run", "--restart", "try"], "try", table("line"))
    failed += kept(program, draw, times, "stopped", "density.h5", ["run", "--restart", "try"], "try", table("line"))
    again = ["run", "network.yaml", "-o", "again", "--overwrite", "--set", "spectrum.file=try/spectrum.h5"]
    failed += kept(program, draw, times, "files", "spectrum.h5", again, "again", table("network"))
    given = ["run", "network.yaml", "-o", "again", "--overwrite", "--set", "reference_point={file: try/point.h5}", "--set", "spectrum.file=third.h5"]
    failed += kept(program, draw, times, "files", "point.h5", given, "again", table("network"))
    return summed_up(24 * times, failed)


if __name__ == "__main__":
    sys.exit(main())
