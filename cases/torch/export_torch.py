#!/usr/bin/env python3
"""Export a slice of a PyTorch model's loss landscape for the case family `slice_file` (format: SLICE_FILE.md).

    from export_torch import export_slice
    export_slice(model, loss_fn, (inputs, targets), "slice.h5", axes=("sharpest", "flattest"),
                 sgd={"learning_rate": 0.1, "batch_size": 64, "steps": 100})

or, with a Python file that defines problem() -> dict of these arguments,

    python3 cases/torch/export_torch.py cases/torch/pytorch_example.py -o out/pytorch.h5

Needs torch (1.12 or later), numpy, h5py; slepc4py or scipy for the eigenvectors.
"""
import argparse
import itertools
import os
import runpy
import time

import h5py
import numpy as np
import torch

from torch_problem import TorchProblem
from torch_spectrum import hessian_eigenpairs, read_eigenpairs

AUTOMATIC_NODES = {1: 33, 2: 17, 3: 13}


def chebyshev_nodes(n, low, high):
    """Points of the second kind in increasing order, in the very operations of chebyshev.c."""
    return np.array([0.5 * (low + high) - 0.5 * (high - low) * np.cos(np.pi * j / (n - 1)) for j in range(n)])


def choose_axes(problem, w, axes, eigenpairs):
    """V [d, P], eigenvalues, residuals and names. axes: sharpest, flattest (smallest |lambda| among the modes that the
    noise touches), most_negative, mode:K (from 1), or an array: the user's own direction."""
    values, vectors = eigenpairs() if any(isinstance(axis, str) for axis in axes) else (None, None)
    V, names = [], []
    for axis in axes:
        if not isinstance(axis, str):
            v = np.ravel(np.asarray(axis, dtype=float))
            V.append(v / np.linalg.norm(v))
            names.append("direction")
            continue
        if axis == "flattest":
            noise = problem.sample_gradients(w, vectors).var(axis=0)
            touched = np.flatnonzero(noise > 1e-6 * noise.max())
            mode = touched[np.argmin(np.abs(values[touched]))]
        else:
            mode = {"sharpest": 0, "most_negative": len(values) - 1}.get(axis)
            if mode is None and axis.startswith("mode:"):
                mode = int(axis[5:]) - 1
            if mode is None or not 0 <= mode < len(values):
                raise ValueError(f"axis {axis!r}: expected sharpest, flattest, most_negative or mode:1 .. "
                                 f"mode:{len(values)}")
        V.append(vectors[mode])
        names.append(f"{axis} (mode {mode + 1})")
    V = np.array(V)
    if not np.allclose(V @ V.T, np.eye(len(V)), atol=1e-6):
        raise ValueError(f"the axes {names} are not orthogonal (the same direction twice?)")
    products = [problem.hessian_apply(w, v) for v in V]
    lam = np.array([v @ hv for v, hv in zip(V, products)])
    residuals = np.array([np.linalg.norm(hv - value * v) for v, hv, value in zip(V, products, lam)])
    return V, lam, residuals, names


def predicted_extent(problem, w, V, lam, learning_rate, batch_size, steps, deviations=8.0):
    """[min, max] per axis: the mean +- deviations (one number, or one an axis) over the horizon, each axis by itself, linearised at the reference
    point; the start is the noise of one step."""
    gi = problem.sample_gradients(w, V)
    extent = []
    reach = np.broadcast_to(deviations, len(V))
    for g, C, curvature, r in zip(gi.mean(axis=0), gi.var(axis=0) / batch_size, lam, reach):
        mean, variance = 0.0, learning_rate**2 * C
        low = high = 0.0
        for _ in range(steps + 1):
            low = min(low, mean - r * variance**0.5)
            high = max(high, mean + r * variance**0.5)
            factor = 1 - learning_rate * curvature
            mean = factor * mean - learning_rate * g
            variance = factor**2 * variance + learning_rate**2 * C
        extent.append((low, high))
    return extent


def sample_slice(problem, w, V, nodes, progress=None):
    """loss [..], g [.., d], C1 [.., d, d], gi [.., N, d] on the tensor of nodes [d][n], first axis fastest."""
    d, shape = len(V), tuple(len(axis) for axis in reversed(nodes))
    loss, g = np.empty(shape), np.empty(shape + (d,))
    C1, gi = np.empty(shape + (d, d)), np.empty(shape + (problem.samples, d))
    for count, index in enumerate(itertools.product(*(range(n) for n in shape))):
        a = np.array([nodes[k][index[d - 1 - k]] for k in range(d)])
        at = w + a @ V
        loss[index] = problem.losses(at).mean()
        gi[index] = problem.sample_gradients(at, V)
        g[index] = gi[index].mean(axis=0)
        centred = gi[index] - g[index]
        C1[index] = centred.T @ centred / problem.samples
        if progress:
            progress(count + 1, int(np.prod(shape)))
    return loss, g, C1, gi


