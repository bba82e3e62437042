"""What the loss is computed from: the model's parameters and the data, in the precision of the export, and nothing else."""
import torch

from torch_arrays import ExportError


def leaves(tensor):
    """The tensors that require a gradient and begin the graph of this one."""
    found, seen, todo = {}, set(), [tensor.grad_fn]
    if tensor.grad_fn is None and tensor.requires_grad:
        return [tensor]
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found[id(node.variable)] = node.variable
        todo.extend(following for following, _ in node.next_functions)
    return list(found.values())


def tensors(value):
    """All tensors in a model's output."""
    if torch.is_tensor(value):
        yield value
    elif isinstance(value, (tuple, list, dict)) or hasattr(value, "__dict__"):
        parts = value if isinstance(value, (tuple, list)) else value.values() if isinstance(value, dict) else vars(value).values()
        for part in parts:
            yield from tensors(part)


def settle_precision(problem, x, y):
    """Outputs in the precision of the parameters and inputs; else the loss has no more digits than single precision."""
    try:
        with torch.no_grad():
            kinds = {part.dtype for part in tensors(problem.own(x)) if part.is_floating_point()}
    except Exception:
        return  # told with the loss
    for kind in kinds - {problem.dtype}:
        raise ExportError(f"the model's outputs are {kind}, though its parameters and inputs are {problem.dtype} here: leave out .float(), "
                          ".half() and autocast in forward")


def settle_leaves(problem, model, x, y):
    """A loss that depends on a parameter which is not one of the exported model's: a penalty that a closure takes from the
    original model, a loss with parameters of its own, a lambda that keeps the original module."""
    own = {id(p) for p in problem.own.parameters()}
    names = {id(p): f"{name} of the model as it was given" for name, p in model.named_parameters()}
    if isinstance(problem.loss_fn, torch.nn.Module):
        names.update({id(p): f"{name} of the loss" for name, p in problem.loss_fn.named_parameters()})
    if not isinstance(loss := problem.loss_fn(problem.own(x), y), torch.Tensor):
        return
    foreign = [leaf for leaf in leaves(loss.mean()) if id(leaf) not in own]
    if not foreign:
        return
    which = ", ".join(sorted(names.get(id(p), f"a tensor of shape {tuple(p.shape)} that is no parameter of the model") for p in foreign)[:4])
    raise ExportError(f"the loss depends on {which}, which the exporter cannot move: a penalty belongs into l2=, parameters of the loss into the "
                      "model (or held still by requires_grad_(False)), and the model must reach its parameters through self")
