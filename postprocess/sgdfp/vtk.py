"""A run's densities for ParaView: DIR/paraview/density.pvd with one image a step, on points at the cells' centres, so that a
plane opens as a surface and warps, contours and differences need no further filter.

    sgdfp.vtk.write(run)                       all models, differences from the reference, log10, loss, g, C
    sgdfp.vtk.write_hdf(run)                   the same as one file, density.vtkhdf, for ParaView 5.12 and later
    postprocess/python.sh -m sgdfp.vtk DIR [--hdf]     the same from the shell (PYTHONPATH=postprocess)
"""
import json
import os
import sys

import h5py
import numpy as np

from sgdfp import reader

SEEN = 1e-4  # pictures show where some marginal exceeds this share of its top
FLOOR = 1e-12  # log10 of the density is cut at this share of the largest value


def arrays(run, t):
    """{name: values} at output step t."""
    found, reference = {}, run.density(run.reference, t)
    for model in run.densities():
        p = run.density(model, t)
        found[model] = p
        if model != run.reference:
            found[f"{model}_minus_{run.reference}"] = p - reference
        top = np.nanmax(p) if np.isfinite(p).any() else 1.0
        found[f"log10_{model}"] = np.log10(np.maximum(np.nan_to_num(p), FLOOR * (top or 1.0)))
    for name in run.fields:
        found[name] = run.file["slice"][name][()]
    return found


def write_image(path, origin, spacing, values):
    """One VTK image file (XML, raw appended data); values {name: [(nz,) ny, nx]}."""
    shape = next(iter(values.values())).shape
    extent = " ".join(f"0 {n - 1}" for n in (*reversed(shape), 1, 1)[:3])
    fill = lambda numbers, more: " ".join(f"{v:.17g}" for v in (*numbers, *[more] * 3)[:3])
    head = [f'<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64"><ImageData WholeExtent="{extent}" '
            f'Origin="{fill(origin, 0.0)}" Spacing="{fill(spacing, 1.0)}"><Piece Extent="{extent}"><PointData>']
    offset, blocks = 0, []
    for name, array in values.items():
        block = np.ascontiguousarray(array, dtype="<f8").tobytes()
        head.append(f'<DataArray type="Float64" Name="{name}" format="appended" offset="{offset}"/>')
        blocks.append(np.uint64(len(block)).tobytes() + block)
        offset += len(block) + 8
    head.append('</PointData></Piece></ImageData><AppendedData encoding="raw">_')
    with open(path + ".tmp", "wb") as file:
        file.write("".join(head).encode())
        file.writelines(blocks)
        file.write(b"</AppendedData></VTKFile>")
    os.replace(path + ".tmp", path)


def mass_levels(p, shares=(0.5, 0.9, 0.99)):
    """Density levels whose regions {p > level} hold these shares of the mass."""
    ordered = np.sort(p[np.isfinite(p)].ravel())[::-1]
    mass = np.cumsum(ordered)
    return [float(ordered[min(np.searchsorted(mass, share * mass[-1]), len(ordered) - 1)]) for share in shares]


def seen(run, axis):
    """First and last cell of an axis between which some density of some step is seen."""
    profiles = [run.marginal(m, t, axis) for m in run.densities() for t in {0, len(run.steps) // 2, len(run.steps) - 1}]
    where = np.flatnonzero(np.any([p > SEEN * p.max() for p in profiles if np.isfinite(p).all()], axis=0))
    margin = len(where) // 8 + 1
    return [int(max(where[0] - margin, 0)), int(min(where[-1] + margin, len(run.centres[axis]) - 1))]


def about(run):
    """What the scripts need to know beside the images."""
    from sgdfp import style

    cells = [seen(run, a) for a in range(run.dim)]
    ends = [(float(x[i]), float(x[j])) for x, (i, j) in zip(run.centres, cells)]
    plain = lambda text: text.replace("$", "").replace("_", "").replace("λ", "lambda").replace("η", "eta").replace(" [parameter units]", "")
    return {"models": run.densities(), "reference": run.reference, "dim": run.dim, "steps": [int(n) for n in run.steps],
            "tau": [float(t) for t in run.tau], "ends": ends, "cells": cells, "label": plain(run.label()), "words": {m: style.words(m) for m in run.densities()},
            "axes": [plain(style.axis_label(run, a)) for a in range(run.dim)],
            "levels": {m: mass_levels(run.density(m, -1)) for m in run.densities()}}


def write(run):
    """Write DIR/paraview; returns the path of density.pvd. Nothing is written again that is newer than density.h5."""
    if run.file is None or not len(run.steps):
        raise reader.RunError(f"{run.folder}: no densities to show (density.h5)")
    folder = run.path("paraview")
    path = os.path.join(folder, "density.pvd")
    if os.path.exists(path) and os.path.getmtime(path) > os.path.getmtime(run.path("density.h5")):
        return path
    os.makedirs(folder, exist_ok=True)
    origin, names = [x[0] for x in run.centres], []
    for t, n in enumerate(run.steps):
        names.append(f"step_{n}.vti")
        write_image(os.path.join(folder, names[-1]), origin, run.h, arrays(run, t))
    with open(os.path.join(folder, "about.json"), "w") as file:
        json.dump(about(run), file)
    sets = "".join(f'<DataSet timestep="{tau:.17g}" file="{name}"/>' for tau, name in zip(run.tau, names))
    with open(path, "w") as file:
        file.write(f'<VTKFile type="Collection" version="1.0"><Collection>{sets}</Collection></VTKFile>\n')
    return path


def write_hdf(run):
    """DIR/paraview/density.vtkhdf: VTKHDF 2.0, image data with an axis of time. Arrays that do not change are kept once."""
    if run.file is None or not len(run.steps):
        raise reader.RunError(f"{run.folder}: no densities to show (density.h5)")
    os.makedirs(run.path("paraview"), exist_ok=True)
    path, count = run.path("paraview/density.vtkhdf"), len(run.steps)
    fill = lambda numbers, more: np.array([*numbers, *[more] * 3][:3])  # noqa: E731
    with h5py.File(path + ".tmp", "w") as file:
        root = file.create_group("VTKHDF")
        root.attrs["Version"] = np.array([2, 0], dtype="i8")
        root.attrs.create("Type", np.bytes_("ImageData"))
        root.attrs["WholeExtent"] = np.array([v for n in fill([len(x) for x in run.centres], 1) for v in (0, n - 1)], dtype="i8")
        root.attrs["Origin"], root.attrs["Spacing"] = fill([x[0] for x in run.centres], 0.0), fill(run.h, 1.0)
        root.attrs["Direction"] = np.eye(3).ravel()
        steps, points = root.create_group("Steps"), root.create_group("PointData")
        steps.attrs["NSteps"] = np.int64(count)
        steps["Values"] = run.tau
        offsets = steps.create_group("PointDataOffsets")
        for t in range(count):
            for name, values in arrays(run, t).items():
                still = name in run.fields
                if name not in points:
                    shape = (1,) * (3 - run.dim) + values.shape
                    points.create_dataset(name, (1 if still else count, *shape), "f8", chunks=(1, *shape), compression="gzip", compression_opts=1)
                    offsets[name] = np.zeros(count, "i8") if still else np.arange(count, dtype="i8")
                if not still or t == 0:
                    points[name][t] = values
    os.replace(path + ".tmp", path)
    return path


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--hdf"]):
        sys.exit(__doc__)
    try:
        print(f"  {(write_hdf if sys.argv[2:] else write)(reader.Run(sys.argv[1]))}")
    except reader.RunError as error:
        sys.exit(f"sgdfp.vtk: {error}")
