"""Data of every size, kind and way of loading."""
import export_torch
import numpy as np
from faults import N, TorchProblem, data, nn, refused, right, said, torch, verdict


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
