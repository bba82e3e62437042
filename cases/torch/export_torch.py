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
import os
import runpy
import sys
import time

import h5py
import numpy as np
import torch

import torch_start
from torch_arguments import check_counts, check_pairs, check_sgd, told
from torch_box import predicted_extent
from torch_arrays import ExportError, first_line
from torch_data import where
from torch_nodes import interpolation_error, sample_slice, team_size
from torch_problem import TorchProblem, own_copy
from torch_progress import Progress
from torch_spectrum import arrange, cached_eigenpairs, read_eigenpairs

AUTOMATIC_NODES = {1: 33, 2: 17, 3: 13}
NO_EIGENVECTOR = 1e-2  # of the largest eigenvalue: a residual that no eigenvector has
COARSE = 1e-2  # of the largest gradient: an interpolation error worth a warning


def chebyshev_nodes(n, low, high):
    """Points of the second kind in increasing order, in the very operations of chebyshev.c."""
    return np.array([0.5 * (low + high) - 0.5 * (high - low) * np.cos(np.pi * j / (n - 1)) for j in range(n)])


def own_direction(axis, P):
    parts = axis if isinstance(axis, (list, tuple)) and axis and torch.is_tensor(axis[0]) else [axis]  # one tensor a parameter
    try:
        v = np.concatenate([np.ravel(np.asarray(p.detach().cpu() if torch.is_tensor(p) else p, dtype=float)) for p in parts])
    except (TypeError, ValueError) as error:
        raise ExportError(f"an axis is neither a name nor {P} numbers: {first_line(error)}") from error
    if v.shape != (P,) or not np.isfinite(v).all() or not np.any(v):
        raise ExportError(f"an axis of one's own must hold {P} finite numbers, not all zero; got {v.size}")
    return v / np.linalg.norm(v)


def flattest(problem, w, values, vectors, say):
    """Smallest |lambda| among the modes computed that the noise touches."""
    noise = problem.sample_gradients(w, vectors).var(axis=0)
    touched = np.flatnonzero(noise > 1e-6 * noise.max())
    mode = touched[np.argmin(np.abs(values[touched]))]
    say(f"flattest: mode {mode + 1} of the {len(values)} computed, of {problem.dimension} in all")
    if abs(values[mode]) > 0.01 * np.abs(values).max() and len(values) < problem.dimension:
        say(f"warning: its eigenvalue {values[mode]:.4g} is not small beside {np.abs(values).max():.4g}: flatter ones exist "
            "that were not computed (give a larger number by largest=)")
    return mode


def mode_number(axis, modes):
    mode = {"sharpest": 0, "most_negative": modes - 1}.get(axis)
    if mode is None and axis.startswith("mode:") and axis[5:].isdigit():
        mode = int(axis[5:]) - 1
    if mode is None or not 0 <= mode < modes:
        raise ExportError(f"axis {axis!r}: expected sharpest, flattest, most_negative, mode:1 .. mode:{modes}, or an array")
    return mode


def choose_axes(problem, w, axes, eigenpairs, say=print):
    """V [d, P], eigenvalues, residuals and names. axes: sharpest, flattest (smallest |lambda| among the modes that the
    noise touches), most_negative, mode:K (from 1), or an array: the user's own direction."""
    values, vectors = eigenpairs() if any(isinstance(axis, str) for axis in axes) else (None, None)
    V, names = [], []
    for axis in axes:
        if not isinstance(axis, str):
            V.append(own_direction(axis, problem.dimension))
            names.append("direction")
            continue
        mode = flattest(problem, w, values, vectors, say) if axis == "flattest" else mode_number(axis, len(values))
        V.append(vectors[mode])
        names.append(f"{axis} (mode {mode + 1})")
    V = np.array(V)
    if not np.allclose(V @ V.T, np.eye(len(V)), atol=1e-6):
        raise ExportError(f"the axes {names} are not orthogonal (the same direction twice?)")
    products = [problem.hessian_apply(w, v) for v in V]
    lam = np.array([v @ hv for v, hv in zip(V, products)])
    residuals = np.array([np.linalg.norm(hv - value * v) for v, hv, value in zip(V, products, lam)])
    if not np.isfinite(residuals).all():
        raise ExportError("the Hessian along the axes is not finite")
    for name, value, residual in zip(names, lam, residuals):
        if name != "direction" and residual > NO_EIGENVECTOR * np.abs(values).max():
            raise ExportError(f"axis {name} is no eigenvector of the Hessian here: |H v - lambda v| is {residual:.2g} where lambda is {value:.4g}; "
                              "eigenpairs of another point, another loss (l2?), another order of the parameters?")
    return V, lam, residuals, names


