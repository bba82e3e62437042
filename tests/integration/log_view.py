#!/usr/bin/env python3
"""-log_view reads like the tour: its stages are the parts of a command, its events what is done in them.

    log_view.py SGDFP CASE FOLDER
"""
import re
import subprocess
import sys

STAGES = ["Reference point", "Spectrum", "Slice", "Models", "Step:master", "Step:langevin", "Output"]
EVENTS = ["SgdTraining", "SgdSpectrum", "SgdPrediction", "SgdFields", "SgdModelSetUp", "SgdStep", "SgdMoments",
          "SgdDistances", "SgdVerdict", "SgdOutput"]


def main():
    program, case, folder = sys.argv[1:]
    done = subprocess.run([program, "run", case, "-o", folder, "--overwrite", "-log_view"], capture_output=True, text=True)
    faults = [] if done.returncode == 0 else [f"exit {done.returncode}: {done.stderr}"]
    faults += [f"no stage {name}" for name in STAGES if not re.search(rf"^ *\d+: +{name}:? ", done.stdout, re.M)]
    faults += [f"no event {name}" for name in EVENTS if not re.search(rf"^{name} +\d+ ", done.stdout, re.M)]
    steps = [float(f) for f in re.findall(r"^SgdStep +\d+ +\S+ +\S+ +\S+ +(\S+) ", done.stdout, re.M)]
    if not steps or min(steps) <= 0:
        faults.append(f"flops of SgdStep, one a model: {steps}")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
