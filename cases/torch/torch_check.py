"""Is the landscape that is exported the loss that is trained? Found out on one batch, always: the batch's loss against the
mean of the samples' losses, twice (randomness), the gradient and a Hessian product against the module's own autograd, and
the ways to per-sample derivatives against each other.
"""
import copy
import warnings

import torch

from torch_arrays import ExportError, first_line
from torch_leaves import settle_leaves, settle_precision

try:  # torch 2
    from torch.func import vmap
except ImportError:
    try:  # torch 1.12, 1.13
        from functorch import vmap
    except ImportError:
        vmap = None

BATCH = 32
EQUAL = 1e-9


def differs(a, b, tolerance=EQUAL):
    """By how much, relative to the larger; 0 where within the tolerance."""
    a, b = torch.as_tensor(a).detach(), torch.as_tensor(b).detach()
    error, size = (a - b).abs().max().item(), max(a.abs().max().item(), b.abs().max().item())
    return 0.0 if error <= tolerance * size or size == 0 else error / size if size == size else float("nan")


def pick(problem):
    """A batch that stretches over the data: labels of several classes, where they are sorted too."""
    n = min(BATCH, problem.samples)
    index = torch.linspace(0, problem.samples - 1, n).round().long().to(problem.device)
    return problem.x[index], problem.y[index]


def take(output, i, n):
    """Sample i of n as a batch of one: of tensors whose first dimension is the samples', in whatever holds them."""
    if torch.is_tensor(output):
        return output[i : i + 1] if output.dim() and len(output) == n else output
    if isinstance(output, (tuple, list)):
        parts = [take(part, i, n) for part in output]
        return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)
    one = copy.copy(output)
    if isinstance(output, dict):
        for key, part in output.items():
            one[key] = take(part, i, n)
    elif hasattr(output, "__dict__"):
        for key, part in vars(output).items():
            object.__setattr__(one, key, take(part, i, n))
    return one


def by_row(values, n):
    """The mean over all but the samples of what a loss without reduction gives."""
    return values.reshape(n, -1).mean(dim=1)


def ways(loss_fn):
    """From the fastest on: (name, function of (output, targets) to [n])."""
    if getattr(loss_fn, "reduction", None) in ("mean", "none") and isinstance(loss_fn, torch.nn.Module):
        plain = copy.copy(loss_fn)
        plain.reduction = "none"
        yield "reduction 'none'", lambda output, y: by_row(plain(output, y), len(y))
    yield "the loss as it is", lambda output, y: by_row(loss_fn(output, y), len(y))
    if vmap is not None:
        yield "vmap", lambda output, y: vmap(lambda one, t: loss_fn(one[None], t[None]).mean())(output, y)
    yield "one by one", lambda output, y: torch.stack([loss_fn(take(output, i, len(y)), y[i : i + 1]).mean()
                                                       for i in range(len(y))])


def batch_loss(problem, x, y):
    """The module's own words: (output, loss) of a batch."""
    try:
        output = problem.own(x)
        loss = problem.loss_fn(output, y)
    except Exception as error:
        raise ExportError(f"the model or the loss does not take a batch of inputs {tuple(x.shape)} ({x.dtype}) and "
                          f"targets {tuple(y.shape)} ({y.dtype}): {first_line(error)}{other_kind(problem, x, y)}") from error
    if not torch.is_tensor(loss):
        raise ExportError(f"the loss is a {type(loss).__name__}, not a tensor")
    if loss.dim() and loss.shape[:1] != y.shape[:1]:
        raise ExportError(f"the loss of {len(y)} samples has the shape {tuple(loss.shape)}: one number, or one a sample, "
                          "is expected")
    return output, loss


def other_kind(problem, x, y):
    """Which other kind of numbers the model and the loss would take, as the end of a message."""
    kinds = {"as they are": lambda t: t, "as floating-point numbers": lambda t: t.to(problem.dtype), "as whole numbers": lambda t: t.long()}
    for inputs, cast_x in kinds.items():
        for targets, cast_y in kinds.items():
            try:
                with torch.no_grad():
                    problem.loss_fn(problem.own(cast_x(x)), cast_y(y))
            except Exception:
                continue
            return "; it works with " + " and ".join(f"{what} {how}" for what, how in (("the inputs", inputs), ("the targets", targets))
                                                     if how != "as they are") + " (uint8 images: divide by 255)" * (x.dtype == torch.uint8)
    return "; the model runs in double precision here: a .float() or a constant in single precision in it?" * ("dtype" in str(x.dtype))


