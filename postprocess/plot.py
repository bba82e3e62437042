"""Draw the figures of a run from the files in its folder, into DIR/figures; `--help` lists the options.

    postprocess/python.sh postprocess/plot.py DIR
"""
import sys

from sgdfp import plot

sys.exit(plot.main())
