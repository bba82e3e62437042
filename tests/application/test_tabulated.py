"""The template of a tabulated landscape, written from Python, gives the densities of the same potential as a formula.

    test_tabulated.py SGDFP FOLDER
"""
import os
import subprocess
import sys

import numpy as np

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(SOURCE, "postprocess"))
import sgdfp  # noqa: E402


def main():
    program, folder = sys.argv[1], os.path.abspath(sys.argv[2])
    examples = os.path.join(SOURCE, "cases", "examples")
    subprocess.run([sys.executable, os.path.join(examples, "tabulated.py"), os.path.join(folder, "own.h5")], check=True)
    more = {"tabulated": ["--set", f"landscape.file={folder}/own.h5"], "formula": []}
    for name, extra in more.items():
        subprocess.run([program, "run", os.path.join(examples, name + ".yaml"), "-o", os.path.join(folder, name), "--overwrite", *extra],
                       check=True, stdout=subprocess.DEVNULL)
    own, formula = (sgdfp.open(os.path.join(folder, name)) for name in more)
    for model in formula.models:
        a, b = (np.asarray(run[model])[-1] for run in (own, formula))
        error = np.abs(a - b).sum() * own.h[0]
        print(f"{model}: L1 distance {error:.2e} (at most 1e-7)")
        if not error < 1e-7:
            sys.exit("FAILED")


if __name__ == "__main__":
    main()
