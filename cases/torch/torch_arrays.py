"""What users have in place of tensors (numpy arrays of any byte order, pandas columns, sparse tensors), as dense tensors."""
import numpy as np
import torch


class ExportError(ValueError):
    """What a user can mend: one line that says what and how."""


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _native(a, what):
    """A numpy array in this machine's byte order, of a kind that torch has."""
    if a.dtype.kind not in "biufc":
        raise ExportError(f"the {what} are a numpy array of {a.dtype}: numbers are expected (text as class numbers, rows of one length)")
    a = a.astype(a.dtype.newbyteorder("="), copy=False)
    if a.dtype.kind == "u" and a.dtype.itemsize > 1:
        if a.size and a.max() > np.iinfo(np.int64).max:
            raise ExportError(f"the {what} hold {a.max()}: beyond 64-bit integers")
        a = a.astype(np.int64)
    if a.dtype.kind == "f" and a.dtype.itemsize > 8:
        a = a.astype(np.float64)
    return np.ascontiguousarray(a)


def as_tensor(value, what):
    """The value as a dense tensor; an ExportError names it by `what`."""
    if torch.is_tensor(value):
        return value.to_dense() if value.layout != torch.strided else value.dequantize() if value.is_quantized else value
    if hasattr(value, "to_numpy"):  # pandas
        value = value.to_numpy()
    if hasattr(value, "toarray"):  # scipy's sparse matrices
        value = value.toarray()
    if isinstance(value, np.ndarray):
        return torch.as_tensor(_native(value, what))
    try:
        return torch.as_tensor(value)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ExportError(f"the {what} do not become a tensor: {first_line(error)}") from error


def equal(a, b):
    """Two samples of a data set, compared; what cannot be compared counts as equal."""
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(equal(p, q) for p, q in zip(a, b))
    try:
        a, b = as_tensor(a, "samples"), as_tensor(b, "samples")
        return a.shape == b.shape and bool(torch.allclose(a.double(), b.double(), rtol=0, atol=0, equal_nan=True))
    except (ExportError, RuntimeError):
        return True


def prepared(x, dtype, device, what):
    """In double precision where it is floating, whole numbers as torch's losses want them; all finite."""
    if x.is_complex():
        raise ExportError(f"the {what} are complex: no landscape of real losses")
    x = x.detach()
    if x.is_floating_point():
        x = x.to(device=device, dtype=dtype)
        bad = (~torch.isfinite(x)).reshape(len(x), -1).any(dim=1)
        if bad.any():
            raise ExportError(f"the {what} of sample {int(bad.nonzero()[0])} hold numbers that are not finite "
                              f"({int(bad.sum())} samples of {len(x)} do)")
        return x
    return x.to(device=device) if x.dtype in (torch.bool, torch.uint8) else x.to(device=device, dtype=torch.int64)
