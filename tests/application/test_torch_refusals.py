"""What the PyTorch exporter must get right or refuse in one line: recurrent networks, losses that are no means, randomness,
chunks of every size, odd data sets, odd parameters, boxes without an end. Each against torch's own autograd. Exit 77 (skipped)
without torch.

    test_torch_refusals.py FOLDER [EXPORTER]
"""
import collections
import contextlib
import io
import os
import subprocess
import sys
import types

import numpy as np

try:
    import h5py
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError as error:
    print(f"skipped: {error} (apt-get install python3-torch python3-h5py)")
    sys.exit(77)

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EXPORTER = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else os.path.join(SOURCE, "cases", "torch")
sys.path.insert(0, EXPORTER)
import export_torch  # noqa: E402
from torch_check import in_eval_mode  # noqa: E402
from torch_problem import TorchProblem  # noqa: E402
from torch_products import Products  # noqa: E402

N = 40
failures = []


def data():
    torch.manual_seed(0)
    y = torch.arange(N) % 3
    return torch.randn(N, 6) + 0.5 * y[:, None], y


class Recurrent(nn.Module):
    def __init__(self, kind, **more):
        super().__init__()
        self.cell = kind(6, 5, num_layers=2, batch_first=True, **more)
        self.out = nn.Linear((more.get("proj_size") or 5) * (2 if more.get("bidirectional") else 1), 3)

    def forward(self, x):
        return self.out(self.cell(x)[0][:, -1])


class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(6, 3)

    def forward(self, x):
        return F.dropout(self.out(x), 0.5)


class Endless(torch.utils.data.IterableDataset):
    def __iter__(self):
        x, y = data()
        while True:
            yield x[0], y[0]


class NoEnd(torch.utils.data.Dataset):
    """A length, but no IndexError at the end: a plain iteration never stops."""

    def __len__(self):
        return N

    def __getitem__(self, i):
        x, y = data()
        return x[i % N], y[i % N]


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


def models():
    x, y = data()
    steps, CE = torch.randn(N, 7, 6), nn.CrossEntropyLoss()
    for kind in (nn.GRU, nn.RNN, nn.LSTM):
        for method in ("auto", "double_backward"):
            right(f"{kind.__name__}, {method}", Recurrent(kind), CE, (steps, y), method=method)
    for more in ({"bidirectional": True}, {"proj_size": 2, "bidirectional": True}):
        right(f"LSTM, {', '.join(more)}", Recurrent(nn.LSTM, **more), CE, (steps, y))
    dropping = nn.Sequential(nn.GRU(6, 5, num_layers=2, dropout=0.5), nn.BatchNorm1d(5), nn.RReLU())
    said = in_eval_mode(type("Problem", (), {"own": dropping}))
    verdict("what behaves otherwise while training is said", "" if said == "BatchNorm1d, GRU, RReLU" else said or "nothing")
    old = torch.__version__.startswith("1.")  # no forward mode for it
    normed = nn.Sequential(nn.utils.weight_norm(nn.Linear(6, 4)), nn.Tanh(), nn.Linear(4, 3))
    CE(normed(x), y)  # leaves a tensor that is no leaf in the module
    right("weight_norm, after a forward pass", normed, CE, (x, y), expected="double_backward" if old else None)
    right("a transformer layer", nn.Sequential(nn.TransformerEncoderLayer(6, 2, 8, batch_first=True), nn.Flatten(),
                                               nn.Linear(42, 3)), CE, (steps, y), expected="double_backward" if old else None)
    picture = nn.Sequential(nn.Unflatten(1, (1, 2, 3)), nn.Conv2d(1, 2, 2, padding=1), nn.BatchNorm2d(2), nn.ReLU(),
                            nn.MaxPool2d(2), nn.Dropout(0.3), nn.Flatten(), nn.Linear(4, 3))
    right("convolutions, pooling, dropout and batch norm", picture, CE, (x, y))
    half = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3))
    half[0].weight.requires_grad_(False)
    right("one layer frozen", half, CE, (x, y))
    frozen = nn.Linear(6, 3)
    for p in frozen.parameters():
        p.requires_grad_(False)
    refused("all frozen", ["frozen"], lambda: TorchProblem(frozen, CE, (x, y)))
    lost = nn.Linear(6, 3)
    lost.weight.data[0, 0] = float("nan")
    refused("a parameter that is nan", ["parameters", "finite"], lambda: TorchProblem(lost, CE, (x, y)))


