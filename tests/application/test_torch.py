"""A PyTorch network and the C network with the same weights and data: the same slice fields and the same densities; the
exporter's two ways to per-sample gradients and its three to eigenpairs agree. Exit 77 (skipped) without torch.

    test_torch.py SGDFP FOLDER
"""
import os
import subprocess
import sys

import numpy as np

try:
    import h5py
    import sklearn.datasets
    import torch
except ImportError as error:
    print(f"skipped: {error} (apt-get install python3-torch python3-h5py python3-sklearn)")
    sys.exit(77)

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(SOURCE, "cases"))
from export_torch import export_slice  # noqa: E402
from torch_problem import TorchProblem  # noqa: E402
from torch_spectrum import hessian_eigenpairs, read_eigenpairs  # noqa: E402

N, HIDDEN, L2 = 200, 4, 0.02
MLP = f"{{family: mlp, data: {{source: digits, limit: {N}}}, hidden: [{HIDDEN}], activation: silu, l2: {L2}}}"
SGD = "sgd: {learning_rate: 0.2, batch_size: 16, steps: 12, sampling: without_replacement}\n"
MODELS = "models: [master, discrete_fokker_planck, langevin]\noutput: {every: 4}\ninitial: {std: %s}\n"


def run(sgdfp, command, case, folder):
    path = folder + ".yaml"
    with open(path, "w") as file:
        file.write(case)
    result = subprocess.run([sgdfp, command, path, "-o", folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode:
        sys.exit(f"{command} {path}: exit {result.returncode}\n{result.stdout.decode()}")


def load_model(weights):
    """The C network's vector W1, b1, W2, b2 is torch's own order."""
    model = torch.nn.Sequential(torch.nn.Linear(64, HIDDEN), torch.nn.SiLU(), torch.nn.Linear(HIDDEN, 10)).double()
    torch.nn.utils.vector_to_parameters(torch.tensor(weights), model.parameters())
    return model


def close(what, a, b, tolerance):
    error = np.abs(a - b).max() / np.abs(b).max()
    print(f"{what}: {error:.2e} of the largest value (at most {tolerance:g})")
    if not error <= tolerance:
        sys.exit(f"FAILED: {what}")


def compare_runs(mine, theirs, label):
    with h5py.File(mine + "/density.h5") as a, h5py.File(theirs + "/density.h5") as b:
        for group, tolerance in (("slice", 1e-6), ("density", 1e-5)):
            names = [name for name in b[group] if group == "density" or name == "loss" or name[:2] in ("g_", "C_")]
            if len(names) < 3:
                sys.exit(f"FAILED: fields or models are missing in {theirs}: {names}")
            for name in names:
                close(f"{label}: {group}/{name}", a[group][name][()], b[group][name][()], tolerance)


def compare_slice(sgdfp, folder, problem, d, gradients):
    """The exported slice against the C network on the exported frame, box and nodes."""
    label = f"{d}d {'samples' if gradients else 'covariance'}"
    stem = f"{folder}/{d}d_{'gi' if gradients else 'C1'}"
    axes = ("sharpest", "mode:6")[:d]
    nodes = (33, 17)[d - 1]
    extent = [(-0.5, 0.4), (-0.3, 0.3)][:d]
    export_slice(*problem, stem + ".h5", l2=L2, axes=axes, nodes=nodes, extent=extent, samples=gradients, frame=True)
    box = (f"min: {[e[0] for e in extent]}\n  max: {[e[1] for e in extent]}\n  cells: {[96, 48][:d]}\n")
    tail = SGD + MODELS % [0.05, 0.04][:d]
    law = "" if gradients or d > 1 else tail.replace("master,", "{model: master, law: gaussian},")
    run(sgdfp, "run", f"landscape: {MLP}\nreference_point: {{file: {stem}.h5, dataset: w}}\n"
        f"slice:\n  file: {stem}.h5\n  axes: {['coordinate:%d' % (k + 1) for k in range(d)]}\n  nodes: {nodes}\n"
        f"  {box}{law or tail}", stem + "_mlp")
    run(sgdfp, "run", f"landscape: {{family: slice_file, file: {stem}.h5}}\n"
        f"slice:\n  axes: {['coordinate:%d' % (k + 1) for k in range(d)]}\n  cells: {[96, 48][:d]}\n{law or tail}",
        stem + "_file")
    compare_runs(stem + "_file", stem + "_mlp", label)


def compare_methods(problem):
    forward = TorchProblem(*problem, l2=L2, method="forward")
    backward = TorchProblem(*problem, l2=L2, method="double_backward")
    V = np.random.default_rng(1).normal(size=(2, forward.dimension))
    w = forward.start.numpy()
    close("per-sample gradients, forward against double backward", forward.sample_gradients(w, V),
          backward.sample_gradients(w, V), 1e-12)
    h = 1e-5
    difference = (forward.gradient(w + h * V[0])[1] - forward.gradient(w - h * V[0])[1]) / (2 * h)
    close("Hessian-vector product against differences", forward.hessian_apply(w, V[0]), difference, 1e-7)
    return forward


def compare_eigenpairs(problem, folder):
    w = problem.start.numpy()
    dense = hessian_eigenpairs(problem, w, solver="dense")
    np.savez(folder + "/pairs.npz", eigenvalues=dense[0], eigenvectors=dense[1].T)
    ways = {"scipy": hessian_eigenpairs(problem, w, 6, 2, solver="scipy"),
            "read from .npz": read_eigenpairs(folder + "/pairs.npz", problem.dimension)}
    try:
        import slepc4py  # noqa: F401
        ways["slepc"] = hessian_eigenpairs(problem, w, 6, 2, solver="slepc")
    except ImportError:
        print("slepc4py is not there: scipy's eigenpairs alone are compared")
    for name, (values, vectors) in ways.items():
        close(f"eigenvalues, {name} against dense", values[:6], dense[0][:6], 1e-8)
        close(f"eigenvectors, {name} against dense", np.abs((vectors[:6] * dense[1][:6]).sum(axis=1)), np.ones(6), 1e-8)


def main():
    sgdfp, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    torch.set_num_threads(1)
    run(sgdfp, "spectrum", f"landscape: {MLP}\nreference_point: {{steps: 300, learning_rate: 0.3, minimize: true, "
        f"save: {folder}/weights.h5}}\nspectrum: {{largest: 8, smallest: 1}}\n{SGD}models: [master]\n",
        folder + "/spectrum")
    with h5py.File(folder + "/weights.h5") as file:
        weights = file["w"][()]
    digits = sklearn.datasets.load_digits()
    x, y = torch.tensor(digits.data[:N] / 16.0), torch.tensor(digits.target[:N])
    problem = (load_model(weights), torch.nn.CrossEntropyLoss(), (x, y))
    compare_eigenpairs(compare_methods(problem), folder)
    for d, gradients in ((1, True), (1, False), (2, True), (2, False)):
        compare_slice(sgdfp, folder, problem, d, gradients)


if __name__ == "__main__":
    main()
