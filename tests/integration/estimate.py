#!/usr/bin/env python3
"""What the work will take is said before it: by `check` and `run`, for closed forms, tables and networks.
estimate.py SGDFP FOLDER"""
import os
import re
import shutil
import subprocess
import sys

CASE = """name: estimate
landscape: {family: quadratic, eigenvalues: [1.0, 0.5], gradient_noise: [1.0, 1.0]}
sgd: {learning_rate: 0.1, steps: 60}
slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-1.5, -1.5], max: [1.5, 1.5], cells: [40, 60]}
models: [master, langevin]
output: {every: 60}
"""
NETWORK = """name: network
landscape: {family: mlp, data: {source: digits}, hidden: [4], activation: silu}
sgd: {learning_rate: 0.1, batch_size: 32, steps: 60}
slice: {axes: [sharpest, 'mode:2'], nodes: 9, cells: [30, 40]}
models: [master, langevin]
"""
ALONE = NETWORK.replace(", cells: [30, 40]", "").replace("[master, langevin]", "[master, {model: network, members: 40, doublings: 1}]") + "reference_point: {steps: 70, batch_size: 16, minimize: false}\n"
MODEL = r"^  (\w+): (at most )?([0-9.e+-]+) s a step, ([0-9.e+-]+) s for 60 steps$"


def say(program, folder, command, text):
    with open(os.path.join(folder, "case.yaml"), "w") as f:
        f.write(text)
    done = subprocess.run([program, command, "case.yaml", "-o", "out", "--overwrite"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_models(text):
    found = re.findall(MODEL, text, re.M)
    assert [name for name, *_ in found] == ["master", "langevin"], text
    for _, _, step, whole in found:
        assert 0 < float(step) < 10 and 50 < float(whole) / float(step) < 70, text
    assert [most for _, most, *_ in found] == ["", "at most "], text
    assert re.search(r"memory: [1-9][0-9]* MB a rank", text), text
    assert "slice.cells: [20, 30] takes about" in text, text


def check_network(text):
    """Training, spectrum and trajectories before anything is trained, and memory where the spectrum sets the cells."""
    training = re.search(r"training: ([0-9.e+-]+) s a step of batch 16, ([0-9.e+-]+) s for 70 steps", text)
    network = re.search(r"network: about ([0-9.e+-]+) s a step of 40 trajectories, ([0-9.e+-]+) s for 60 steps; up to 2 times", text)
    assert training and 60 < float(training[2]) / float(training[1]) < 80, text
    assert network and 50 < float(network[2]) / float(network[1]) < 70, text
    assert float(network[1]) > 10 * float(training[1]), text
    assert re.search(r"spectrum: [0-9.e+-]+ s a product", text) and "minimiser" not in text, text
    memory = re.search(r"memory: ([1-9][0-9]*) MB a rank now; the models take about ([1-9][0-9]*) bytes for each", text)
    assert memory and float(memory[1]) < 1000 and "half of the cells an axis (slice.cells) take 1/4" in text, text


def slice_file(program, folder):
    """`check` of one: loss (x^2 + y^2/2)/2 over four samples, everything that the format asks for."""
    import h5py
    import numpy as np

    box = 1.5
    x = -box * np.cos(np.pi * np.arange(9) / 8)
    Y, X = np.meshgrid(x, x, indexing="ij")  # the last index runs along axis 1
    with h5py.File(os.path.join(folder, "slice.h5"), "w") as f:
        f.attrs.update({"format": "sgdfp-slice-1", "samples": 4, "min": [-box, -box], "max": [box, box]})
        f["slice/nodes"] = np.array([x, x])
        f["slice/loss"] = 0.5 * X**2 + 0.25 * Y**2
        f["slice/g"] = np.stack([X, 0.5 * Y], axis=-1)
        f["slice/C1"] = np.broadcast_to(np.eye(2), (9, 9, 2, 2)).copy()
    quadratic = "{family: quadratic, eigenvalues: [1.0, 0.5], gradient_noise: [1.0, 1.0]}"
    return say(program, folder, "check", CASE.replace(quadratic, "{family: slice_file, file: slice.h5}").replace("steps: 60", "steps: 60, batch_size: 2"))


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    check_models(say(program, folder, "check", CASE))
    run = say(program, folder, "run", CASE)
    check_models(run)
    assert run.index("Estimate, from a measured step") < run.index("  step      0/60"), run
    network = say(program, folder, "check", NETWORK)
    assert re.search(r"fields take 81 points of the landscape, [0-9.e+-]+ s each", network), network
    memory = re.search(r"memory: about ([1-9][0-9]*) MB a rank with all models on 1200 cells \(bytes a cell: master \d+, langevin \d+\)", network)
    assert memory and 10 < float(memory[1]) < 1000, network
    assert "slice.cells: [15, 20] takes 1/4 of the time" in network, network
    check_network(say(program, folder, "check", ALONE))
    check_models(slice_file(program, folder))
    print("estimates before the work")


main()