def data_sets():
    x, y = data()
    linear, CE = nn.Linear(6, 3), nn.CrossEntropyLoss()
    for count in (1, 2, 257, 513, 1025):
        right(f"N = {count}", linear, CE, (torch.cat([x] * 26)[:count], torch.cat([y] * 26)[:count]))
    right("N = 5 in chunks of 2", linear, CE, (x[:5], y[:5]), chunk=2)
    right("int32 targets", linear, CE, (x, y.int()))
    right("a data set without IndexError", linear, CE, NoEnd())
    right("a DataLoader", linear, CE, torch.utils.data.DataLoader(list(zip(*data())), batch_size=7))
    hole = x.clone()
    hole[5, 2] = float("nan")
    refused("inputs that are nan", ["inputs of sample 5", "finite"], lambda: TorchProblem(linear, CE, (hole, y)))
    refused("a dict data set", ["dict", "input"], lambda: TorchProblem(linear, CE, [{"input": a, "label": b} for a, b in zip(x, y)]))
    refused("a dict", ["dict"], lambda: TorchProblem(linear, CE, {"x": x, "y": y}))
    refused("targets beyond the classes", ["bounds"], lambda: TorchProblem(linear, CE, (x, y + 1)))
    refused("features of another number", ["inputs"], lambda: TorchProblem(nn.Linear(5, 3), CE, (x, y)))
    if hasattr(export_torch, "ExportError"):  # without it this never ends
        import torch_data
        torch_data.ENDLESS = 500
        refused("a data set without an end", ["no end", "limit"], lambda: TorchProblem(linear, CE, Endless()))
        assert TorchProblem(linear, CE, Endless(), limit=30).samples == 30
    else:
        verdict("a data set without an end", "never ends")


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


class Augmented(torch.utils.data.Dataset):
    def __len__(self):
        return N

    def __getitem__(self, i):
        x, y = data()
        torch.seed()
        return x[i] + 0.1 * torch.randn(6), y[i]


class Broken(torch.utils.data.Dataset):
    def __len__(self):
        return N

    def __getitem__(self, i):
        if i == 7:
            raise FileNotFoundError("img7.png")
        return data()[0][i], data()[1][i]


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


def said(call):
    """What a call prints."""
    words = io.StringIO()
    with contextlib.redirect_stdout(words):
        call()
    return words.getvalue()


