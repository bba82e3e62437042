"""A PyTorch network and the C network with the same weights and data, a perceptron on digits and a transformer on text: the
same slice fields and the same densities; the exporter's two ways to per-sample gradients, its ways to single losses and its three
to eigenpairs agree.
Exit 77 (skipped) without torch.

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
sys.path.insert(0, os.path.join(SOURCE, "cases", "torch"))
import torch_check  # noqa: E402
from export_torch import export_slice  # noqa: E402
from torch_problem import TorchProblem  # noqa: E402
from torch_spectrum import hessian_eigenpairs, read_eigenpairs  # noqa: E402

N, HIDDEN, L2 = 200, 4, 0.02
MLP = f"{{family: mlp, data: {{source: digits, limit: {N}}}, hidden: [{HIDDEN}], activation: silu, l2: {L2}}}"
SGD = "sgd: {learning_rate: 0.2, batch_size: 16, steps: 12, sampling: without_replacement}\n"
MODELS = "models: [master, discrete_fokker_planck, langevin]\noutput: {every: 4}\ninitial: {std: %s}\n"


LICENCE = "/usr/share/common-licenses/GPL-3"
T, WIDTH, HEADS, LAYERS, WINDOWS = 8, 4, 2, 2, 60
TEXT = (f"{{family: transformer, file: {LICENCE}, fold_case: true, limit: {WINDOWS}, context: {T}, width: {WIDTH}, "
        f"heads: {HEADS}, layers: {LAYERS}, hidden: 6, activation: silu, l2: {L2}}}")


class Transformer(torch.nn.Module):
    """transformer.h once more, in torch's own words; parameters in its order."""

    def __init__(self, vocabulary, hidden=6):
        super().__init__()
        self.token = torch.nn.Parameter(torch.zeros(vocabulary, WIDTH))
        self.position = torch.nn.Parameter(torch.zeros(T, WIDTH))
        self.blocks = torch.nn.ModuleList()
        for _ in range(LAYERS):
            self.blocks.append(torch.nn.ModuleList([
                torch.nn.Linear(WIDTH, 3 * WIDTH, bias=False), torch.nn.Linear(WIDTH, WIDTH, bias=False),
                torch.nn.Linear(WIDTH, hidden), torch.nn.Linear(hidden, WIDTH)]))
        self.out = torch.nn.Linear(WIDTH, vocabulary)

    def attend(self, qkv):
        q, k, v = (part.reshape(len(qkv), T, HEADS, -1).transpose(1, 2) for part in qkv.split(WIDTH, dim=2))
        future = torch.ones(T, T).triu(1).bool()
        scores = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).masked_fill(future, float("-inf"))
        return (scores.softmax(dim=3) @ v).transpose(1, 2).reshape(len(qkv), T, WIDTH)

    def forward(self, window):
        x = self.token[window] + self.position
        for query, project, up, down in self.blocks:
            x = x + project(self.attend(query(x)))
            x = x + down(torch.nn.functional.silu(up(x)))
        return self.out(x)


def text_problem(weights):
    characters = open(LICENCE, "rb").read()[: WINDOWS * T + 1].lower()
    symbols = sorted(set(characters))
    tokens = torch.tensor([symbols.index(c) for c in characters])
    windows = torch.stack([tokens[i * T : (i + 1) * T + 1] for i in range(WINDOWS)])
    model = Transformer(len(symbols)).double()
    torch.nn.utils.vector_to_parameters(torch.tensor(weights), model.parameters())
    loss = lambda output, target: torch.nn.functional.cross_entropy(output.flatten(0, 1), target.flatten())
    return model, loss, (windows[:, :-1], windows[:, 1:])


