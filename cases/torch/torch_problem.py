"""A PyTorch model, its loss and its data as functions of one flat parameter vector: each sample's loss and directional
derivatives, the mean gradient, and Hessian-vector products. Runs with torch 1.12 and later.

The landscape is the mean over the samples of loss_fn(model(x[None]), y[None]) + (l2/2)|w|^2, with the model in eval
mode (dropout off, batch statistics fixed) and in double precision. w is the concatenation of the trainable parameters
in the order of model.named_parameters(), each by rows. Whether that is the loss that is trained is found out once, on a
batch, when the problem is made (torch_check.py).
"""
import copy
import fnmatch

import numpy as np
import torch
import torch.autograd.forward_ad as forward_ad

import torch_check
from torch_arrays import ExportError, first_line, prepared
from torch_data import as_tensors

METHODS = ("auto", "forward", "double_backward")


def check_model(model):
    """What cannot be exported whatever its loss and data."""
    if not isinstance(model, torch.nn.Module):
        kind = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
        raise ExportError(f"the model is {kind}: give a torch.nn.Module (an object, not its class; a state dict by checkpoint=)")
    for name, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            raise ExportError(f"{name or 'the model'} is scripted or traced ({type(module).__name__}), its parameters are out of reach: give "
                              "the Python module itself, with the same state dict by checkpoint=")
    for name, p in model.named_parameters():
        if isinstance(p, torch.nn.parameter.UninitializedParameter):
            raise ExportError(f"the parameter {name} has no shape yet (a lazy module): run one batch through the model first")
        if p.is_complex():
            raise ExportError(f"the parameter {name} is complex: no landscape of real ones")


def own_copy(model):
    """A deep copy; tensors that a forward pass has left in the modules (weight_norm) are copied detached."""
    kept = []
    for module in model.modules():
        for name, value in list(vars(module).items()):
            if torch.is_tensor(value) and value.grad_fn is not None:
                kept.append((module, name, value))
                object.__setattr__(module, name, value.detach())
    try:
        return copy.deepcopy(model)
    except Exception as error:
        raise ExportError(f"the model cannot be copied: {first_line(error)}") from error
    finally:
        for module, name, value in kept:
            object.__setattr__(module, name, value)


def hold_still(model, patterns):
    """All parameters but those whose names fit one of the patterns; None: none."""
    if patterns is None:
        return
    patterns = [patterns] if isinstance(patterns, str) else list(patterns)
    names = [name for name, _ in model.named_parameters()]
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names):
            raise ExportError(f"parameters: no parameter's name fits {pattern!r}; there are: {', '.join(names)}")
    for name, p in model.named_parameters():
        p.requires_grad_(p.requires_grad and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))


class Functional:
    """The module with its parameters taken out, so that any tensors can stand in their places. Setting an attribute is
    what recurrent layers notice: they keep a list of their weights of their own."""

    def __init__(self, model):
        self.model = own_copy(model)
        trainable = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
        if not trainable:
            raise ExportError("no parameter of the model requires a gradient: all are frozen, there is no landscape")
        self.names = [name for name, _ in trainable]
        self.shapes = [p.shape for _, p in trainable]
        self.sizes = [p.numel() for _, p in trainable]
        self.start = torch.cat([p.detach().reshape(-1) for _, p in trainable]).clone()
        places = {id(p): [] for _, p in trainable}  # a tied parameter stands in several
        for module in self.model.modules():
            for name, p in list(module._parameters.items()):
                if p is not None and id(p) in places:
                    places[id(p)].append((module, name))
        self.places = [places[id(p)] for _, p in trainable]
        for module, name in (place for group in self.places for place in group):
            value = module._parameters.pop(name)
            setattr(module, name, value.detach())

    def __call__(self, w, x):
        for group, part, shape in zip(self.places, torch.split(w, self.sizes), self.shapes):
            tensor = part.reshape(shape)
            for module, name in group:
                setattr(module, name, tensor)
        return self.model(x)


