#!/usr/bin/env python3
"""The command sweep: its numbers are those of single runs, on any number of groups; a wrong run does not end the others;
what is done is not done again; stopped work goes on; a network is trained once.
sweep.py MPIEXEC SGDFP FOLDER"""
import csv
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time

CASE = """name: base
landscape: {family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}
sgd: {learning_rate: 0.1, steps: 20}
slice: {axes: [sharpest], cells: [96]}
models: [master, langevin]
sweep: {vary: ["sgd.batch_size=1:4:2:log"]}
"""
NETWORK = """name: network
landscape: {family: mlp, data: {source: synthetic, samples: 60, features: 4, classes: 2}, hidden: [3]}
reference_point: {steps: 300, learning_rate: 0.2, batch_size: 16, minimize: true, gradient_norm: 1.0e-6}
spectrum: {largest: 3, smallest: 1}
sgd: {learning_rate: 0.05, batch_size: 4, steps: 4}
slice: {axes: [sharpest], cells: [64], nodes: 9}
models: [langevin]
"""


def sweep(programs, ranks, folder, *arguments, case="case.yaml"):
    front = [] if ranks == 1 else [programs[0], "-n", str(ranks)]
    return subprocess.run(front + [programs[1], "sweep", case, "-o", folder, *arguments], capture_output=True, text=True,
                          timeout=200)


def expect(done, code, *words):
    text = done.stdout + done.stderr
    assert done.returncode == code, f"exit {done.returncode}, expected {code}\n{text}"
    for word in words:
        assert word in text, f"no '{word}' in\n{text}"


def table(folder):
    with open(os.path.join(folder, "sweep.csv"), newline="") as file:
        return list(csv.DictReader(file))


def numbers(programs):
    """Against the closed form, a single run, and two groups."""
    rates = "sgd.learning_rate=0.1,0.5"
    expect(sweep(programs, 1, "one", "--vary", rates), 0, "Sweep: 4 runs, 4 done now")
    rows = table("one")
    assert [(r["sgd.batch_size"], r["sgd.learning_rate"]) for r in rows] == [("1", "0.1"), ("1", "0.5"), ("4", "0.1"), ("4", "0.5")]
    for row in rows:
        eta, batch = float(row["sgd.learning_rate"]), int(row["sgd.batch_size"])
        shrink, start = (1 - eta) ** 2, eta ** 2 / batch  # the start is one step's noise wide
        exact = start * (shrink ** 20 + (1 - shrink ** 20) / (1 - shrink))
        assert math.isclose(float(row["master.cov_11"]), exact, rel_tol=1e-8), (row["master.cov_11"], exact)
    expect(sweep(programs, 2, "two", "--vary", rates), 0, "2 at a time")
    for one, two in zip(rows, table("two")):
        for column in ("folder", "exit", "master.cov_11", "langevin.distance.l1", "langevin.verdict.resolution"):
            assert one[column] == two[column], column
    expect(sweep(programs, 3, "pairs", "--vary", rates, "--set", "sweep.ranks=2"), 0, "1 at a time on 2 ranks each; some ranks")
    for one, two in zip(rows, table("pairs")):
        assert math.isclose(float(one["master.cov_11"]), float(two["master.cov_11"]), rel_tol=1e-12)


def figures(programs):
    """Drawn at the end by the program itself, also where ranks end with a code that is not 0; check leaves none to draw."""
    expect(sweep(programs, 2, "one", "--vary", "sgd.learning_rate=0.1,-1,0.2", "--figures"), 2, "sweep_cov_11_map.png")
    assert os.path.getsize("one/figures/sweep_cov_11_map.png") > 10000
    expect(sweep(programs, 1, "one", "--vary", "sgd.learning_rat=0.1", "--figures"), 2)
    done = subprocess.run([programs[1], "check", "case.yaml", "--figures"], capture_output=True, text=True, timeout=60)
    expect(done, 2, "check leaves no files to draw")