def modes_wanted(axes, largest, smallest):
    """How many eigenpairs these axes need: all the user asks for, else as few as will do."""
    numbers = [int(axis[5:]) for axis in axes if isinstance(axis, str) and axis[5:].isdigit() and axis.startswith("mode:")]
    ends = any(isinstance(axis, str) and axis in ("flattest", "most_negative") for axis in axes)
    if largest is None:
        largest = max(numbers + [40 if "flattest" in [a for a in axes if isinstance(a, str)] else 2])
    return largest, (2 if ends else 0) if smallest is None else smallest


def check_extent(extent, d):
    try:
        box = np.array(extent, dtype=float)
    except (TypeError, ValueError):
        box = np.empty(0)
    if box.shape != (d, 2) or not np.isfinite(box).all() or not (box[:, 0] < box[:, 1]).all():
        raise ExportError(f"extent must be {d} pairs (min, max), finite, min below max; got {extent}")
    return [tuple(pair) for pair in box.tolist()]


def try_place(path):
    """Where the file will stand is made and written to before the work."""
    if os.path.isdir(path):
        raise ExportError(f"{path} is a folder: name a file in it")
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(f"{path}.tmp", "wb"):
            pass
        os.remove(f"{path}.tmp")
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error}") from error


def write_slice(path, attributes, nodes, loss, g, C1, gi=None, frame=None):
    """To a temporary name, then renamed: a file is whole or not there. Nothing that is not finite is written."""
    for what, value in {**attributes, "nodes": nodes, "loss": loss, "g": g, "C1": C1, "gi": gi, **(frame or {})}.items():
        if value is not None and np.asarray(value).dtype.kind == "f" and not np.isfinite(value).all():
            raise ExportError(f"{what} holds numbers that are not finite: nothing was written")
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


