"""Arguments of export_slice, checked before any work: an ExportError names the argument, what it got, and what is expected."""
import difflib
import functools
import math
import numbers

import numpy as np

from torch_arrays import ExportError, first_line

SGD = ("learning_rate", "batch_size", "steps", "deviations", "sampling")
SAMPLING = ("with_replacement", "without_replacement", "epoch")


def told(function):
    """Whatever fails comes as an ExportError of one line (the trace behind it is kept as its cause)."""

    @functools.wraps(function)
    def wrapped(*args, **more):
        try:
            return function(*args, **more)
        except ExportError:
            raise
        except Exception as error:
            near = unknown_keyword(error, function)
            raise ExportError(f"{type(error).__name__}: {first_line(error)}{near}") from error

    return wrapped


def unknown_keyword(error, function):
    """The argument that was probably meant by one that the function does not have."""
    word = str(error).rsplit("'", 2)[-2:-1] if "unexpected keyword" in str(error) else []
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    near = difflib.get_close_matches(word[0], names, 1) if word else []
    return f"; did you mean {near[0]}?" if near else f"; it has {', '.join(names)}" if word else ""


def whole(name, value, least, most=None):
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least or (most is not None and value > most):
        bounds = f"from {least} to {most}" if most is not None else f"from {least} up"
        raise ExportError(f"{name}: expected a whole number {bounds}, got {value!r}")


def positive(name, value):
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 < value < math.inf:
        raise ExportError(f"{name}: expected a positive number, got {value!r}")


def check_sgd(sgd, d):
    if not isinstance(sgd, dict):
        raise ExportError(f"sgd: expected a dict with {', '.join(SGD[:3])}, got {sgd!r}")
    for key in sgd:
        if key not in SGD:
            near = difflib.get_close_matches(str(key), SGD, 1, 0.5)
            raise ExportError(f"sgd: {key!r} is not known; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(SGD)}"))
    missing = [key for key in SGD[:3] if key not in sgd]
    if missing:
        raise ExportError(f"sgd: {', '.join(missing)} missing")
    positive("sgd.learning_rate", sgd["learning_rate"])
    whole("sgd.batch_size", sgd["batch_size"], 1)
    whole("sgd.steps", sgd["steps"], 1)
    if sgd.get("sampling", SAMPLING[0]) not in SAMPLING:
        raise ExportError(f"sgd.sampling: expected one of {', '.join(SAMPLING)}, got {sgd['sampling']!r}")
    reach = np.ravel(np.asarray(sgd.get("deviations", 8.0), dtype=object)).tolist()
    if len(reach) not in (1, d):
        raise ExportError(f"sgd.deviations: expected one number or {d}, got {len(reach)}")
    for value in reach:
        positive("sgd.deviations", value)


def check_counts(nodes, largest, smallest, workers, minimize, chunk):
    for name, value, least, most in (("nodes", nodes, 4, 1025), ("largest", largest, 1, None), ("smallest", smallest, 0, None),
                                     ("workers", workers, 1, None), ("chunk", chunk, 1, None)):
        if value is not None:
            whole(name, value, least, most)
    whole("minimize", minimize, 0)


def check_pairs(values, vectors, P, where):
    """(values [k], vectors [k, P]), of [P, k] too; a square array is taken as [P, k], as numpy and scipy give them."""
    values, vectors = (np.asarray(part.detach().cpu() if hasattr(part, "detach") else part, dtype=float) for part in (values, vectors))
    values = np.ravel(values)
    if vectors.shape == (P, len(values)):
        vectors = vectors.T
    if vectors.shape != (len(values), P) or not len(values):
        raise ExportError(f"{where}: eigenvectors have the shape {vectors.shape}; expected {(P, len(values))} or its transpose")
    if not (np.isfinite(values).all() and np.isfinite(vectors).all()):
        raise ExportError(f"{where}: holds numbers that are not finite")
    if not np.linalg.norm(vectors, axis=1).all():
        raise ExportError(f"{where}: an eigenvector is zero")
    return values, vectors
