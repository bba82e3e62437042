#!/usr/bin/env python3
"""Densities do not depend on the number of ranks: run a case on 1, 2 and 4 (SGDFP_RANKS=7,8: on 1, 7 and 8) and compare density.h5 and moments.csv.

    ranks.py MPIEXEC SGDFP CASE FOLDER TOLERANCE [extra arguments ...]

TOLERANCE is on cell masses (density times cell volume) summed over the cells, absolute: the L1 distance of the densities."""
import os
import subprocess
import sys

import h5py
import numpy as np


def densities(mpiexec, program, case, folder, ranks, extra):
    out = os.path.join(folder, f"np{ranks}")
    command = [mpiexec, "-n", str(ranks), program, "run", case, "-o", out, "--overwrite", "--set", "expect=[]"] + extra
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
    with h5py.File(os.path.join(out, "density.h5"), "r") as f:
        volume = np.prod([np.ravel(f["grid"].attrs["h"])])
        return {name: f["density"][name][:] * volume for name in f["density"]}


def main():
    mpiexec, program, case, folder, tolerance = sys.argv[1:6]
    one = densities(mpiexec, program, case, folder, 1, sys.argv[6:])
    failed = 0
    for ranks in [int(n) for n in os.environ.get("SGDFP_RANKS", "2,4").split(",")]:
        other = densities(mpiexec, program, case, folder, ranks, sys.argv[6:])
        for name, p in one.items():
            difference = max(np.abs(a - b).sum() for a, b in zip(p, other[name]))
            bad = not difference <= float(tolerance)
            failed += bad
            print(f"{'FAIL' if bad else 'ok  '} {name}: 1 against {ranks} ranks, L1 {difference:.2e}, tolerance {tolerance}")
    print(f"{2 * len(one) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
