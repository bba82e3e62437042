"""A slice that follows the mean path, against trajectories of the network itself, well into training but not at a minimum.

    co_moving.py SGDFP CASE FOLDER

 - the co-moving density's variance is that of the ensemble to a tenth, the frozen slice's is not to a fifth;
 - so is its mean, path and density together, to a tenth of the spread; the frozen slice is off by half of it and more;
 - the summary and mean_path.csv tell what was followed;
 - what a moving slice cannot do is refused: stationary states (exit code 2).
"""
import csv
import json
import math
import os
import subprocess
import sys


def run(program, command, case, folder, *sets, code=0):
    arguments = [program, command, case, "-o", folder, "--overwrite"]
    for item in sets:
        arguments += ["--set", item]
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"{' '.join(arguments)}\nexit code {done.returncode}, expected {code}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def last(folder, name):
    with open(os.path.join(folder, name), newline="") as file:
        return list(csv.DictReader(file))[-1]


def main():
    program, case, folder = sys.argv[1:4]
    paths = {name: os.path.join(folder, name) for name in ("mean_path", "none", "sample")}
    text = run(program, "run", case, paths["mean_path"])
    assert "Co-moving slice" in text and text.count("set up anew further down the mean path") == 9, text
    run(program, "run", case, paths["none"], "slice.follow=none")
    run(program, "sample", case, paths["sample"])
    measured = last(paths["sample"], "modes.csv")
    mean, variance = float(measured["measured_mean"]), float(measured["measured_variance"])
    path = last(paths["mean_path"], "mean_path.csv")
    offset = {"mean_path": float(path["along_1"]), "none": 0.0}
    error, shift = {}, {}
    for name in offset:
        row = last(paths[name], "moments.csv")
        error[name] = abs(float(row["cov_11"]) / variance - 1)
        shift[name] = abs(float(row["mean_1"]) + offset[name] - mean) / math.sqrt(variance)
    print("relative error of the variance", error, "of the mean, in deviations", shift)
    assert error["mean_path"] < 0.1 and error["none"] > 0.2, error
    assert shift["mean_path"] < 0.1 and shift["none"] > 0.5, shift
    with open(os.path.join(paths["mean_path"], "summary.json")) as file:
        told = json.load(file)["slice"]
    assert told["follow"] == "mean_path" and told["refresh"] == 50 and 0 < told["refresh_change"] < 0.1, told
    assert abs(told["mean_path_end"][0] - offset["mean_path"]) < 1e-15 and told["drift"] > 0.5, told
    whole = told["linear_variance_whole_network"][0]
    assert abs(whole / variance - 1) < 0.1, (whole, variance)
    assert "has no stationary state" in run(program, "stationary", case, folder, code=2)


if __name__ == "__main__":
    main()
