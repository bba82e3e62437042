"""Write the report of a run from the files in its folder; `--help` lists the options.

    postprocess/python.sh postprocess/report.py DIR
"""
import sys

from sgdfp import report

sys.exit(report.main())
