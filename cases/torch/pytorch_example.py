"""A small PyTorch network on scikit-learn's digits, trained to a minimum, as an example for export_torch.py. Replace
problem() by your own: a model, a loss, data, and the SGD that you want the density of."""
import torch
from sklearn.datasets import load_digits


def train(model, loss_fn, x, y, l2, steps=1000, learning_rate=0.2, batch_size=64):
    """SGD, then L-BFGS to the minimum: a slice that stands still belongs to a point that does (operators/THEORY.md, section 2)."""

    def objective(inputs, targets):
        penalty = sum((p**2).sum() for p in model.parameters())
        return loss_fn(model(inputs), targets) + 0.5 * l2 * penalty

    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        optimizer.zero_grad()
        objective(x[batch], y[batch]).backward()
        optimizer.step()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2000, history_size=50, tolerance_grad=1e-9,
                                  tolerance_change=0, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = objective(x, y)
        loss.backward()
        return loss

    optimizer.step(closure)
    return model


def problem():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    digits = load_digits()
    x, y = torch.tensor(digits.data / 16.0, dtype=torch.float64), torch.tensor(digits.target)
    model = torch.nn.Sequential(torch.nn.Linear(64, 8), torch.nn.SiLU(), torch.nn.Linear(8, 10)).double()
    loss_fn, l2 = torch.nn.CrossEntropyLoss(), 1e-2
    train(model, loss_fn, x, y, l2)
    return {"model": model, "loss_fn": loss_fn, "data": (x, y), "l2": l2, "axes": ("sharpest", "mode:40"),
            "sgd": {"learning_rate": 0.3, "batch_size": 128, "steps": 100, "deviations": (24, 9)},  # wide tails
            "nodes": 25, "name": "64-8-10 SiLU on digits"}