def kinds_of_data():
    """Arrays of every kind are taken as they mean or refused; what of a loader is not its data set is said."""
    x, y = data()
    linear, CE, pairs, Loader = nn.Linear(6, 3), nn.CrossEntropyLoss(), list(zip(*data())), torch.utils.data.DataLoader
    value = TorchProblem(linear, CE, (x, y)).gradient(np.zeros(21))[0]
    table, labels = x.numpy(), y.numpy()
    for what, pair in (("another byte order", (table.astype(">f4"), labels.astype(">i4"))), ("16-bit labels", (table, labels.astype("uint16"))),
                       ("sparse tensors", (x.to_sparse(), y))):
        verdict(what, "" if TorchProblem(linear, CE, pair).gradient(np.zeros(21))[0] == value else "another loss")
    ragged = Loader([(torch.randn(3 + i // 16, 6), 1) for i in range(N)], batch_size=16)
    for what, words, pair, more in (
            ("labels as text", ["targets", "U1"], (table, np.array(["a"] * N)), {}),
            ("labels as floating-point numbers", ["targets as whole numbers"], (table, labels.astype(float)), {}),
            ("bytes for inputs", ["inputs as floating-point numbers", "255"], ((10 * x).abs().to(torch.uint8), y), {}),
            ("no samples", ["empty"], (x[:0], y[:0]), {}), ("a number", ["int"], 5, {}), ("limit=-5", ["limit", "-5"], (x, y), {"limit": -5}),
            ("limit=0", ["limit"], (x, y), {"limit": 0}), ("l2=-1", ["l2", "-1"], (x, y), {"l2": -1}),
            ("batches of other lengths", ["batches"], ragged, {}), ("a data set that fails", ["sample 7", "img7.png", ".py:"], Broken(), {})):
        refused(what, words, lambda: TorchProblem(linear, CE, pair, **more))
    weighted = torch.utils.data.WeightedRandomSampler(torch.rand(N), N)
    for what, words, pair, more in (("samples drawn anew", "drawn once", Augmented(), {}),
                                    ("drop_last", "32 of the data set's 40", Loader(pairs, batch_size=16, drop_last=True), {}),
                                    ("a weighted sampler", "WeightedRandomSampler", Loader(pairs, sampler=weighted), {}),
                                    ("limit with shuffle", "shuffles", Loader(pairs, shuffle=True), {"limit": 9}),
                                    ("nothing", "", Loader(pairs, batch_size=7, shuffle=True), {})):
        line = [text for text in said(lambda: TorchProblem(linear, CE, pair, **more)).splitlines() if "warning" in text]
        verdict(f"said of {what}", "" if (len(line) == 1 and words in line[0] if words else not line) else str(line))


def exports(folder):
    x, y = data()
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    CE, path = nn.CrossEntropyLoss(), os.path.join(folder, "slice.h5")
    sgd = {"learning_rate": 0.1, "batch_size": 8, "steps": 20}
    problem = TorchProblem(net, CE, (x, y), l2=0.1)
    w = problem.start.numpy()
    sharpest = np.linalg.eigvalsh(np.array([problem.hessian_apply(w, e) for e in np.eye(problem.dimension)]))[-1]

    def export(**changes):
        return export_torch.export_slice(net, CE, (x, y), **{"path": path, "axes": ["sharpest"], "sgd": sgd, "nodes": 9,
                                                             "l2": 0.1, **changes})

    refused("eta lambda above 2", ["eta lambda", f"{2 / sharpest:.6g}", "extent"],
            lambda: export(sgd={**sgd, "learning_rate": 3 / sharpest}))
    refused("a box that is not finite", ["extent", "finite"], lambda: export(extent=[(-1, float("inf"))]))
    refused("mode:x", ["mode:x"], lambda: export(axes=["mode:x"]))
    refused("mode:0", ["mode:0"], lambda: export(axes=["mode:0"]))
    refused("an axis of another length", ["axis"], lambda: export(axes=[np.ones(3)]))
    refused("a file in the place of a folder", ["written"], lambda: export(path=os.path.join(__file__, "slice.h5")))
    if os.path.exists(path):
        verdict("nothing is written by what is refused", path)
    try:
        export(axes="sharpest", path=os.path.join(folder, "new", "deep", "slice.h5"))
        export()
        before = os.path.getmtime(path + ".eigenpairs.npz")
        calls, original = [0], Products.__call__
        Products.__call__ = lambda *a: (calls.__setitem__(0, calls[0] + 1), original(*a))[1]
        export(sgd={**sgd, "learning_rate": 0.2})
        few = calls[0]
        calls[0] = 0
        export(l2=0.2)
        Products.__call__ = original
        with h5py.File(path) as file:
            finite = all(np.isfinite(file["slice"][name][()]).all() for name in ("loss", "g", "C1", "gi", "nodes"))
        verdict("eigenpairs are kept, reused at another learning rate, and not for another landscape",
                "" if few == 0 and calls[0] > 10 and os.path.getmtime(path + ".eigenpairs.npz") > before and finite
                else f"{few} and {calls[0]} products")
    except Exception as error:
        verdict("export", f"{type(error).__name__}: {str(error)[:200]}")


def fields_of(path):
    with h5py.File(path) as file:
        return {name: file["slice"][name][()] for name in ("loss", "g", "C1", "gi")}, dict(file.attrs)


def ways_of_work(folder):
    """Several processes give the bits of one; a checkpoint, a part of the parameters and a minimisation are what they say."""
    x, y = data()
    torch.manual_seed(2)
    net = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    CE, path, saved = nn.CrossEntropyLoss(), os.path.join(folder, "ways.h5"), os.path.join(folder, "saved.pt")
    torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in net.state_dict().items()}}, saved)
    other = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    sgd = {"learning_rate": 0.02, "batch_size": 8, "steps": 20}

    def export(model=net, **changes):
        export_torch.export_slice(model, CE, (x, y), **{"path": path, "axes": ["sharpest"], "sgd": sgd, "nodes": 9, "l2": 0.1,
                                                        "cache": False, "quiet": True, **changes})
        return fields_of(path)

    one, two, loaded = export(workers=1), export(workers=2), export(model=other, checkpoint=saved)
    same = lambda a, b: "" if all(np.array_equal(a[0][k], b[0][k]) for k in a[0]) else "the fields differ"  # noqa: E731
    verdict("two processes give the bits of one", same(one, two))
    verdict("a checkpoint's parameters in another model", same(one, loaded))
    verdict("some parameters only", "" if export(parameters=["2.*"])[1]["parameters"] == 15 else "not 15 parameters")
    small = export(minimize=200)
    verdict("a minimum", "" if small[1]["gradient_norm"] < 1e-6 < one[1]["gradient_norm"] else f"|g| {small[1]['gradient_norm']}")
    refused("parameters that no name fits", ["'3.*'", "2.bias"], lambda: export(parameters="3.*"))
    refused("a checkpoint of another model", ["saved.pt", "2.weight"], lambda: export(model=nn.Linear(6, 3).double(), checkpoint=saved))
    refused("a file that is no checkpoint", ["cannot be read"], lambda: export(checkpoint=__file__))
    relu = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)).double()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        export(model=relu, extent=[(-3, 3)], quiet=False)
    verdict("nodes that do not resolve a kink", "" if "do not resolve the gradient" in said.getvalue() else said.getvalue())
    verdict("a reference point that is no minimum", "" if "off the slice" in said.getvalue() else said.getvalue())