@told
def export_slice(model, loss_fn, data, path, axes=("sharpest", "flattest"), nodes=None, extent=None, sgd=None, l2=0.0,
                 eigenpairs=None, largest=None, smallest=None, tolerance=1e-10, solver="auto", samples=True, frame=False,
                 chunk=256, method="auto", name=None, quiet=False, limit=None, cache=True, workers=None, checkpoint=None,
                 parameters=None, minimize=0):
    """Write the slice around the model's present parameters.

    loss_fn(output, target)  the loss of a batch: the mean of its samples' losses (anything else is refused, with the
                reason), or one number a sample (reduction='none': their mean is taken)
    data        (inputs, targets) with samples first, on any device, a Dataset or a DataLoader; limit: the first so many
    checkpoint  a file of torch.save with the model's state dict; parameters: only those whose names fit one of these patterns
                ("layer4.*", "*.bias"), the others are held still
    minimize    so many iterations of L-BFGS on the whole loss before the export: a checkpoint is rarely a minimum
    axes        1-3 of sharpest, flattest, most_negative, mode:K, or arrays [P]
    nodes       Chebyshev nodes per axis (default 33, 17, 13 in 1, 2, 3 dimensions)
    extent      [(min, max), ...] per axis; or sgd = {learning_rate, batch_size, steps, deviations, sampling} as in the case:
                from the closed moments, as the solver takes its box
    l2          adds (l2/2)|w|^2 to every sample's loss
    eigenpairs  (values [k], vectors [k, P]) or the name of an .npz file; otherwise computed (largest, smallest: how many
                from each end, by default what the axes need; tolerance, solver: see torch_spectrum.py) and, with cache,
                kept in PATH.eigenpairs.npz for the next export of the same landscape
    samples     keep each sample's gradients (exact batch law in 1D) or only their covariance
    frame       also write /w and /V: reference point and axes (for reference_point.file and slice.file)
    method      per-sample derivatives by "forward" mode, "double_backward", or the first that works
    workers     processes for the nodes (default: the processors), chunk: samples at a time
    quiet       no lines on what is done; the self-check is always printed

    Before the work the loss, its gradient and a Hessian product are compared with the module's own autograd on a batch
    (torch_check.py). What a user can mend is an ExportError (a ValueError) of one line.
    """
    path, axes = os.fspath(path), [axes] if isinstance(axes, str) else list(axes) if isinstance(axes, (list, tuple)) else axes
    if not path:
        raise ExportError("path: a name for the file is missing")
    if not isinstance(axes, list):
        raise ExportError(f"axes: a list of 1 to 3 names or arrays is expected, got a {type(axes).__name__}")
    if not 1 <= len(axes) <= 3:
        raise ExportError(f"1, 2 or 3 axes, not {len(axes)}")
    if extent is None and sgd is None:
        raise ExportError("give extent=[(min, max), ...] or sgd={learning_rate, batch_size, steps}")
    check_counts(nodes, largest, smallest, workers, minimize, chunk)
    if sgd is not None:
        check_sgd(sgd, len(axes))
    if extent is not None:
        extent = check_extent(extent, len(axes))
    try_place(path)
    say = None if quiet else lambda line: print(line, flush=True)
    tell = say or (lambda line: None)
    if checkpoint is not None:
        model = torch_start.load(own_copy(model), checkpoint)
    problem = TorchProblem(model, loss_fn, data, l2=l2, chunk=chunk, method=method, limit=limit, parameters=parameters)
    w, started = problem.start.numpy(), time.time()
    if minimize:
        w = torch_start.minimise(problem, w, int(minimize), tell)

    def pairs():
        if isinstance(eigenpairs, (str, os.PathLike)):
            return read_eigenpairs(eigenpairs, problem.dimension)
        if eigenpairs is not None:
            if not isinstance(eigenpairs, (tuple, list)) or len(eigenpairs) != 2:
                raise ExportError("eigenpairs: expected (values [k], vectors [k, P]) or the name of an .npz file")
            return arrange(*check_pairs(*eigenpairs, problem.dimension, "eigenpairs"))
        wanted = modes_wanted(axes, largest, smallest)
        kept = path + ".eigenpairs.npz" if cache else None
        begun = time.time()
        found = cached_eigenpairs(problem, w, kept, *wanted, tolerance, solver, say)
        tell(f"eigenpairs: {time.time() - begun:.1f} s")
        return found

    V, lam, residuals, names = choose_axes(problem, w, axes, pairs, print)
    for label, value, residual in zip(names, lam, residuals):
        tell(f"axis {label}: eigenvalue {value:.10g}, residual {residual:.2g}")
    if extent is None:
        extent = predicted_extent(problem, w, V, lam, names=names, **sgd)
    elif not all(low <= 0 <= high for low, high in extent):
        print(f"warning: the extent {extent} does not hold the reference point a = 0")
    loss, gradient = problem.gradient(w)
    torch_start.advise(gradient, V, extent, sgd, tell)
    grid = [chebyshev_nodes(nodes or AUTOMATIC_NODES[len(V)], low, high) for low, high in extent]
    fields = sample_nodes(problem, w, V, grid, workers, say)
    tell(f"{problem.samples} samples, {problem.dimension} parameters, loss {loss:.10g}; {problem.method} derivatives, "
        f"{time.time() - started:.1f} s")
    attributes = {"samples": problem.samples, "min": [float(e[0]) for e in extent], "max": [float(e[1]) for e in extent],
                  "eigenvalues": lam, "residuals": residuals, "axes": ", ".join(names),
                  "model": str(name or type(model).__name__).replace("\0", "?"), "parameters": problem.dimension,
                  "gradient_norm": float(np.linalg.norm(gradient)), "torch": str(torch.__version__)}
    write_slice(path, attributes, grid, *fields[:3], gi=fields[3] if samples else None,
                frame={"w": w, "V": V} if frame else None)
    tell(f"wrote {path}")


