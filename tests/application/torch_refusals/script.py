"""The script export_torch.py: a user's own file, and places that cannot be written."""
import os
import subprocess
import sys

import export_torch
from faults import EXPORTER, verdict


def said_by_main(problem):
    """The script in this process: what it ends with."""
    sys.argv = ["export_torch.py", problem, "-o", problem + ".h5"]
    try:
        export_torch.main()
    except SystemExit as end:
        return str(end.code)
    return ""


def files(folder):
    """A user's own file: what fails in it is told with its line."""
    path = os.path.join(folder, "own.py")
    for text, words in (("def problem():\n    return modle\n", "own.py: NameError: name 'modle' is not defined (own.py:2)"),
                        ("def problem(:\n", "own.py: SyntaxError: "), ("import nowhere_to_be_found\n", "(own.py:1)"), ("x = 1\n", "defines no function problem()"),
                        ("def problem():\n    return {}['data']\n", "KeyError: 'data' (own.py:2)"),
                        ("def problem():\n    return {'model': 1}\n", "must return a dict with model, loss_fn, data")):
        with open(path, "w") as file:
            file.write(text)
        end = said_by_main(path)
        verdict(f"a file with {text[:24]!r}", "" if words in end and "\n" not in end else end)


def command(folder):
    """The script: one line on stderr, no trace, nothing trained before the place is tried."""
    problem = os.path.join(folder, "problem.py")
    with open(problem, "w") as file:
        file.write("def problem():\n    raise SystemExit('trained')\n")
    for what, output, words in (("a place that cannot be made", "/proc/nowhere/x.h5", "/proc/nowhere/x.h5 cannot be written"),
                                ("a folder for a file", folder, "is a folder")):
        done = subprocess.run([sys.executable, os.path.join(EXPORTER, "export_torch.py"), problem, "-o", output],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        verdict(what, "" if done.returncode == 1 and words in done.stderr and done.stderr.count("\n") == 1 else done.stderr[-300:])