class TorchProblem:
    def __init__(self, model, loss_fn, data, l2=0.0, chunk=256, method="auto", dtype=torch.float64, limit=None,
                 say=print, parameters=None):
        if method not in METHODS:
            raise ExportError(f"method must be {', '.join(METHODS)}, not {method!r}")
        check_model(model)
        if not (callable(loss_fn) and not isinstance(loss_fn, type)):
            raise ExportError(f"the loss is {loss_fn!r}: a function of (output, target) is expected (an object such as CrossEntropyLoss(), not its "
                              "class)")
        if not (isinstance(l2, (int, float)) and 0 <= l2 < float("inf")):
            raise ExportError(f"l2: expected a finite number that is not negative, got {l2!r}")
        device = next((p.device for p in model.parameters()), torch.device("cpu"))
        device = torch.device("cpu") if device.type == "mps" else device  # no double precision there
        self.loss_fn, self.l2, self.chunk, self.method = loss_fn, float(l2), max(1, int(chunk)), method
        if isinstance(loss_fn, torch.nn.Module):
            self.loss_fn = own_copy(loss_fn).to(device=device, dtype=dtype)
        x, y = as_tensors(data, limit, say)
        self.x, self.y = prepared(x, dtype, device, "inputs"), prepared(y, dtype, device, "targets")
        self.samples, self.dtype, self.device = len(self.x), dtype, device
        self.own = own_copy(model).to(device=device, dtype=dtype).eval()
        hold_still(self.own, parameters)
        self.function = Functional(self.own)
        self.names, self.sizes, self.start = self.function.names, self.function.sizes, self.function.start.cpu()
        self.dimension = sum(self.sizes)
        if not torch.isfinite(self.start).all():
            raise ExportError("the model has parameters that are not finite numbers")
        self.each = None  # how the single losses come out of a batch's output
        torch_check.settle(self, say, model)

    def _vector(self, w):
        return torch.as_tensor(np.asarray(w) if not torch.is_tensor(w) else w, dtype=self.dtype, device=self.device)

    def mean_loss(self, w, x, y):
        """The loss of a batch as it is trained, without the penalty."""
        return self.loss_fn(self.function(w, x), y).mean()

    def single_losses(self, w, x, y):
        """Each sample's loss, [n], without the penalty."""
        output = self.function(w, x)
        if torch.is_tensor(output) and len(x) == 1 and output.shape[:1] != (1,):
            output = output.unsqueeze(0)
        return self.each(output, y)

    def _chunks(self):
        """As equal as can be: no last chunk of one sample."""
        for part in np.array_split(np.arange(self.samples), -(-self.samples // self.chunk)):
            yield self.x[part[0] : part[-1] + 1], self.y[part[0] : part[-1] + 1]

    def losses(self, w):
        """Each sample's loss [N], penalty included."""
        w = self._vector(w)
        with torch.no_grad():
            parts = [self.single_losses(w, x, y) for x, y in self._chunks()]
        return torch.cat(parts).cpu().numpy() + 0.5 * self.l2 * float(w @ w)

    def gradient(self, w):
        """Mean loss and mean gradient [P]."""
        w = self._vector(w)
        total, gradient = 0.0, torch.zeros_like(w)
        for x, y in self._chunks():
            at = w.clone().requires_grad_(True)
            loss = self.mean_loss(at, x, y) * len(x)
            gradient += torch.autograd.grad(loss, at)[0]
            total += float(loss)
        return (total / self.samples + 0.5 * self.l2 * float(w @ w),
                (gradient / self.samples + self.l2 * w).cpu().numpy())

    def hessian_apply(self, w, v):
        """H v [P] of the mean loss, by double backward."""
        w, v = self._vector(w), self._vector(v)
        hv = torch.zeros_like(w)
        for x, y in self._chunks():
            hv += self.batch_hessian_apply(w, v, x, y) * len(x)
        return (hv / self.samples + self.l2 * v).cpu().numpy()

    def batch_hessian_apply(self, w, v, x, y):
        at = w.clone().requires_grad_(True)
        first = torch.autograd.grad(self.mean_loss(at, x, y), at, create_graph=True)[0]
        if not first.requires_grad:  # a loss linear in the parameters
            return torch.zeros_like(w)
        second = torch.autograd.grad(first @ v, at, allow_unused=True)[0]
        return torch.zeros_like(w) if second is None else second

    def forward(self, w, v, x, y):
        """Each sample's loss and derivative along v by forward mode."""
        with forward_ad.dual_level():
            losses = self.single_losses(forward_ad.make_dual(w, v), x, y)
            value, slope = forward_ad.unpack_dual(losses)
        return value.detach(), torch.zeros_like(value) if slope is None else slope.detach()

    def double_backward(self, w, v, x, y):
        """The same by two backward passes: d/du of v.grad(sum_i u_i l_i) is v.grad l_i."""
        at = w.clone().requires_grad_(True)
        u = torch.ones(len(x), dtype=self.dtype, device=self.device, requires_grad=True)
        losses = self.single_losses(at, x, y)
        gradient = torch.autograd.grad(losses @ u, at, create_graph=True)[0]
        return losses.detach(), torch.autograd.grad(gradient @ v, u)[0]

    def losses_and_gradients(self, w, V):
        """Each sample's loss [N] and projected gradients gi [N, d] on the rows of V [d, P], penalty included."""
        w, V = self._vector(w), self._vector(V)
        directional = self.forward if self.method == "forward" else self.double_backward
        losses, columns = None, []
        for v in V:
            parts = [directional(w, v, x, y) for x, y in self._chunks()]
            losses = torch.cat([part[0] for part in parts])
            columns.append(torch.cat([part[1] for part in parts]) + self.l2 * (w @ v))
        return losses.cpu().numpy() + 0.5 * self.l2 * float(w @ w), torch.stack(columns, dim=1).cpu().numpy()

    def sample_gradients(self, w, V):
        """Projected gradients gi [N, d] of every sample on the rows of V [d, P]."""
        return self.losses_and_gradients(w, V)[1]
