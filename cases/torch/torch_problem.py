"""A PyTorch model, its loss and its data as functions of one flat parameter vector: each sample's loss and directional
derivatives, the mean gradient, and Hessian-vector products. Runs with torch 1.12 and later.

The landscape is the mean over the samples of loss_fn(model(x[None]), y[None]) + (l2/2)|w|^2, with the model in eval
mode (dropout off, batch statistics fixed) and in double precision. w is the concatenation of the trainable parameters
in the order of model.named_parameters(), each by rows.
"""
import copy

import numpy as np
import torch

try:  # torch 2
    from torch.func import functional_call, jvp, vmap
except ImportError:
    try:  # torch 1.12, 1.13
        from torch.nn.utils.stateless import functional_call
    except ImportError as error:
        raise ImportError(f"torch {torch.__version__} has no functional_call: 1.12 or later is needed") from error
    try:
        from functorch import jvp, vmap
    except ImportError:
        jvp = vmap = None


def as_tensors(data):
    """(inputs, targets) with samples first, from a pair of arrays, or any iterable of (x, y) samples or batches such as
    a Dataset or a DataLoader (whose batches must then be tensors)."""
    if isinstance(data, (tuple, list)) and len(data) == 2 and all(hasattr(part, "shape") for part in data):
        x, y = (torch.as_tensor(part) for part in data)
    elif isinstance(data, torch.utils.data.DataLoader):
        x, y = (torch.cat(parts) for parts in zip(*data))
    else:
        x, y = (torch.stack([torch.as_tensor(item) for item in part]) for part in zip(*data))
    if len(x) != len(y):
        raise ValueError(f"{len(x)} inputs, but {len(y)} targets")
    return x, y


class TorchProblem:
    def __init__(self, model, loss_fn, data, l2=0.0, chunk=512, method="auto", dtype=torch.float64):
        if method not in ("auto", "forward", "double_backward"):
            raise ValueError(f"method must be auto, forward or double_backward, not {method!r}")
        if method == "forward" and jvp is None:
            raise ValueError("method 'forward' needs torch.func or functorch")
        self.model = copy.deepcopy(model).to(dtype).eval()
        self.loss_fn, self.l2, self.chunk, self.method = loss_fn, float(l2), int(chunk), method
        self.x, self.y = as_tensors(data)
        self.x = self.x.to(dtype) if self.x.is_floating_point() else self.x
        self.y = self.y.to(dtype) if self.y.is_floating_point() else self.y
        self.samples, self.dtype = len(self.x), dtype
        trainable = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
        aliases = {}  # a tied parameter has several names, and every one must be replaced (torch 2 does it by itself)
        for prefix, module in self.model.named_modules(remove_duplicate=False):
            for name, p in module.named_parameters(recurse=False):
                aliases.setdefault(id(p), []).append(f"{prefix}.{name}" if prefix else name)
        self.names = [aliases[id(p)] for _, p in trainable]
        self.shapes = [p.shape for _, p in trainable]
        self.sizes = [p.numel() for _, p in trainable]
        self.dimension = sum(self.sizes)
        self.start = torch.cat([p.detach().reshape(-1) for _, p in trainable]).clone()

    def _vector(self, w):
        return torch.as_tensor(np.asarray(w) if not torch.is_tensor(w) else w, dtype=self.dtype)

    def _output(self, w, x):
        parts = torch.split(w, self.sizes)
        tensors = [part.reshape(shape) for part, shape in zip(parts, self.shapes)]
        parameters = {name: tensor for names, tensor in zip(self.names, tensors) for name in names}
        return functional_call(self.model, parameters, (x,))

    def _losses(self, w, x, y):
        """Each sample's loss, [n], without the penalty."""
        if vmap is not None and self.method != "double_backward":
            return vmap(lambda one, target: self.loss_fn(self._output(w, one[None]), target[None]).sum())(x, y)
        output = self._output(w, x)
        return torch.stack([self.loss_fn(output[i : i + 1], y[i : i + 1]).sum() for i in range(len(x))])

    def _chunks(self):
        for first in range(0, self.samples, self.chunk):
            yield self.x[first : first + self.chunk], self.y[first : first + self.chunk]

    def losses(self, w):
        """Each sample's loss [N], penalty included."""
        w = self._vector(w)
        with torch.no_grad():
            parts = [self._losses(w, x, y) for x, y in self._chunks()]
        return torch.cat(parts).numpy() + 0.5 * self.l2 * float(w @ w)

    def gradient(self, w):
        """Mean loss and mean gradient [P]."""
        w = self._vector(w)
        total, gradient = 0.0, torch.zeros_like(w)
        for x, y in self._chunks():
            at = w.clone().requires_grad_(True)
            loss = self._losses(at, x, y).sum()
            gradient += torch.autograd.grad(loss, at)[0]
            total += float(loss)
        return (total / self.samples + 0.5 * self.l2 * float(w @ w),
                (gradient / self.samples + self.l2 * w).numpy())

    def hessian_apply(self, w, v):
        """H v [P] of the mean loss, by double backward."""
        w, v = self._vector(w), self._vector(v)
        hv = torch.zeros_like(w)
        for x, y in self._chunks():
            at = w.clone().requires_grad_(True)
            first = torch.autograd.grad(self._losses(at, x, y).sum(), at, create_graph=True)[0]
            hv += torch.autograd.grad(first @ v, at)[0]
        return (hv / self.samples + self.l2 * v).numpy()

    def _forward(self, w, v, x, y):
        """Each sample's derivative along v by forward mode."""
        return jvp(lambda at: self._losses(at, x, y), (w,), (v,))[1].detach()

    def _double_backward(self, w, v, x, y):
        """The same by two backward passes: d/du of v.grad(sum_i u_i l_i) is v.grad l_i."""
        at = w.clone().requires_grad_(True)
        u = torch.ones(len(x), dtype=self.dtype, requires_grad=True)
        gradient = torch.autograd.grad(self._losses(at, x, y) @ u, at, create_graph=True)[0]
        return torch.autograd.grad(gradient @ v, u)[0]

    def _directional(self, w, v, x, y):
        if self.method == "auto":  # forward mode where every operation of the model has it
            try:
                derivative = self._forward(w, v, x, y)
                self.method = "forward"
                return derivative
            except (NotImplementedError, RuntimeError, TypeError):
                self.method = "double_backward"
        return (self._forward if self.method == "forward" else self._double_backward)(w, v, x, y)

    def sample_gradients(self, w, V):
        """Projected gradients gi [N, d] of every sample on the rows of V [d, P]."""
        w, V = self._vector(w), self._vector(V)
        columns = []
        for v in V:
            parts = [self._directional(w, v, x, y) for x, y in self._chunks()]
            columns.append(torch.cat(parts) + self.l2 * (w @ v))
        return torch.stack(columns, dim=1).numpy()
