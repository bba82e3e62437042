#!/usr/bin/env python3
"""Read a loss surface in the HDF5 convention of the loss-landscape programs (H. Li et al., Visualizing the loss landscape
of neural nets, 2018) and say what it lacks for a density.

    python3 cases/torch/read_loss_landscape.py surface.h5
"""
import sys

import h5py
import numpy as np

LACKS = """What is missing for the density of the parameters under SGD:
  - the noise of the minibatch gradient (each sample's gradient, or its covariance C1): a loss surface does not contain it,
    and without it there is neither a master equation nor a Langevin equation to solve;
  - the number of samples N behind it, which the batch factor needs;
  - the gradient on the slice: differences of the loss give it only to the surface's resolution;
  - orthonormal axes in the units of the parameters: these directions are random and rescaled filter by filter, so that
    steps along them are not steps of SGD, and the Hessian eigenvalues of the axes are not known.
cases/torch/export_torch.py writes all of it from the model and its data (cases/torch/SLICE_FILE.md)."""


def read_loss_landscape(path):
    """dict with x [nx], y [ny] (None for a curve), and each surface found (train_loss, train_acc, test_loss, test_acc) as
    an array [nx] or [ny, nx]; unfinished entries (the programs mark them -1) are NaN. ValueError: not such a file.

    The programs allocate [nx, ny] but number the entries with x running fastest: what counts is the order in memory."""
    with h5py.File(path, "r") as file:
        missing = [name for name in ("xcoordinates", "train_loss") if name not in file]
        if missing:
            raise ValueError(f"{path}: no loss-landscape file: has no {' and no '.join(missing)}; found {sorted(file)}")
        surface = {"x": file["xcoordinates"][()], "y": file["ycoordinates"][()] if "ycoordinates" in file else None}
        shape = surface["x"].shape if surface["y"] is None else surface["y"].shape + surface["x"].shape
        for name in ("train_loss", "train_acc", "test_loss", "test_acc"):
            if name in file:
                values = np.array(file[name], dtype=float)
                if values.size != np.prod(shape):
                    raise ValueError(f"{path}: {name} has the shape {values.shape}, the coordinates ask for {shape}")
                surface[name] = np.where(values == -1, np.nan, values).reshape(shape)
    return surface


def describe(surface):
    lines = []
    for name in ("x", "y"):
        if surface[name] is not None:
            axis = surface[name]
            lines.append(f"{name}: {len(axis)} coordinates from {axis.min():g} to {axis.max():g}")
    for name, values in surface.items():
        if name in ("x", "y"):
            continue
        unfinished = int(np.isnan(values).sum())
        if unfinished == values.size:
            lines.append(f"{name}: no entry was computed")
            continue
        lowest = np.unravel_index(np.nanargmin(values), values.shape)
        place = ", ".join(f"{surface[axis][i]:g}" for axis, i in zip("xy", reversed(lowest)))
        lines.append(f"{name}: {np.nanmin(values):g} (at {place}) to {np.nanmax(values):g}"
                     + (f"; {unfinished} entries were not computed" if unfinished else ""))
    return "\n".join(lines)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: read_loss_landscape.py FILE")
    try:
        print(describe(read_loss_landscape(sys.argv[1])))
    except (OSError, ValueError) as error:
        sys.exit(f"read_loss_landscape.py: {error}")
    print(LACKS)


if __name__ == "__main__":
    main()