def arguments(folder):
    """What export_slice is told beside the model: eigenpairs of other points, names of SGD, checkpoints of wrapped models."""
    x, y = data()
    torch.manual_seed(3)
    net, CE = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)).double(), nn.CrossEntropyLoss()
    problem, state, path = TorchProblem(net, CE, (x, y), l2=0.1), net.state_dict(), os.path.join(folder, "arguments.h5")
    H = np.array([problem.hessian_apply(problem.start.numpy(), e) for e in np.eye(problem.dimension)])
    values, vectors = np.linalg.eigh(H)
    sgd = {"learning_rate": 0.05, "batch_size": 8, "steps": 20}

    def export(**changes):
        export_torch.export_slice(net, CE, (x, y), **{"path": path, "axes": ["sharpest"], "sgd": sgd, "nodes": 9, "l2": 0.1, "cache": False,
                                                      "quiet": True, **changes})
        return fields_of(path)

    def loaded(state):
        torch.save(state, os.path.join(folder, "wrapped.pt"))
        return export(checkpoint=os.path.join(folder, "wrapped.pt"))

    for what, words, changes in (
            ("eigenvectors of something else", ["no eigenvector", "0.1"], {"eigenpairs": (values[:3], np.eye(problem.dimension)[:3])}),
            ("eigenvectors of another length", ["shape (2, 4)"], {"eigenpairs": (values[:2], np.ones((2, 4)))}),
            ("no eigenpairs file", ["none.npz cannot be read"], {"eigenpairs": os.path.join(folder, "none.npz")}),
            ("lr for learning_rate", ["'lr'", "learning_rate"], {"sgd": {**sgd, "lr": 0.1}}),
            ("steps left out", ["steps missing"], {"sgd": {"learning_rate": 0.1, "batch_size": 8}}),
            ("half a sample", ["sgd.batch_size", "2.5"], {"sgd": {**sgd, "batch_size": 2.5}}),
            ("an unknown sampling", ["without_replacement", "'without'"], {"sgd": {**sgd, "sampling": "without"}}),
            ("deviations below zero", ["sgd.deviations", "-3"], {"sgd": {**sgd, "deviations": -3}}),
            ("nodes as text", ["nodes", "'9'"], {"nodes": "9"}), ("no worker", ["workers", "0"], {"workers": 0}),
            ("an unknown solver", ["'lapack'", "scipy"], {"solver": "lapack"}), ("axes=5", ["axes", "int"], {"axes": 5}),
            ("an argument misspelt", ["did you mean extent?"], {"extend": [(-1, 1)]})):
        refused(what, words, lambda: export(**changes))
    refused("an optimizer's state", ["it holds", "'param_groups'"], lambda: loaded({"state": {}, "param_groups": []}))
    whole = export()
    for what, given in (("from small to large", (values[-5:], vectors.T[-5:])), ("by columns", (values[-3:], vectors[:, -3:]))):
        verdict(f"eigenpairs {what}", "" if abs(export(eigenpairs=given)[1]["eigenvalues"][0] - values[-1]) < 1e-12 else "not the sharpest")
    for what, state in (("torch.compile", {f"_orig_mod.{k}": v for k, v in state.items()}),
                        ("Lightning", {"state_dict": {**{f"model.{k}": v for k, v in state.items()}, "loss.weight": torch.ones(3)}}),
                        ("numpy", {k: v.numpy() for k, v in state.items()})):
        verdict(f"a checkpoint of {what}", "" if np.array_equal(loaded(state)[0]["loss"], whole[0]["loss"]) else "another loss")