def sample_nodes(problem, w, V, grid, workers, say):
    """The fields at the nodes, with an estimate before, a line now and then, and afterwards how well the nodes resolve them."""
    tell, begun = say or (lambda line: None), time.time()
    problem.losses_and_gradients(w, V)
    count, each = int(np.prod([len(axis) for axis in grid])), time.time() - begun
    team = team_size(problem, count, workers, count * each)
    tell(f"nodes: {count} at {each:.2g} s each on {team} process{'es' if team > 1 else ''}: about {count * each / team:.0f} s")
    begun = time.time()
    progress = Progress(say, "nodes")
    fields = sample_slice(problem, w, V, grid, progress, team)
    progress.close()
    error = interpolation_error(problem, w, V, grid, fields[1])
    tell(f"nodes: {time.time() - begun:.1f} s; between them the interpolated gradient errs by {error:.1e} of its largest value")
    if error > COARSE:
        print(f"warning: the nodes do not resolve the gradient (to {error:.2g} of its largest value between them): more nodes, a smaller "
              "box, or a smooth activation in place of ReLU and average in place of max pooling")
    return fields


def arguments_of(file):
    """What the user's problem() returns; what fails in his file is told with its line."""
    try:
        found = runpy.run_path(file)
        if "problem" not in found:
            raise ExportError(f"{file} defines no function problem()")
        arguments = found["problem"]()
    except ExportError:
        raise
    except Exception as error:
        raise ExportError(f"{file}: {type(error).__name__}: {first_line(error)}{where(error)}") from error
    if not isinstance(arguments, dict) or not {"model", "loss_fn", "data"} <= set(arguments):
        holds = sorted(map(str, arguments)) if isinstance(arguments, dict) else f"a {type(arguments).__name__}"
        raise ExportError(f"{file}: problem() must return a dict with model, loss_fn, data (export_slice's arguments), not {holds}")
    return dict(arguments)


def main():
    parser = argparse.ArgumentParser(description="Export a slice of a PyTorch model's loss landscape.")
    parser.add_argument("file", help="Python file that defines problem() -> dict of export_slice's arguments")
    parser.add_argument("-o", "--output", default="out/pytorch.h5")
    parser.add_argument("--nodes", type=int, help="Chebyshev nodes per axis")
    parser.add_argument("--eigenpairs", help=".npz with eigenvalues and eigenvectors, instead of computing them")
    parser.add_argument("--checkpoint", help="file of torch.save with the model's parameters")
    parser.add_argument("--minimize", type=int, help="iterations of L-BFGS before the export")
    parser.add_argument("--workers", type=int, help="processes for the nodes (default: the processors)")
    parser.add_argument("--quiet", action="store_true", help="no lines on what is done")
    options = parser.parse_args()
    try:
        try_place(options.output)  # before problem() trains
        arguments = arguments_of(options.file)
        arguments.update({key: value for key in ("nodes", "eigenpairs", "checkpoint", "minimize", "workers", "quiet") if (value := getattr(options, key))})
        export_slice(path=options.output, **arguments)
    except ExportError as error:
        sys.exit(f"export_torch.py: {first_line(error)}")


if __name__ == "__main__":
    main()
