"""Draw the figures of a sweep: lines over one varied key with fitted exponents, maps over two, into DIR/figures.

    postprocess/python.sh postprocess/plot_sweep.py DIR [QUANTITY ...]
"""
import sys

from sgdfp import plot_sweep

sys.exit(plot_sweep.main())
