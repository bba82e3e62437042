"""An `.npz` of arrays as a landscape for `family: tabulated`:  python -m sgdfp mine.npz mine.h5
(from the tree: PYTHONPATH=postprocess postprocess/python.sh -m sgdfp mine.npz mine.h5)"""
import sys

from sgdfp import convert_landscape

if len(sys.argv) != 3:
    sys.exit(__doc__)
try:
    convert_landscape(*sys.argv[1:])
except (OSError, ValueError) as error:
    sys.exit(f"sgdfp: {error}")
print(f"  {sys.argv[2]}")