def failures(programs):
    """The wrong run has its exit code and its reason in the table; what is done stays."""
    done = sweep(programs, 1, "one", "--vary", "sgd.learning_rate=0.1,-1,0.2")
    expect(done, 2, "4 done now, 2 before, 2 failed")
    rows = table("one")
    assert [r["exit"] for r in rows] == ["0", "2", "0"] * 2
    assert "must be positive, got -1" in rows[1]["message"] and rows[1]["master.cov_11"] == ""
    expect(sweep(programs, 1, "none", "--vary", "sgd.learning_rat=0.1,0.2"), 2, 'did you mean "learning_rate"?')
    assert not os.path.exists("none/sweep.csv")
    for word in ("sgd.steps", "sgd.steps=1,1", "sgd.steps=1:2", "sgd.steps=1:2:0", "sgd.steps=-1:2:3:log", "sweep.ranks=1,2"):
        expect(sweep(programs, 1, "none", "--vary", word), 2, "vary")
    expect(sweep(programs, 2, "none", "--set", "sweep.ranks=3"), 2, "3 ranks a run")
    expect(sweep(programs, 1, "one", "--set", "initial.mean=[0.5]"), 4, "initial.mean", "--overwrite")
    expect(sweep(programs, 1, "none", case="nothing.yaml"), 4, "nothing.yaml")


def interrupted(programs):
    """Stopped within a run; the same command goes on, to the bits of the undisturbed one."""
    arguments = [programs[1], "sweep", "case.yaml", "--set", "sgd.steps=200000", "--set", "output.every=1000", "--vary",
                 "sgd.batch_size=1,2", "--set", "models=[master]"]
    process = subprocess.Popen([*arguments, "-o", "stopped"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    run = os.path.join("stopped", "sgd.batch_size=1", "moments.csv")
    while process.poll() is None and not (os.path.exists(run) and os.path.getsize(run) > 1000):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    text = "".join(process.communicate(timeout=60))
    assert process.returncode == 128 + signal.SIGTERM, text
    assert "the same command goes on" in text, text
    assert table("stopped")[1]["message"] == "not done"
    expect(subprocess.run([*arguments, "-o", "stopped"], capture_output=True, text=True, timeout=100), 0, "2 done now")
    expect(subprocess.run([*arguments, "-o", "quiet"], capture_output=True, text=True, timeout=100), 0)
    for one, two in zip(table("stopped"), table("quiet")):
        assert one["master.cov_11"] == two["master.cov_11"]


def network(programs):
    """One training and one spectrum, and the numbers of a run that does both itself."""
    rates = "sgd.learning_rate=0.05,0.1"
    expect(sweep(programs, 1, "shared", "--vary", rates, case="network.yaml"), 0, "one training", "one spectrum")
    single = subprocess.run([programs[1], "run", "network.yaml", "-o", "single", "--set", "sgd.learning_rate=0.1"],
                            capture_output=True, text=True, timeout=100)
    expect(single, 0)
    with open("single/moments.csv", newline="") as file:
        wanted = list(csv.DictReader(file))[-1]["cov_11"]
    assert math.isclose(float(table("shared")[1]["langevin.cov_11"]), float(wanted), rel_tol=1e-9)
    each = sweep(programs, 1, "apart", "--vary", "landscape.l2=0.01,0.02", case="network.yaml")
    assert each.returncode == 0 and "one training" not in each.stdout, each.stdout + each.stderr


def rest(programs):
    """The command stationary for every value, also where runs were swept before; its numbers are those of the command alone."""
    more = ["--vary", "sgd.learning_rate=0.1,0.2", "--vary", "sgd.batch_size=1", "--set", "models=[master]"]
    expect(sweep(programs, 1, "rest", *more), 0, "2 done now")
    expect(sweep(programs, 1, "rest", *more, "--set", "sweep.command=stationary"), 0, "2 done now")
    single = subprocess.run([programs[1], "stationary", "case.yaml", "-o", "single_rest", "--set", "sgd.learning_rate=0.2", *more[4:]],
                            capture_output=True, text=True, timeout=100)
    expect(single, 0)
    with open("single_rest/stationary.json", encoding="utf-8") as file:
        wanted = json.load(file)["models"]["master"]
    row = table("rest")[1]
    assert math.isclose(float(row["master.relaxation_steps"]), wanted["relaxation_steps"], rel_tol=1e-9), row
    assert math.isclose(float(row["master.eigenvalues.2.mu_re"]), wanted["eigenvalues"][1]["mu_re"], rel_tol=1e-9), row
    expect(sweep(programs, 1, "none", "--vary", "sgd.steps=1,2", "--set", "sweep.command=check"), 2, "expected run or stationary")


def main(mpiexec, program, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    for name, text in (("case.yaml", CASE), ("network.yaml", NETWORK)):
        with open(name, "w") as file:
            file.write(text)
    for test in (numbers, failures, figures, rest, interrupted, network):
        test((mpiexec, program))
        print(f"{test.__name__}: as expected")


if __name__ == "__main__":
    main(*sys.argv[1:])
