"""Recurrent networks, transformers, convolutions, frozen and broken parameters."""
from faults import N, TorchProblem, data, nn, refused, right, torch, verdict
from torch_check import in_eval_mode


class Recurrent(nn.Module):
    def __init__(self, kind, **more):
        super().__init__()
        self.cell = kind(6, 5, num_layers=2, batch_first=True, **more)
        self.out = nn.Linear((more.get("proj_size") or 5) * (2 if more.get("bidirectional") else 1), 3)

    def forward(self, x):
        return self.out(self.cell(x)[0][:, -1])


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
