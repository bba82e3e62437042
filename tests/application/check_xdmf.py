#!/usr/bin/python3
"""Does density.xmf show in ParaView what density.h5 holds?

    check_xdmf.py DIR [DIR ...]

Reads DIR/density.xmf with ParaView's "XDMF Reader" (vtkXdmfReader) and compares the time steps, the mesh and every cell
value with h5py's. Needs Debian's python3-paraview and python3-h5py (VTK's own Python package has no XDMF reader); exits
with 77 (skipped) where the reader is not installed.
"""
import os
import sys

import h5py
import numpy as np


def reader_class():
    """ParaView's "XDMF Reader"; None where it is not installed. (Its Xdmf3 readers know no hyperslabs of HDF5.)"""
    try:
        from vtkmodules.vtkIOXdmf2 import vtkXdmfReader
    except ImportError:
        return None
    return vtkXdmfReader


def first_leaf(data):
    """The mesh, whatever collection a reader wraps it in."""
    while data is not None and data.IsA("vtkMultiBlockDataSet"):
        data = data.GetBlock(0)
    return data


def cell_values(mesh, name):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    array = mesh.GetCellData().GetArray(name)
    assert array is not None, f"no cell array {name}"
    return vtk_to_numpy(array)


def check_mesh(mesh, grid):
    """The corner points span the box, and there are as many cells as densities."""
    n, low, high = (np.atleast_1d(grid.attrs[k]) for k in ("n", "min", "max"))
    bounds = np.array(mesh.GetBounds()).reshape(3, 2)
    for axis in range(len(n)):
        np.testing.assert_allclose(bounds[axis], (low[axis], high[axis]), rtol=1e-12, atol=1e-12)
    assert mesh.GetNumberOfCells() == np.prod(n), (mesh.GetNumberOfCells(), n)


def check_step(mesh, h5, t):
    check_mesh(mesh, h5["grid"])
    for model, density in h5["density"].items():
        assert np.array_equal(cell_values(mesh, model), density[t].ravel()), f"{model} at time step {t}"
    for name, field in h5["slice"].items():
        if name == "loss" or name[:2] in ("g_", "C_"):
            assert np.array_equal(cell_values(mesh, name), field[()].ravel()), name


def check(reader, folder):
    reader.SetFileName(os.path.join(folder, "density.xmf"))
    reader.UpdateInformation()
    key = reader.GetExecutive().TIME_STEPS()
    times = list(reader.GetOutputInformation(0).Get(key) or [])
    with h5py.File(os.path.join(folder, "density.h5"), "r") as h5:
        np.testing.assert_array_equal(times, h5["steps/tau"][()])
        for t, time in enumerate(times):
            reader.UpdateTimeStep(time)
            check_step(first_leaf(reader.GetOutputDataObject(0)), h5, t)
        print(f"{folder}: {len(times)} steps, models {', '.join(h5['density'])}: shown as in density.h5")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    reader = reader_class()
    if reader is None:
        print("skipped: no XDMF reader (Debian: python3-paraview)")
        return 77
    for folder in sys.argv[1:]:
        check(reader(), folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
