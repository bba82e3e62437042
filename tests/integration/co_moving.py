"""A slice that follows the mean path, against trajectories of the network itself, well into training but not at a minimum.

    co_moving.py SGDFP CASE FOLDER

 - the co-moving density's variance is that of the ensemble to a tenth, the frozen slice's is not to a fifth;
 - so is its mean, path and density together, to a tenth of the spread; the frozen slice is off by half of it and more;
 - the summary and mean_path.csv tell what was followed;
 - what a moving slice cannot do is refused: stationary states (exit code 2);
 - at large steps, where the rest's spread matters: with `complement: ensemble` the variance is the network's to four of the errors
   of both, with the rest at the mean it is not (on several ranks: ranks_complement); laws that need single samples are refused.
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


LARGE = ("reference_point.steps=2000", "spectrum.largest=1", "slice.axes=['mode:1']", "sgd.learning_rate=0.2", "sgd.batch_size=8", "sgd.steps=30",
         "slice.follow=mean", "slice.refresh=3", "slice.mean_trajectories=128", "slice.nodes=17", "slice.min=[-1.2]", "slice.max=[1.2]",
         "slice.cells=[160]", "models=[{model: master, law: gaussian}, {model: network, members: 512, doublings: 0}]")


def check_complement(program, case, folder):
    found = {}
    for name in ("rest", "ensemble"):
        path = os.path.join(folder, name)
        run(program, "run", case, path, *LARGE, f"slice.complement={name}")
        with open(os.path.join(path, "moments.csv"), newline="") as file:
            rows = {row["model"]: row for row in csv.DictReader(file)}
        with open(os.path.join(path, "sampling_errors.csv"), newline="") as file:
            errors = {row["model"]: row for row in csv.DictReader(file)}
        with open(os.path.join(path, "summary.json")) as file:
            told = json.load(file)["slice"]
        assert told["complement"] == name and told["mean_trajectories"] == 128, told
        found[name] = float(rows["master"]["cov_11"]) / float(rows["network"]["cov_11"]) - 1
    error = math.hypot(float(errors["network"]["cov_11"]) / float(rows["network"]["cov_11"]),
                       told["error_of_the_complement"][0] / told["linear_variance_over_the_complement"][0])
    print("variance over the network's, less one", found, "error", error)
    assert error < 0.15 and abs(found["ensemble"]) < 4 * error and found["rest"] < -0.2, (found, error)
    text = run(program, "run", case, os.path.join(folder, "exact"), *LARGE[:-1], "slice.complement=ensemble", "models=[{model: master, law: exact}]",
               code=2)
    assert "give law: gaussian" in text, text
    assert "needs slice.follow: mean" in run(program, "check", case, folder, "slice.complement=ensemble", code=2)


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
    check_complement(program, case, folder)
    assert "has no stationary state" in run(program, "stationary", case, folder, code=2)


if __name__ == "__main__":
    main()
