"""Where a slice is exported: the model as it is, a checkpoint's parameters, or the minimum that L-BFGS finds from there."""
import os

import numpy as np
import torch

from torch_arrays import ExportError, first_line

NAMES = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params", "parameters", "ema")


def state_of(path):
    """The parameters that a file of torch.save holds: a state dict, a mapping that has one, or a module."""
    try:
        found = torch.load(path, map_location="cpu")
    except Exception as error:
        raise ExportError(f"checkpoint {path}: cannot be read: {first_line(error)}") from error
    if isinstance(found, torch.nn.Module):
        found = found.state_dict()
    for name in NAMES:
        if isinstance(found, dict) and isinstance(found.get(name), (dict, torch.nn.Module)):
            found = found[name] if isinstance(found[name], dict) else found[name].state_dict()
            break
    if isinstance(found, dict):
        found = {name: torch.as_tensor(value) if isinstance(value, np.ndarray) else value for name, value in found.items()}
    if not isinstance(found, dict) or not any(torch.is_tensor(value) for value in found.values()):
        holds = f"a dict with {', '.join(map(repr, list(found)[:8]))}" if isinstance(found, dict) else f"a {type(found).__name__}"
        raise ExportError(f"checkpoint {path}: no state dict is in it, alone or as {', '.join(NAMES)}; it holds {holds}")
    return found


def renamed(state, names):
    """What a wrapper has put before the names of the model's parameters (module., _orig_mod., model.) is taken away, where one
    beginning alone does it; what the file holds beside them is said."""
    names = set(names)
    if names <= set(state):
        return state
    prefixes = {key[: -len(name)] for key in state for name in names if key.endswith("." + name)}
    fitting = [prefix for prefix in prefixes if not prefix[0].isdigit() and all(prefix + name in state for name in names)]
    if len(fitting) != 1:
        return state
    others = [key for key in state if not key.startswith(fitting[0])]
    print(f"checkpoint: the parameters are those of {fitting[0]}*" + (f"; not taken: {', '.join(others[:8])}" if others else ""))
    return {key[len(fitting[0]):]: value for key, value in state.items() if key.startswith(fitting[0])}


def load(model, path):
    """The parameters of a checkpoint into a model."""
    try:
        model.load_state_dict(renamed(state_of(os.fspath(path)), model.state_dict()))
    except RuntimeError as error:
        raise ExportError(f"checkpoint {path} is not of this model: {' '.join(str(error).split())[:300]}") from error
    return model


def minimise(problem, w, iterations, say, tolerance=1e-9):
    """L-BFGS on the whole loss, penalty included; the point [P] that it ends at."""
    at = problem._vector(w).clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([at], max_iter=iterations, history_size=50, tolerance_grad=tolerance, tolerance_change=0,
                                  line_search_fn="strong_wolfe")
    calls = [0]

    def closure():
        loss, gradient = problem.gradient(at.detach())
        at.grad = problem._vector(gradient)
        calls[0] += 1
        if calls[0] % 100 == 0:
            say(f"minimising: {calls[0]} gradients, loss {loss:.8g}, |gradient| {np.linalg.norm(gradient):.3g}")
        return torch.tensor(loss, dtype=at.dtype)

    before = np.linalg.norm(problem.gradient(w)[1])
    optimizer.step(closure)
    end = at.detach().cpu().numpy()
    after, moved = np.linalg.norm(problem.gradient(end)[1]), np.linalg.norm(end - w)
    say(f"minimised: |gradient| {before:.3g} -> {after:.3g} after {calls[0]} gradients, {moved:.3g} away from where it was")
    if not np.isfinite(end).all():
        raise ExportError("the minimisation left the finite numbers: give the model a penalty (l2), or minimize=0")
    return end


def advise(gradient, V, extent, sgd, say):
    """What a reference point that is no minimum means for the slice, where it matters."""
    off = np.linalg.norm(gradient - (V @ gradient) @ V)
    say(f"|gradient| {np.linalg.norm(gradient):.3g}, of it {off:.3g} off the slice")
    if not sgd:
        return
    moved = off * sgd["learning_rate"] * sgd["steps"]
    width = min(high - low for low, high in extent) / 2 / np.max(sgd.get("deviations", 8.0))
    if moved > width:
        say(f"warning: the other parameters, which the slice holds still, move by up to {moved:.2g} in {sgd['steps']} steps, and the "
            f"density is about {width:.2g} wide: the reference point is no minimum. minimize=500 goes to the minimum first (L-BFGS); "
            "or take fewer steps or a smaller learning rate, for which it may stand still")
