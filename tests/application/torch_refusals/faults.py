"""What the kinds of faults share: a small data set, and verdicts on what the exporter takes, refuses and says."""
import contextlib
import io
import os
import sys

import numpy as np

try:
    import h5py
    import torch
    from torch import nn
except ImportError as error:
    print(f"skipped: {error} (apt-get install python3-torch python3-h5py)")
    sys.exit(77)

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
EXPORTER = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else os.path.join(SOURCE, "cases", "torch")
sys.path.insert(0, EXPORTER)
from torch_problem import TorchProblem  # noqa: E402

N = 40
failures = []


def data():
    torch.manual_seed(0)
    y = torch.arange(N) % 3
    return torch.randn(N, 6) + 0.5 * y[:, None], y


def verdict(what, fault):
    print(f"{'FAILED' if fault else 'ok'}: {what}{': ' + fault if fault else ''}")
    if fault:
        failures.append(what)


def right(what, model, loss, pair, expected=None, **more):
    """The exporter's loss, gradient, Hessian product and per-sample gradients against torch's own words."""
    try:
        problem = TorchProblem(model, loss, pair, **more)
        w, V = problem.start.numpy(), np.random.default_rng(0).normal(size=(2, problem.dimension))
        value, gradient = problem.gradient(w)
        product, gi, single = problem.hessian_apply(w, V[0]), problem.sample_gradients(w, V), problem.losses(w)
        own = model.double().eval()
        x, y = (part.double() if part.is_floating_point() else part for part in pair_of(pair))
        parameters = [p for p in own.parameters() if p.requires_grad]
        truth = loss(own(x), y.long() if y.dtype == torch.int32 else y).mean()
        g = torch.cat([part.reshape(-1) for part in torch.autograd.grad(truth, parameters, create_graph=True)])
        h = torch.autograd.grad(g @ torch.tensor(V[0]), parameters, allow_unused=True)
        h = torch.cat([(torch.zeros_like(p) if part is None else part).reshape(-1) for p, part in zip(parameters, h)]).numpy()
        g, truth = g.detach().numpy(), float(truth)
        errors = {"loss": abs(value - truth) / abs(truth), "mean of single losses": abs(single.mean() - truth) / abs(truth),
                  "gradient": np.abs(gradient - g).max() / np.abs(g).max(),
                  "Hessian product": np.abs(product - h).max() / np.abs(h).max(),
                  "per-sample gradients": np.abs(gi.mean(axis=0) - V @ g).max() / np.linalg.norm(g)}
        bad = [f"{name} off by {error:.2g}" for name, error in errors.items() if not error < 1e-9]
        if expected and problem.method != expected:
            bad.append(f"method {problem.method}, expected {expected}")
        verdict(what, ", ".join(bad))
    except Exception as error:
        verdict(what, f"{type(error).__name__}: {str(error)[:200]}")


def pair_of(pair):
    return pair if isinstance(pair, tuple) else data()


def refused(what, words, call):
    """Refused with a ValueError of one line that holds the words."""
    try:
        call()
    except ValueError as error:
        text = str(error)
        missing = [word for word in words if word not in text]
        verdict(what, f"{missing} not in: {text[:200]}" if missing or "\n" in text else "")
    except Exception as error:
        verdict(what, f"{type(error).__name__}: {str(error)[:120]}")
    else:
        verdict(what, "accepted")


def said(call):
    """What a call prints."""
    words = io.StringIO()
    with contextlib.redirect_stdout(words):
        call()
    return words.getvalue()


def fields_of(path):
    with h5py.File(path) as file:
        return {name: file["slice"][name][()] for name in ("loss", "g", "C1", "gi")}, dict(file.attrs)


def own_net(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)).double()
