"""The reader of loss-landscape files: coordinates and values in their order, unfinished entries, what is no such file;
and the solver's own words for such a file.

    test_loss_landscape.py SGDFP FOLDER
"""
import os
import subprocess
import sys

import h5py
import numpy as np

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(SOURCE, "cases", "torch"))
from read_loss_landscape import describe, read_loss_landscape  # noqa: E402


def write(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values


def main():
    sgdfp, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    x, y = np.linspace(-1, 1, 5), np.linspace(-2, 1, 4)
    loss = 1 + (x[None, :] - 0.5) ** 2 + 3 * y[:, None] ** 2
    loss[0, 1] = -1
    path = folder + "/surface.h5"
    write(path, xcoordinates=x, ycoordinates=y, train_loss=loss.reshape(5, 4))
    surface = read_loss_landscape(path)
    assert np.isnan(surface["train_loss"][0, 1])
    loss[0, 1] = np.nan
    np.testing.assert_array_equal(surface["train_loss"], loss)
    text = describe(surface)
    assert "train_loss: 1 (at 0.5, 0)" in text and "1 entries were not computed" in text, text

    write(folder + "/curve.h5", xcoordinates=x, train_loss=x**2)
    assert "train_loss: 0 (at 0) to 1" in describe(read_loss_landscape(folder + "/curve.h5"))
    write(folder + "/other.h5", something=x)
    try:
        read_loss_landscape(folder + "/other.h5")
        raise AssertionError("a file without coordinates was read")
    except ValueError as error:
        assert "has no xcoordinates and no train_loss" in str(error), error

    script = subprocess.run([sys.executable, os.path.join(SOURCE, "cases", "torch", "read_loss_landscape.py"), path],
                            stdout=subprocess.PIPE, check=True).stdout.decode()
    assert "the noise of the minibatch gradient" in script, script
    with open(folder + "/case.yaml", "w") as file:
        file.write(f"landscape: {{family: slice_file, file: {path}}}\nsgd: {{learning_rate: 0.1, steps: 1}}\n"
                   "slice: {axes: ['coordinate:1']}\nmodels: [master]\n")
    case = subprocess.run([sgdfp, "check", folder + "/case.yaml"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert case.returncode == 4 and b"it holds the loss alone" in case.stdout, case
    print("loss-landscape files are read, and what they lack is said")


if __name__ == "__main__":
    main()