def said_by_main(problem):
    """The script in this process: what it ends with."""
    sys.argv = ["export_torch.py", problem, "-o", problem + ".h5"]
    try:
        export_torch.main()
    except SystemExit as end:
        return str(end.code)
    return ""


def files(folder):
    """A user's own file: what fails in it is told with its line."""
    path = os.path.join(folder, "own.py")
    for text, words in (("def problem():\n    return modle\n", "own.py: NameError: name 'modle' is not defined (own.py:2)"),
                        ("def problem(:\n", "own.py: SyntaxError: "), ("import nowhere_to_be_found\n", "(own.py:1)"), ("x = 1\n", "defines no function problem()"),
                        ("def problem():\n    return {}['data']\n", "KeyError: 'data' (own.py:2)"),
                        ("def problem():\n    return {'model': 1}\n", "must return a dict with model, loss_fn, data")):
        with open(path, "w") as file:
            file.write(text)
        end = said_by_main(path)
        verdict(f"a file with {text[:24]!r}", "" if words in end and "\n" not in end else end)


def command(folder):
    """The script: one line on stderr, no trace, nothing trained before the place is tried."""
    problem = os.path.join(folder, "problem.py")
    with open(problem, "w") as file:
        file.write("def problem():\n    raise SystemExit('trained')\n")
    for what, output, words in (("a place that cannot be made", "/proc/nowhere/x.h5", "/proc/nowhere/x.h5 cannot be written"),
                                ("a folder for a file", folder, "is a folder")):
        done = subprocess.run([sys.executable, os.path.join(EXPORTER, "export_torch.py"), problem, "-o", output],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        verdict(what, "" if done.returncode == 1 and words in done.stderr and done.stderr.count("\n") == 1 else done.stderr[-300:])


def main():
    folder = os.path.abspath(sys.argv[1])
    subprocess.run(["rm", "-rf", folder], check=True)
    os.makedirs(folder)
    torch.set_num_threads(1)
    losses()
    models()
    data_sets()
    foreign()
    kinds_of_data()
    exports(folder)
    ways_of_work(folder)
    arguments(folder)
    files(folder)
    command(folder)
    sys.exit(f"{len(failures)} failed: {', '.join(failures)}" if failures else 0)


if __name__ == "__main__":
    main()
