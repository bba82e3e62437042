"""An array with the coordinates of its axes: xarray's where that is installed, else a small one of the same names."""
from dataclasses import dataclass, field

import numpy as np

try:
    import xarray
except ImportError:
    xarray = None


@dataclass
class Array:
    """values [shape of dims]; coords {dim or name: (dim, numbers)}; attrs: name, unit."""

    values: np.ndarray
    dims: tuple
    coords: dict
    name: str = ""
    attrs: dict = field(default_factory=dict)

    def __array__(self, dtype=None):
        return np.asarray(self.values, dtype)

    def __getitem__(self, key):
        """A coordinate by its name, or the plain values at an index."""
        return self.coords[key][1] if isinstance(key, str) else self.values[key]

    @property
    def shape(self):
        return self.values.shape


def labelled(values, dims, coords, name, unit):
    """An xarray.DataArray where xarray is installed, else an Array; coords {name: (dim, numbers)}."""
    if xarray is None:
        return Array(values, tuple(dims), coords, name, {"units": unit})
    return xarray.DataArray(values, dims=dims, coords=coords, name=name, attrs={"units": unit})