def run(sgdfp, command, case, folder):
    path = folder + ".yaml"
    with open(path, "w") as file:
        file.write(case)
    result = subprocess.run([sgdfp, command, path, "-o", folder, "--overwrite"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
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


def compare_slice(sgdfp, folder, landscape, problem, d, gradients):
    """The exported slice against the C network on the exported frame, box and nodes."""
    family = "transformer" if landscape is TEXT else "mlp"
    label = f"{family} {d}d {'samples' if gradients else 'covariance'}"
    stem = f"{folder}/{family}_{d}d_{'gi' if gradients else 'C1'}"
    axes = ("sharpest", "mode:6")[:d]
    nodes = (33, 17)[d - 1]
    extent = [(-0.5, 0.4), (-0.3, 0.3)][:d]
    export_slice(*problem, stem + ".h5", l2=L2, axes=axes, nodes=nodes, extent=extent, samples=gradients, frame=True)
    box = (f"min: {[e[0] for e in extent]}\n  max: {[e[1] for e in extent]}\n  cells: {[96, 48][:d]}\n")
    tail = SGD + MODELS % [0.05, 0.04][:d]
    law = "" if gradients and d == 1 else tail.replace("master,", "{model: master, law: gaussian},")
    run(sgdfp, "run", f"landscape: {landscape}\nreference_point: {{file: {stem}.h5, dataset: w}}\n"
        f"slice:\n  file: {stem}.h5\n  axes: {['coordinate:%d' % (k + 1) for k in range(d)]}\n  nodes: {nodes}\n"
        f"  {box}{law or tail}", stem + "_own")
    run(sgdfp, "run", f"landscape: {{family: slice_file, file: {stem}.h5}}\n"
        f"slice:\n  axes: {['coordinate:%d' % (k + 1) for k in range(d)]}\n  cells: {[96, 48][:d]}\n{law or tail}",
        stem + "_file")
    compare_runs(stem + "_file", stem + "_own", label)


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


def compare_ways(problem, own):
    """Every way to the single losses of a batch gives the same ones, by torch.func's vmap or functorch's too."""
    model, loss, (x, y) = problem
    output, names = own.own(x[:40]), []
    expected = torch.stack([loss(output[i : i + 1], y[i : i + 1]) for i in range(40)]).detach().numpy()
    for name, way in torch_check.ways(loss):
        if name != "the loss as it is":  # this one is for losses without a mean
            close(f"single losses by {name}", way(output, y[:40]).detach().numpy(), expected, 1e-14)
            names.append(name)
    assert {"reduction 'none'", "one by one"} <= set(names), names


def compare_tied():
    """A parameter that two modules share is one parameter, wherever it is used."""
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(5, 5), torch.nn.Tanh(), torch.nn.Linear(5, 5)).double()
    model[2].weight = model[0].weight
    x, y = torch.randn(7, 5, dtype=torch.float64), torch.randint(5, (7,))
    torch.nn.functional.cross_entropy(model(x), y).backward()
    expected = torch.cat([p.grad.reshape(-1) for p in model.parameters()]).numpy()
    problem = TorchProblem(model, torch.nn.CrossEntropyLoss(), (x, y))
    assert problem.dimension == 25 + 5 + 5, problem.dimension
    w = problem.start.numpy()
    close("tied weights: gradient against autograd", problem.gradient(w)[1], expected, 1e-14)
    each = problem.sample_gradients(w, np.eye(problem.dimension))
    close("tied weights: mean of the samples' gradients", each.mean(axis=0), expected, 1e-13)


def compare_eigenpairs(problem, folder, own):
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
    close("eigenvalues, the C program against dense", own[:8], dense[0][:8], 1e-8)
    for name, (values, vectors) in ways.items():
        close(f"eigenvalues, {name} against dense", values[:6], dense[0][:6], 1e-8)
        close(f"eigenvectors, {name} against dense", np.abs((vectors[:6] * dense[1][:6]).sum(axis=1)), np.ones(6), 1e-8)


def reference_point(sgdfp, folder, landscape, how):
    """Weights [P] that the C program trained."""
    stem = folder + "/weights"
    run(sgdfp, "spectrum", f"landscape: {landscape}\nreference_point: {{{how}, save: {stem}.h5}}\n"
        f"spectrum: {{largest: 8, smallest: 1}}\n{SGD}models: [master]\n", stem)
    with h5py.File(stem + ".h5") as file, h5py.File(stem + "/spectrum.h5") as spectrum:
        return file["w"][()], np.sort(spectrum["eigenvalues"][()])[::-1]


def boxes(sgdfp, folder, problem):
    """The exporter's box holds what the solver predicts, and hardly more; one of half the deviations does not."""
    for deviations, short in ((8.0, False), (4.0, True)):
        path, sgd = folder + "/box.h5", {"learning_rate": 0.3, "batch_size": 16, "steps": 40, "sampling": "without_replacement"}
        export_slice(*problem, path, l2=L2, axes=("sharpest", "mode:6"), nodes=9, sgd={**sgd, "deviations": deviations}, quiet=True)
        case = f"landscape: {{family: slice_file, file: {path}}}\nslice: {{axes: ['coordinate:1', 'coordinate:2']}}\nmodels: [langevin]\nsgd: {sgd}\n"
        with open(folder + "/box.yaml", "w") as file:
            file.write(case.replace("'", '"'))
        done = subprocess.run([sgdfp, "check", folder + "/box.yaml"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode in (0, 3), done.stdout
        if ("the prediction reaches" in done.stdout) != short:
            sys.exit(f"FAILED: the box of {deviations:g} deviations against the solver's prediction:\n{done.stdout}")
    print("the exporter's box is the solver's")


def main():
    sgdfp, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    torch.set_num_threads(1)
    weights, eigenvalues = reference_point(sgdfp, folder, MLP, "steps: 300, learning_rate: 0.3, minimize: true")
    digits = sklearn.datasets.load_digits()
    x, y = torch.tensor(digits.data[:N] / 16.0), torch.tensor(digits.target[:N])
    problem = (load_model(weights), torch.nn.CrossEntropyLoss(), (x, y))
    own = compare_methods(problem)
    compare_ways(problem, own)
    compare_tied()
    compare_eigenpairs(own, folder, eigenvalues)
    boxes(sgdfp, folder, problem)
    for d, gradients in ((1, True), (1, False), (2, True), (2, False)):
        compare_slice(sgdfp, folder, MLP, problem, d, gradients)
    if not os.path.exists(LICENCE):
        print(f"{LICENCE} is not there: the transformer is not compared")
        return
    weights, eigenvalues = reference_point(sgdfp, folder, TEXT, "steps: 300, learning_rate: 0.3")
    problem = text_problem(weights)
    compare_eigenpairs(compare_methods(problem), folder, eigenvalues)
    compare_slice(sgdfp, folder, TEXT, problem, 1, True)


if __name__ == "__main__":
    main()
