"""Landscapes of one's own on a grid of nodes, for `landscape: {family: tabulated, file: ...}`."""
import os

import h5py
import numpy as np

FORMAT = "sgdfp-landscape-1"


def chebyshev_nodes(n, low, high):
    """n Chebyshev points of the second kind on [low, high], in increasing order."""
    return 0.5 * (low + high) - 0.5 * (high - low) * np.cos(np.pi * np.arange(n) / (n - 1))


def uniform_or_chebyshev(axis, x):
    """The kind of the nodes of one axis; anything else is refused with the reason."""
    if x.ndim != 1 or len(x) < 4 or not np.all(np.isfinite(x)) or not np.all(np.diff(x) > 0):
        raise ValueError(f"nodes of axis {axis + 1}: at least 4 finite numbers in increasing order are needed")
    room = 1e-10 * (x[-1] - x[0])
    if np.all(np.abs(x - np.linspace(x[0], x[-1], len(x))) <= room):
        return "uniform"
    if np.all(np.abs(x - chebyshev_nodes(len(x), x[0], x[-1])) <= room):
        return "chebyshev"
    raise ValueError(f"nodes of axis {axis + 1} are neither uniform nor Chebyshev points of the second kind (sgdfp.chebyshev_nodes)")


def checked(name, value, shape):
    value = np.asarray(value, dtype=float)
    try:
        value = np.ascontiguousarray(np.broadcast_to(value, shape))
    except ValueError:
        raise ValueError(f"{name} has the shape {value.shape}, expected {shape}") from None
    if not np.isfinite(value).all():
        raise ValueError(f"{name} holds {np.count_nonzero(~np.isfinite(value))} numbers that are not finite")
    return value


def checked_covariance(value):
    """[.., d, d] of all nodes, symmetric and without a negative variance along any direction."""
    if not np.allclose(value, np.swapaxes(value, -1, -2), rtol=1e-10, atol=0):
        raise ValueError("covariance is not symmetric")
    variances = np.linalg.eigvalsh(value)
    least = np.unravel_index(np.argmin(variances), variances.shape)
    if variances[least] < -1e-10 * np.abs(variances).max():
        node = [int(i) for i in least[:-1]]
        raise ValueError(f"covariance at the node {node} is no covariance: it has the negative eigenvalue {variances[least]:.3g}")


def write_landscape(path, nodes, loss, gradient=None, covariance=None, third=None, name=""):
    """Write a landscape on a grid of nodes; d = 1, 2 or 3 axes, the first axis of the landscape is the first index.

    nodes       an array [n1], or a list of d arrays: uniform, or Chebyshev points of the second kind (chebyshev_nodes)
    loss        [n1, (n2, n3)], the mean loss at the nodes
    gradient    [n1, .., d], the mean gradient; left out: that of the loss's interpolant
    covariance  [n1, .., d, d], or [d, d] everywhere, or in one dimension [n1] or a number: covariance of one draw of the
                gradient, not of a batch
    third       [n1], in one dimension only: third cumulant of one draw; left out: a Gaussian noise

    ValueError, with nothing written, for what has another shape or is not finite.
    """
    nodes = list(nodes) if np.iterable(nodes) else []
    if not nodes:
        raise ValueError("nodes: an array of numbers, or a list of such arrays, one an axis")
    axes = [nodes] if np.ndim(nodes[0]) == 0 else nodes
    axes = [np.asarray(x, dtype=float) for x in axes]
    d, shape = len(axes), tuple(len(x) for x in axes)
    if d > 3:
        raise ValueError(f"1, 2 or 3 axes, not {d}")
    if os.fspath(path).endswith(".npz"):
        raise ValueError(f"{os.fspath(path)}: what is written is HDF5, not numpy's: name it .h5")
    if covariance is None:
        raise ValueError("covariance: that of one draw of the gradient is needed; without noise there is no SGD to follow")

    def entries(name, value, rank):
        value = np.asarray(value, dtype=float)
        if d == 1 and value.ndim <= 1:
            value = value.reshape(value.shape + (1,) * rank)
        return checked(name, value, shape + (d,) * rank)

    sets = {"loss": checked("loss", loss, shape), "covariance": entries("covariance", covariance, 2)}
    if gradient is not None:
        sets["gradient"] = entries("gradient", gradient, 1)
    if third is not None and d > 1:
        raise ValueError("third: a third cumulant is followed in one dimension only")
    if third is not None:
        sets["third"] = entries("third", third, 3)
    checked_covariance(sets["covariance"])
    kinds = [uniform_or_chebyshev(a, x) for a, x in enumerate(axes)]
    path = os.fspath(path)
    with h5py.File(f"{path}.tmp", "w") as file:
        file.attrs.update(format=FORMAT, dimension=d, name=name)
        for a, (x, kind) in enumerate(zip(axes, kinds)):
            file[f"nodes_{a + 1}"] = x
            file[f"nodes_{a + 1}"].attrs["kind"] = kind
        for key, value in sets.items():
            file[key] = value
    os.replace(f"{path}.tmp", path)


def convert_landscape(source, path):
    """From an .npz with nodes_1 (or nodes), nodes_2, .., loss, covariance and, where known, gradient and third (the shapes of
    write_landscape) to the file `path`. ValueError where an array is missing or wrong."""
    with np.load(source, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    nodes = [arrays.pop(f"nodes_{a}") for a in (1, 2, 3) if f"nodes_{a}" in arrays] or [arrays.pop("nodes", None)]
    if nodes[0] is None or "loss" not in arrays or set(arrays) - {"loss", "gradient", "covariance", "third", "name"}:
        raise ValueError(f"{source}: expected nodes_1 .., loss, covariance, and gradient or third if known; found {', '.join(arrays) or 'nothing'}")
    if "name" in arrays:
        arrays["name"] = str(arrays["name"])
    write_landscape(path, nodes[0] if len(nodes) == 1 else nodes, **arrays)
