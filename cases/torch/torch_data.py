"""Data of a PyTorch problem as two tensors, samples first, on one device."""
import itertools
import os
import traceback

import numpy as np
import torch

from torch_arrays import ExportError, as_tensor, equal, first_line, prepared  # noqa: F401

ENDLESS = 1_000_000


def where(error):
    """The line of the user's own that an error comes from, as file:line."""
    here = os.path.dirname(os.path.abspath(__file__))
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<")
           and not os.path.abspath(frame.filename).startswith((here, os.path.dirname(torch.__file__)))]
    return f" ({os.path.basename(own[-1].filename)}:{own[-1].lineno})" if own else ""


def _stack(items):
    try:
        return torch.stack([as_tensor(item, "samples") for item in items])
    except (RuntimeError, TypeError, ValueError) as error:
        raise ExportError(f"the data set's samples do not stack into one tensor: {first_line(error)}") from error


def _append(parts):
    try:
        return torch.cat([as_tensor(part, "batches") for part in parts])
    except (RuntimeError, TypeError, ValueError) as error:
        raise ExportError(f"the DataLoader's batches do not append to one tensor (other lengths in other batches? no batch dimension?): "
                          f"{first_line(error)}") from error


def _read(what, call):
    try:
        return call()
    except Exception as error:
        raise ExportError(f"{what} fails with {type(error).__name__}: {first_line(error)}{where(error)}") from error


def _drawn_anew(data, say):
    """A sample that is another one each time it is read (augmentation) is exported as it came once; that is said."""
    if isinstance(data, torch.utils.data.IterableDataset) or not (hasattr(data, "__getitem__") and hasattr(data, "__len__") and len(data)):
        return
    once, again = (_read("sample 0 of the data set", lambda: data[0]) for _ in range(2))
    if not equal(once, again):
        say("warning: sample 0 of the data set is not the same when it is read again (augmentation?): every sample is drawn once and held "
            "still, the noise of drawing it anew is not in the file")


def _items(data, limit, say):
    """Samples or batches of a data set that has an end."""
    if hasattr(data, "__len__") and hasattr(data, "__getitem__"):
        _drawn_anew(data, say)
        count = len(data) if limit is None else min(limit, len(data))
        return [_read(f"sample {i} of the data set", lambda: data[i]) for i in range(count)]
    if not hasattr(data, "__iter__"):
        raise ExportError(f"the data is a {type(data).__name__}: give (inputs, targets), a Dataset or a DataLoader")
    bound = ENDLESS if limit is None else limit
    items = _read("the data set", lambda: list(itertools.islice(iter(data), bound + (limit is None))))
    if limit is None and len(items) > ENDLESS:
        raise ExportError(f"the data set has no end within {ENDLESS} items: say how many to take by limit=")
    return items


def _split(items):
    for item in items[:1]:
        if isinstance(item, dict):
            raise ExportError(f"the data set's samples are dicts with {sorted(map(str, item))}: give (inputs, targets), or a Dataset "
                              "of such pairs")
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            size = f" of {len(item)}" if isinstance(item, (tuple, list)) else ""
            raise ExportError(f"a sample of the data set is a {type(item).__name__}{size}, not a pair (input, target)")
    if not items:
        raise ExportError("the data set is empty")
    return zip(*items)


def _batches(loader, limit):
    batches, count = [], 0
    for batch in loader:
        batches.append(batch)
        count += len(batch[0]) if isinstance(batch, (tuple, list)) and len(batch) and np.ndim(batch[0]) else 1
        if count >= (limit or ENDLESS):
            break
    if limit is None and count >= ENDLESS and not hasattr(loader.dataset, "__len__"):
        raise ExportError(f"the data set has no end within {ENDLESS} samples: say how many to take by limit=")
    return batches


def _loader(loader, limit, say):
    """All that one pass of a DataLoader gives. What of it is not the data set as it stands is said."""
    x, y = (_append(parts) for parts in _split(_read("the DataLoader", lambda: _batches(loader, limit))))
    _drawn_anew(loader.dataset, say)
    kind, samplers = type(loader.sampler).__name__, torch.utils.data
    if hasattr(loader.dataset, "__len__") and not isinstance(loader.sampler, (samplers.SequentialSampler, samplers.RandomSampler)):
        say(f"warning: the DataLoader draws by {kind}: one pass of it is taken as the data set, of which SGD draws uniformly")
    elif limit is None and hasattr(loader.dataset, "__len__") and len(x) != len(loader.dataset):
        say(f"warning: the DataLoader gave {len(x)} of the data set's {len(loader.dataset)} samples (drop_last?): give the data set itself")
    elif limit is not None and isinstance(loader.sampler, samplers.RandomSampler) and limit < len(loader.dataset):
        say("warning: the DataLoader shuffles: the samples that limit keeps are other ones each time")
    return x, y


def check_limit(limit):
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, np.integer)) or limit < 1):
        raise ExportError(f"limit: expected a whole number of samples from 1 up, got {limit!r}")


def as_tensors(data, limit=None, say=print):
    """(inputs, targets) with samples first, from a pair of arrays, or any iterable of (x, y) samples or batches such as
    a Dataset or a DataLoader (whose batches must then be tensors)."""
    check_limit(limit)
    if isinstance(data, dict):
        raise ExportError(f"the data is a dict with {sorted(map(str, data))}: give (inputs, targets)")
    if isinstance(data, (tuple, list)) and len(data) == 2 and all(hasattr(part, "shape") for part in data):
        x, y = (as_tensor(part, what) for part, what in zip(data, ("inputs", "targets")))
    elif isinstance(data, torch.utils.data.DataLoader):
        x, y = _loader(data, limit, say)
    else:
        x, y = (_stack(part) for part in _split(_items(data, limit, say)))
    if not x.dim() or not y.dim() or len(x) != len(y):
        raise ExportError(f"inputs of shape {tuple(x.shape)}, but targets of shape {tuple(y.shape)}: samples first, as many "
                          "of one as of the other")
    if not x.numel() or not y.numel():
        raise ExportError(f"the data is empty: inputs of shape {tuple(x.shape)}, targets of shape {tuple(y.shape)}")
    return (x, y) if limit is None else (x[:limit], y[:limit])