def write_slice(path, attributes, nodes, loss, g, C1, gi=None, frame=None):
    """To a temporary name, then renamed: a file is whole or not there."""
    temporary = f"{path}.tmp"
    with h5py.File(temporary, "w") as file:
        file.attrs["format"] = "sgdfp-slice-1"
        for name, value in attributes.items():
            file.attrs[name] = value
        for name, value in {"nodes": nodes, "loss": loss, "g": g, "C1": C1, "gi": gi}.items():
            if value is not None:
                file["slice/" + name] = np.asarray(value, dtype=float)
        for name, value in (frame or {}).items():
            file[name] = np.asarray(value, dtype=float)
    os.replace(temporary, path)


def export_slice(model, loss_fn, data, path, axes=("sharpest", "flattest"), nodes=None, extent=None, sgd=None, l2=0.0,
                 eigenpairs=None, largest=40, smallest=2, tolerance=1e-10, solver="auto", samples=True, frame=False,
                 chunk=512, method="auto", name=None, quiet=True):
    """Write the slice around the model's present parameters.

    loss_fn(output, target)  the loss of a batch; each sample's is that of a batch of one
    data        (inputs, targets) with samples first, a Dataset or a DataLoader
    axes        1-3 of sharpest, flattest, most_negative, mode:K, or arrays [P]
    nodes       Chebyshev nodes per axis (default 33, 17, 13 in 1, 2, 3 dimensions)
    extent      [(min, max), ...] per axis; or sgd = {learning_rate, batch_size, steps, deviations}: from the prediction
    l2          adds (l2/2)|w|^2 to every sample's loss
    eigenpairs  (values [k], vectors [k, P]) or the name of an .npz file; otherwise computed (largest, smallest,
                tolerance, solver: see torch_spectrum.py)
    samples     keep each sample's gradients (exact batch law in 1D) or only their covariance
    frame       also write /w and /V: reference point and axes (for reference_point.file and slice.file)
    method      per-sample derivatives by "forward" mode, "double_backward", or the first that works
    """
    problem = TorchProblem(model, loss_fn, data, l2=l2, chunk=chunk, method=method)
    w, started = problem.start.numpy(), time.time()
    say = (lambda *_: None) if quiet else print

    def pairs():
        if isinstance(eigenpairs, (str, os.PathLike)):
            return read_eigenpairs(eigenpairs, problem.dimension)
        if eigenpairs is not None:
            return tuple(np.asarray(part, dtype=float) for part in eigenpairs)
        return hessian_eigenpairs(problem, w, largest, smallest, tolerance, solver)

    V, lam, residuals, names = choose_axes(problem, w, axes, pairs)
    if not 1 <= len(V) <= 3:
        raise ValueError(f"1, 2 or 3 axes, not {len(V)}")
    for label, value, residual in zip(names, lam, residuals):
        say(f"axis {label}: eigenvalue {value:.10g}, residual {residual:.2g}")
    if extent is None:
        if sgd is None:
            raise ValueError("give extent=[(min, max), ...] or sgd={learning_rate, batch_size, steps}")
        extent = predicted_extent(problem, w, V, lam, **sgd)
    grid = [chebyshev_nodes(nodes or AUTOMATIC_NODES[len(V)], low, high) for low, high in extent]
    fields = sample_slice(problem, w, V, grid)
    loss, gradient = problem.gradient(w)
    say(f"{problem.samples} samples, {problem.dimension} parameters, loss {loss:.10g}, |gradient| "
        f"{np.linalg.norm(gradient):.3g}; {problem.method} derivatives, {time.time() - started:.1f} s")
    attributes = {"samples": problem.samples, "min": [float(e[0]) for e in extent], "max": [float(e[1]) for e in extent],
                  "eigenvalues": lam, "residuals": residuals, "axes": ", ".join(names),
                  "model": name or type(model).__name__, "parameters": problem.dimension,
                  "gradient_norm": float(np.linalg.norm(gradient)), "torch": str(torch.__version__)}
    write_slice(path, attributes, grid, *fields[:3], gi=fields[3] if samples else None,
                frame={"w": w, "V": V} if frame else None)
    say(f"wrote {path}")


def main():
    parser = argparse.ArgumentParser(description="Export a slice of a PyTorch model's loss landscape.")
    parser.add_argument("file", help="Python file that defines problem() -> dict of export_slice's arguments")
    parser.add_argument("-o", "--output", default="out/pytorch.h5")
    parser.add_argument("--nodes", type=int, help="Chebyshev nodes per axis")
    parser.add_argument("--eigenpairs", help=".npz with eigenvalues and eigenvectors, instead of computing them")
    options = parser.parse_args()
    arguments = dict(runpy.run_path(options.file)["problem"]())
    arguments.update({key: value for key in ("nodes", "eigenpairs") if (value := getattr(options, key))})
    os.makedirs(os.path.dirname(os.path.abspath(options.output)), exist_ok=True)
    export_slice(path=options.output, **{"quiet": False, **arguments})


if __name__ == "__main__":
    main()
