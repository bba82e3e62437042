"""Data of a PyTorch problem as two tensors, samples first, on one device."""
import itertools

import torch

ENDLESS = 1_000_000


class ExportError(ValueError):
    """What a user can mend: one line that says what and how."""


def _stack(items):
    try:
        return torch.stack([torch.as_tensor(item) for item in items])
    except (RuntimeError, TypeError, ValueError) as error:
        raise ExportError(f"the data set's samples do not stack into one tensor: {first_line(error)}") from error


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _pairs(data, limit):
    """Samples or batches of a data set that has an end."""
    if hasattr(data, "__len__") and hasattr(data, "__getitem__") and not isinstance(data, dict):
        return [data[i] for i in range(len(data) if limit is None else min(limit, len(data)))]
    bound = ENDLESS if limit is None else limit
    items = list(itertools.islice(iter(data), bound + (limit is None)))
    if limit is None and len(items) > ENDLESS:
        raise ExportError(f"the data set has no end within {ENDLESS} items: say how many to take by limit=")
    return items


def _split(items):
    for item in items[:1]:
        if isinstance(item, dict):
            raise ExportError(f"the data set's samples are dicts with {sorted(item)}: give (inputs, targets), or a Dataset "
                              "of such pairs")
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            raise ExportError(f"a sample of the data set is a {type(item).__name__}, not a pair (input, target)")
    if not items:
        raise ExportError("the data set is empty")
    return zip(*items)


def as_tensors(data, limit=None):
    """(inputs, targets) with samples first, from a pair of arrays, or any iterable of (x, y) samples or batches such as
    a Dataset or a DataLoader (whose batches must then be tensors)."""
    if isinstance(data, dict):
        raise ExportError(f"the data is a dict with {sorted(map(str, data))}: give (inputs, targets)")
    if isinstance(data, (tuple, list)) and len(data) == 2 and all(hasattr(part, "shape") for part in data):
        x, y = (torch.as_tensor(part) for part in data)
    elif isinstance(data, torch.utils.data.DataLoader):
        batches, count = [], 0
        for batch in data:
            batches.append(batch)
            count += len(batch[0]) if isinstance(batch, (tuple, list)) and hasattr(batch[0], "__len__") else 1
            if count >= (limit or ENDLESS):
                break
        if limit is None and count >= ENDLESS and not hasattr(data.dataset, "__len__"):
            raise ExportError(f"the data set has no end within {ENDLESS} samples: say how many to take by limit=")
        x, y = (torch.cat(parts) for parts in _split(batches))
    else:
        x, y = (_stack(part) for part in _split(_pairs(data, limit)))
    if not x.dim() or not y.dim() or len(x) != len(y):
        raise ExportError(f"inputs of shape {tuple(x.shape)}, but targets of shape {tuple(y.shape)}: samples first, as many "
                          "of one as of the other")
    return (x, y) if limit is None else (x[:limit], y[:limit])


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