def own_losses(problem, x, y):
    """The loss of the batch, twice, and of each sample alone."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        output, batch = batch_loss(problem, x, y)
        with torch.random.fork_rng():
            torch.manual_seed(torch.initial_seed() + 1)
            again = batch_loss(problem, x, y)[1]
        if differs(batch, again, 1e-13):
            raise ExportError(f"the loss of one batch is {float(batch.mean()):.10g} and then {float(again.mean()):.10g}: "
                              "something random is in the model or the loss, in eval mode too (functional dropout without "
                              "training=self.training?), or a buffer or the input changes at each call")
        single = torch.stack([batch_loss(problem, x[i : i + 1], y[i : i + 1])[1].mean() for i in range(len(x))])
    return output, batch.mean(), single


def refuse_loss(problem, output, batch, single, x, y):
    """Why the loss of a batch is no mean of its samples' losses."""
    bad = (~torch.isfinite(single)).nonzero()
    loss_fn, weight = problem.loss_fn, getattr(problem.loss_fn, "weight", None)
    says = f"the loss of a batch of {len(y)} is {float(batch):.8g}, the mean of its samples' losses {float(single.mean()):.8g}"
    if not torch.isfinite(batch):
        return f"the loss is {float(batch)} at the reference point: not a finite number"
    if not differs(batch, single.sum(), 1e-7):
        return (f"{says}: it is their sum (reduction='sum'); SGD on it is SGD on the mean with the learning rate times the batch "
                "size: export with reduction='mean', and multiply the learning rate of the case")
    if weight is not None:
        return (f"{says}: torch divides by the class weights of the batch, so that it is no mean over samples; give the loss "
                "with reduction='none' (each sample's loss times its weight, the mean over samples taken here)")
    if torch.is_tensor(output) and y.is_floating_point() and output.shape != y.shape:
        return (f"{says}: outputs of shape {tuple(output.shape)} and targets of shape {tuple(y.shape)} are broadcast against each "
                "other, every output with every target: give both one shape (squeeze the outputs or unsqueeze the targets)")
    if len(bad) or (hasattr(loss_fn, "ignore_index") and not y.is_floating_point() and (y == loss_fn.ignore_index).any()):
        i = f"sample {int(bad[0])} of the batch alone has the loss {float(single[bad[0]])}: " if len(bad) else ""
        if len(bad) and not hasattr(loss_fn, "ignore_index"):
            return (f"{i}no finite number, though the batch's is: a loss with statistics of its batch (a deviation, a rank, pairs), or targets "
                    "it ignores, is no mean over samples")
        return (f"{i}targets that the loss ignores (ignore_index): it divides by those of the batch that count, so that it is no "
                "mean over samples; leave such samples out, or give the loss with reduction='none'")
    with torch.no_grad():
        alone = torch.cat([problem.own(x[i : i + 1]) for i in range(len(x))]) if torch.is_tensor(output) else None
    if alone is not None and alone.shape == output.shape and differs(alone, output, 1e-9):
        return f"{says}: the model's outputs for a sample depend on the others of its batch (batch statistics in eval mode?)"
    return f"{says}: a loss that is no mean of per-sample losses has no per-sample gradients to export"


def find_way(problem, x, y, single):
    """The fastest way from a batch's output to the single losses."""
    w = problem.start.to(problem.device)
    for name, way in ways(problem.loss_fn):
        problem.each = way
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values = problem.single_losses(w, x, y)
            if values.shape == single.shape and not differs(values, single):
                return name
        except Exception:
            continue
    raise ExportError("the samples' losses do not come out of a batch's output: the model's output for a sample depends on the "
                      "others of its batch")


def check_all(problem):
    """Every chunk of the data: the loss of the chunk is the mean of its samples' losses."""
    w = problem.start.to(problem.device)
    for x, y in problem._chunks():
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            output, batch = batch_loss(problem, x, y)
            batch, values = batch.mean(), problem.single_losses(w, x, y)
        if not torch.isfinite(values).all() or differs(batch, values.mean()):
            raise ExportError(refuse_loss(problem, output, batch, values, x, y))


def settle_loss(problem, x, y):
    """Refuse what is no mean, and find the fastest way to the single losses."""
    output, batch, single = own_losses(problem, x, y)
    if not torch.isfinite(batch) or not torch.isfinite(single).all() or differs(batch, single.mean()):
        raise ExportError(refuse_loss(problem, output, batch, single, x, y))
    name = find_way(problem, x, y, single)
    check_all(problem)
    return batch, name


