"""Losses that are no means of samples, and models and losses that depend on more than their parameters."""
import collections
import types

from faults import N, TorchProblem, data, nn, refused, right, torch
from torch.nn import functional as F


class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(6, 3)

    def forward(self, x):
        return F.dropout(self.out(x), 0.5)


def losses():
    x, y = data()
    linear, CE = nn.Linear(6, 3), nn.CrossEntropyLoss
    weight = torch.tensor([1.0, 5.0, 0.2], dtype=torch.float64)
    one = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 1))
    ignored, rare = y.clone(), torch.cat([y] * 60)
    ignored[3], rare[1001] = -100, -100
    right("label smoothing", linear, CE(label_smoothing=0.1), (x, y))
    right("label smoothing in a function", linear, lambda out, t: F.cross_entropy(out, t, label_smoothing=0.1), (x, y))
    right("class weights without reduction", linear, CE(weight=weight, reduction="none"), (x, y))
    right("[N, 1] against [N, 1]", one, nn.MSELoss(), (x, torch.randn(N, 1)))
    for what, words, model, loss, pair in (
            ("class weights", ["class weights", "reduction='none'"], linear, CE(weight=weight), (x, y)),
            ("class weights in a function", ["no mean"], linear, lambda out, t: F.cross_entropy(out, t, weight), (x, y)),
            ("reduction sum", ["reduction='sum'"], linear, CE(reduction="sum"), (x, y)),
            ("ignore_index", ["ignore"], linear, CE(), (x, ignored)),
            ("ignore_index of one sample of many", ["ignore"], linear, CE(), (torch.cat([x] * 60), rare)),
            ("[N] against [N, 1]", ["broadcast", "(32, 1)", "(32,)"], one, nn.MSELoss(), (x, torch.randn(N))),
            ("a square of a mean", ["no mean"], linear, lambda out, t: F.cross_entropy(out, t) ** 2, (x, y)),
            ("functional dropout", ["random"], Dropping(), CE(), (x, y)),
            ("batch statistics", ["batch"], nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4, track_running_stats=False),
                                                          nn.Linear(4, 3)), CE(), (x, y))):
        refused(what, words, lambda: TorchProblem(model, loss, pair))


class Penalised(nn.Module):
    """A loss with a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.s = nn.Parameter(torch.tensor(0.3))

    def forward(self, output, target):
        return F.cross_entropy(output, target) * torch.exp(-self.s) + self.s


class Keeping(nn.Module):
    """Its function keeps the object it was made with: a copy computes with the original's parameters."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(6, 3)
        self.function = lambda x: self.inner(x)

    def forward(self, x):
        return self.function(x)


class Answering(nn.Module):
    """Outputs that are no tensors but hold some."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.one, self.two = kind, nn.Linear(6, 4), nn.Linear(4, 3)

    def forward(self, x):
        hidden = torch.tanh(self.one(x))
        return self.kind(logits=self.two(hidden), hidden=hidden, loss=None)


class Rounding(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(6, 3)

    def forward(self, x):
        return self.inner(x).float()


def foreign():
    """What the loss depends on beside the model's own parameters, and models and losses that are none."""
    x, y = data()
    CE, kept = nn.CrossEntropyLoss(), nn.Linear(6, 3).double()
    penalty = lambda out, t: F.cross_entropy(out, t) + 1e-2 * sum((p**2).sum() for p in kept.parameters())  # noqa: E731
    for what, words, model, loss in (
            ("a penalty on the original model", ["weight", "l2="], kept, penalty),
            ("a loss with parameters", ["s of the loss"], kept, Penalised()),
            ("a function that keeps the original", ["inner.weight", "self"], Keeping().double(), CE),
            ("single precision in forward", ["float32", ".float()"], Rounding(), CE),
            ("a scripted model", ["scripted", "checkpoint="], torch.jit.script(nn.Linear(6, 3)), CE),
            ("a lazy model", ["no shape yet"], nn.LazyLinear(3), CE),
            ("a complex model", ["complex"], nn.Linear(6, 3).to(torch.complex64), CE),
            ("a state dict", ["checkpoint="], kept.state_dict(), CE),
            ("a model's class", ["class Linear"], nn.Linear, CE),
            ("a loss's class", ["its class"], kept, nn.CrossEntropyLoss),
            ("a loss of its batch's deviation", ["statistics of its batch"], kept,
             lambda out, t: F.cross_entropy((out - out.mean(0)) / out.std(0), t)),
            ("an embedding that changes itself", ["does not get through"],
             nn.Sequential(nn.Embedding(9, 4, max_norm=0.1), nn.Flatten(), nn.Linear(24, 3)), CE)):
        inputs = torch.randint(0, 9, (N, 6)) if "embedding" in what else x
        refused(what, words, lambda: TorchProblem(model, loss, (inputs, y)))
    named, loose = collections.namedtuple("Out", "logits hidden loss"), types.SimpleNamespace
    for what, kind in (("a named tuple", named), ("a dict", dict), ("an object", loose)):
        loss = (lambda out, t: F.cross_entropy(out["logits"], t)) if kind is dict else (lambda out, t: F.cross_entropy(out.logits, t))
        right(f"outputs in {what}", Answering(kind), loss, (x, y))
