"""A landscape of one's own on a grid of nodes, for tabulated.yaml: the potential of formula.yaml from arrays.

    postprocess/python.sh cases/examples/tabulated.py out/tabulated.h5

Replace loss and covariance by your own numbers, in one to three dimensions: help(sgdfp.write_landscape) says the shapes."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "postprocess"))
import sgdfp  # noqa: E402  (installed by pip, the line above is not needed)

path = sys.argv[1] if len(sys.argv) > 1 else "out/tabulated.h5"
a = np.linspace(-3, 3, 241)
loss = a**2 / 2 + 0.05 * np.cos(6 * a)
covariance = 1 + a**2 / 4  # of one draw
os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
sgdfp.write_landscape(path, a, loss, covariance=covariance, name="valley with ripples")
print(f"  {path}")