def own_derivatives(problem, x, y, v):
    """Gradient and Hessian product of the batch's loss by the module's own parameters, each [P]."""
    parameters = [p for p in problem.own.parameters() if p.requires_grad]
    loss = problem.loss_fn(problem.own(x), y).mean()
    gradient = torch.autograd.grad(loss, parameters, create_graph=True, allow_unused=True)
    gradient = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradient)]
    flat = torch.cat([g.reshape(-1) for g in gradient])
    product = [None] * len(parameters)
    if flat.requires_grad:
        product = torch.autograd.grad(flat @ v, parameters, allow_unused=True)
    product = [torch.zeros_like(p) if h is None else h for p, h in zip(parameters, product)]
    return flat.detach(), torch.cat([h.reshape(-1) for h in product]).detach()


def parts(problem, mine, theirs, tolerance):
    """Names of the parameters where two vectors [P] differ."""
    size = theirs.abs().max().item()
    names, first = [], 0
    for name, count in zip(problem.names, problem.sizes):
        error = (mine - theirs)[first : first + count].abs().max().item() if count else 0.0
        if not error <= tolerance * size:
            names.append(f"{name} ({error:.2g} of {size:.2g})")
        first += count
    return names


def settle_derivatives(problem, x, y, v):
    w = problem.start.to(problem.device)
    try:
        gradient, product = own_derivatives(problem, x, y, v)
    except (RuntimeError, NotImplementedError) as error:
        raise ExportError(f"the model's own autograd has no second derivatives of this loss: {first_line(error)}") from error
    at = w.clone().requires_grad_(True)
    mine = torch.autograd.grad(problem.mean_loss(at, x, y), at, allow_unused=True)[0]
    mine = torch.zeros_like(w) if mine is None else mine
    for what, a, b in (("gradient", mine, gradient), ("Hessian product", problem.batch_hessian_apply(w, v, x, y), product)):
        if not torch.isfinite(b).all():
            raise ExportError(f"the {what} of the model's own autograd is not finite")
        names = parts(problem, a, b, 1e-8)
        if names:
            raise ExportError(f"the {what} differs from the model's own autograd in {', '.join(names)}: does the model reach them otherwise "
                              "than as attributes of their modules (a slice of a ParameterList, a list of its own, parameters() in forward)?")
    return gradient, max(differs(mine, gradient, 0), differs(problem.batch_hessian_apply(w, v, x, y), product, 0))


def settle_method(problem, x, y, v, gradient, say):
    """The way to per-sample derivatives: their mean along v is that of autograd."""
    wanted, w = problem.method, problem.start.to(problem.device)
    truth, scale = gradient @ v, gradient.norm() * v.norm()
    reasons = []
    for name in ("forward", "double_backward") if wanted == "auto" else (wanted,):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                slopes = getattr(problem, name)(w, v, x, y)[1]
            if (slopes.mean() - truth).abs() <= 1e-8 * scale and torch.isfinite(slopes).all():
                problem.method = name
                if reasons:
                    say(f"derivatives by {name}: {reasons[0]}")
                return
            reasons.append(f"{name} gives {float(slopes.mean()):.8g} along a direction where autograd has {float(truth):.8g}")
        except Exception as error:
            reasons.append(f"{name} does not work for this model ({first_line(error)[:160]})")
    raise ExportError("no way to per-sample derivatives: " + "; ".join(reasons))


def in_eval_mode(problem):
    """Modules that behave otherwise while training."""
    kinds = {}
    for module in problem.own.modules():
        kind = type(module).__name__
        drops = "Dropout" in kind and getattr(module, "p", 0)
        drops = drops or isinstance(module, (torch.nn.RNNBase, torch.nn.MultiheadAttention, torch.nn.RReLU)) and getattr(module, "dropout", 1)
        if drops or "BatchNorm" in kind or "InstanceNorm" in kind:
            kinds[kind] = kinds.get(kind, 0) + 1
    return ", ".join(f"{kind} x {count}" if count > 1 else kind for kind, count in sorted(kinds.items()))


def settle(problem, say, model):
    try:
        settle_all(problem, say, model)
    except ExportError:
        raise
    except Exception as error:
        raise ExportError(f"the exporter does not get through with this model: {type(error).__name__}: {first_line(error)}") from error


def settle_all(problem, say, model):
    x, y = pick(problem)
    generator = torch.Generator().manual_seed(1)
    v = torch.randn(problem.dimension, generator=generator, dtype=problem.dtype).to(problem.device)
    settle_precision(problem, x, y)
    batch, way = settle_loss(problem, x, y)
    settle_leaves(problem, model, x, y)
    gradient, error = settle_derivatives(problem, x, y, v)
    settle_method(problem, x, y, v, gradient, say)
    if in_eval_mode(problem):
        say(f"eval mode: {in_eval_mode(problem)} as fixed functions (no dropout, batch statistics as they stand)")
    say(f"checked on {len(x)} samples: loss {float(batch):.8g}, gradient and Hessian product those of the model's own autograd "
        f"to {error:.1g}; single losses by {way}, derivatives by {problem.method}")
