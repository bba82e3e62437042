"""What export_slice writes, keeps and refuses: boxes, axes, processes, checkpoints, eigenpairs, arguments."""
import os

import export_torch
import h5py
import numpy as np
from faults import TorchProblem, data, fields_of, nn, own_net, refused, said, torch, verdict
from torch_products import Products


def exports(folder):
    x, y = data()
    net = own_net(1)
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


def ways_of_work(folder):
    """Several processes give the bits of one; a checkpoint, a part of the parameters and a minimisation are what they say."""
    x, y = data()
    net = own_net(2)
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
    words = said(lambda: export(model=relu, extent=[(-3, 3)], quiet=False))
    verdict("nodes that do not resolve a kink", "" if "do not resolve the gradient" in words else words)
    verdict("a reference point that is no minimum", "" if "off the slice" in words else words)


def arguments(folder):
    """What export_slice is told beside the model: eigenpairs of other points, names of SGD, checkpoints of wrapped models."""
    x, y = data()
    net, CE = own_net(3), nn.CrossEntropyLoss()
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
