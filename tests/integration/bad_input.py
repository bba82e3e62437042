#!/usr/bin/env python3
"""Every malformed case stops before any work: the right exit code, one readable message on stderr that names the place,
and no PETSc trace.     bad_input.py SGDFP FOLDER"""
import os
import subprocess
import sys

from tries import fresh, refusal, summed_up, told

GOOD = """name: good
landscape:
  family: quadratic
  eigenvalues: [1.0, 0.5]
  gradient_noise: [1.0, 1.0]
sgd:
  learning_rate: 0.1
  steps: 2
slice:
  axes: [sharpest, flattest]
models: [master, langevin]
"""
DATA = GOOD.replace("family: quadratic\n  eigenvalues: [1.0, 0.5]\n  gradient_noise: [1.0, 1.0]",
                    "family: softmax\n  data: {source: synthetic, samples: 50, features: 4, classes: 3}")
TABULATED = GOOD.replace("[master,", "[{model: master, law: tabulated, table: table.txt},")
TABLE = "".join(f"{i / 100} {1 / (1 + (i / 100) ** 2 / 2)} 0\n" for i in range(301))  # Laplace up to q = 3
FORMULA = GOOD.replace("family: quadratic\n  eigenvalues: [1.0, 0.5]\n  gradient_noise: [1.0, 1.0]",
                       'family: formula\n  dimension: 1\n  loss: "a1^2/2"\n  noise_covariance: ["1"]').replace(
                           "[sharpest, flattest]", '["coordinate:1"]\n  min: [-3]\n  max: [3]\n  cells: [64]')
STATIONARY = "stationary:\n  expect:\n    - {model: %s, quantity: %s, value: 1, tolerance: 1}\n"
COARSE = GOOD.replace("flattest]", "flattest]\n  min: [-9, -9]\n  max: [9, 9]\n  cells: [40, 40]")

# (what, text, exit code, words that the message must hold)
TEXTS = [
    ("unknown key", GOOD.replace("learning_rate", "lerning_rate"), 2, [":7:", "lerning_rate", "learning_rate"]),
    ("unknown section", GOOD.replace("slice:", "slize:"), 2, [":9:", "slize", "slice"]),
    ("number is a word", GOOD.replace("0.1", "fast"), 2, [":7:", "sgd.learning_rate", "number"]),
    ("a batch of all samples in a schedule's middle", DATA.replace("steps: 2", "steps: 90\n  batch_size: 5\n  sampling: without_replacement")
     + "schedule: {kind: piecewise, start: [3, 6], batch_size: [50, 5]}\n", 2, ["schedule.batch_size", "all 50 samples"]),
    ("negative learning rate", GOOD.replace("0.1", "-0.1"), 2, [":7:", "sgd.learning_rate", "positive"]),
    ("learning rate not a number", GOOD.replace("0.1", ".nan"), 2, [":7:", "sgd.learning_rate"]),
    ("infinite learning rate", GOOD.replace("0.1", ".inf"), 2, [":7:", "sgd.learning_rate"]),
    ("a learning rate whose square underflows", GOOD.replace("0.1", "1e-200"), 2, ["underflow"]),
    ("noise whose square underflows", GOOD.replace("[1.0, 1.0]", "[1e-320, 1.0]"), 2, ["underflow"]),
    ("zero steps", GOOD.replace("steps: 2", "steps: 0"), 2, [":8:", "sgd.steps"]),
    ("steps beyond what is followed one by one", GOOD.replace("steps: 2", "steps: 1000000000"), 2, [":8:", "sgd.steps", "1 .. 100000000", "stationary"]),
    ("one end of the box only", GOOD.replace("flattest]", "flattest]\n  min: [-3, -3]"), 2, ["yaml (a default): slice.max", "give both"]),
    ("a schedule's list without its kind", GOOD + "schedule: {start: [1], learning_rate: [0.01]}\n", 2,
     [":12:", "schedule.start", "kind constant does not read it", "change schedule.kind"]),
    ("a cosine with a list", GOOD + "schedule: {kind: cosine, pieces: 2, batch_size: [3]}\n", 2, ["schedule.batch_size", "it reads final pieces"]),
    ("a use of no weights", DATA + "weights: {use: loss}\n", 2, ["weights.use", "weights.by"]),
    ("a dataset of no file", GOOD + "reference_point: {dataset: v}\n", 2, ["reference_point.dataset", "reference_point.file"]),
    ("fractional steps", GOOD.replace("steps: 2", "steps: 2.5"), 2, [":8:", "sgd.steps"]),
    ("missing steps", GOOD.replace("  steps: 2\n", ""), 2, ["sgd", "steps"]),
    ("labels of another source", DATA.replace("samples: 50", "y: target, samples: 50"), 2, [":4:", "landscape.data.y", "source synthetic does not read it", "samples features"]),
    ("samples of another source", DATA.replace("source: synthetic", "source: digits"), 2, [":4:", "landscape.data.samples", "digits"]),
    ("a choice of five thousand letters", GOOD.replace("family: quadratic", "family: " + "x" * 5000), 2, [":3:", "landscape.family", "x" * 48 + '..."']),
    ("a formula of five thousand letters", FORMULA.replace("a1^2/2", "a1^2/2 + " + "x" * 5000), 2, [":5:", "landscape.loss", "character"]),
    ("a parameter of another law", GOOD.replace("[master,", "[{model: master, alpha: 1.5},"), 2, [":11:", "models.0.alpha", "law auto does not read it", "models.0.law"]),
    ("a stationary quantity that there is not", GOOD + STATIONARY % ("master", "gab_1"), 2, [":14:", "stationary.expect.0", "gab_1", "gap_K"]),
    ("a stationary quantity of no model", GOOD + STATIONARY % ("mastre", "gap_1"), 2, [":14:", "stationary.expect.0", "mastre"]),
    ("expectations that are no list", GOOD + "stationary: {expect: fast}\n", 2, [":12:", "stationary.expect"]),
    ("passages of a word", GOOD + "stationary: {passages: [fast]}\n", 2, [":12:", "stationary.passages.0"]),
    ("empty models", GOOD.replace("[master, langevin]", "[]"), 2, [":11:", "models"]),
    ("no models", GOOD.replace("models: [master, langevin]\n", ""), 2, ["models"]),
    ("unknown model", GOOD.replace("langevin", "langevan"), 2, [":11:", "langevan", "langevin"]),
    ("a model's name with a slash", GOOD.replace("langevin]", "{model: langevin, name: a/b}]"), 2, [":11:", "models.1.name", "a/b"]),
    ("a model's name that begins with a dash", GOOD.replace("langevin]", "{model: langevin, name: -b}]"), 2, [":11:", "models.1.name"]),
    ("a model's name beyond ASCII", GOOD.replace("langevin]", "{model: langevin, name: Ł}]"), 2, [":11:", "models.1.name"]),
    ("a model's name with a comma", GOOD.replace("langevin]", "{model: langevin, name: 'a,b'}]"), 2, [":11:", "models.1.name"]),
    ("the same model twice", GOOD.replace("langevin", "master"), 2, [":11:", "models.1", "name"]),
    ("unknown family", GOOD.replace("quadratic", "quadratik"), 2, [":3:", "quadratik", "quadratic"]),
    ("unknown axis", GOOD.replace("flattest", "flatest"), 2, [":10:", "slice.axes", "flattest"]),
    ("an axis twice", GOOD.replace("flattest", "sharpest"), 2, [":10:", "slice.axes"]),
    ("too many axes", GOOD.replace("[sharpest, flattest]", "[a, b, c, d]"), 2, [":10:", "slice.axes"]),
    ("axes beyond the dimension", GOOD.replace("[sharpest, flattest]", '["mode:1", "mode:2", "mode:3"]'), 2, ["slice.axes"]),
    ("noise of another length", GOOD.replace("[1.0, 1.0]", "[1.0]"), 2, [":5:", "landscape.gradient_noise"]),
    ("negative noise", GOOD.replace("[1.0, 1.0]", "[1.0, -1.0]"), 2, [":5:", "landscape.gradient_noise"]),
    ("max below min", GOOD.replace("flattest]", "flattest]\n  min: [1, 1]\n  max: [0, 2]"), 2, [":12:", "slice.max"]),
    ("10^12 cells", GOOD.replace("flattest]", "flattest]\n  cells: [1000000, 1000000]"), 2, [":11:", "slice.cells"]),
    ("negative cells", GOOD.replace("flattest]", "flattest]\n  cells: [-4, 10]"), 2, [":11:", "slice.cells"]),
    ("unknown law", GOOD.replace("langevin]", "{model: master, name: m, law: gausian}]"), 2, [":11:", "models.1.law", "expected auto, exact, gaussian", '"gaussian"?']),
    ("unknown atoms", GOOD.replace("langevin", "{model: random_map, atoms: samplde}"), 2, [":11:", "models.1.atoms", "auto, all or sampled", '"sampled"?']),
    ("unknown boundary", GOOD.replace("flattest]", "flattest]\n  boundary: [open, open]"), 2, [":11:", "slice.boundary"]),
    ("unknown sampling", GOOD.replace("steps: 2", "steps: 2\n  sampling: with"), 2, [":9:", "sgd.sampling"]),
    ("a section is a list", GOOD.replace("sgd:\n  learning_rate: 0.1\n  steps: 2", "sgd: [1, 2]"), 2, [":6:", "sgd"]),
    ("a key twice", GOOD.replace("steps: 2", "steps: 2\n  steps: 3"), 2, [":9:", "steps"]),
    ("not YAML", "name: [unclosed\nsgd: {", 2, []),
    ("a list, not a mapping", "- a\n- b\n", 2, []),
    ("empty file", "", 2, []),
    ("binary junk", "\x00\x01\x02\x7f\x00", 2, []),
    ("a formula that does not parse", FORMULA.replace("a1^2/2", "a1^2/"), 2, [":5:", "landscape.loss"]),
    ("a formula of unknown names", FORMULA.replace("a1^2/2", "k*a1^2"), 2, [":5:", "landscape.loss", "k"]),
    ("a constant that renames pi", FORMULA.replace("  dimension: 1", "  dimension: 1\n  constants: ['pi = 3']"), 2,
     ["landscape.constants.0", '"pi" has a value already']),
    ("a constant twice", FORMULA.replace("  dimension: 1", "  dimension: 1\n  constants: ['k = 3', 'k = 4']"), 2, ["landscape.constants.1", '"k" has a value']),
    ("a loss not finite in the box", FORMULA.replace("a1^2/2", "a1^2/2 - ln(a1+2)/100"), 3, ["loss", "not finite", "-2.95"]),
    ("a noise not finite in the box", FORMULA.replace('["1"]', '["1/abs(a1-0.046875)"]'), 3, ["covariance", "0.046875"]),
    ("expectation of no model", GOOD + "expect:\n  - {model: masta, quantity: mass, value: 1, tolerance: 1}\n", 2, [":13:", "masta"]),
    ("unknown reference", GOOD + "compare: {reference: exact}\n", 2, [":12:", "compare.reference"]),
    ("unstable explicit scheme", GOOD.replace("[master, langevin]", "[{model: discrete_fokker_planck, scheme: explicit}]"), 3, ["unstable", "semi_implicit"]),
    ("noise finer than the grid", COARSE.replace("[master, langevin]", "[{model: master, method: splat}]"), 3, ["cells", "remesh"]),
    ("skewed noise finer than the grid", COARSE.replace("[master, langevin]", "[{model: master, law: exponential}]"), 3, ["exponential", "cells"]),
    ("noise far finer than the grid", COARSE.replace("40", "9"), 3, ["cells", "remesh"]),
    ("remeshing of another law", COARSE.replace("[master,", "[{model: master, law: gamma, method: remesh},"), 2, ["models.0.law", "gamma"]),
    ("an epoch beside others", DATA.replace("[master,", "[{model: random_map, epoch: true},"), 2, ["models.0.epoch", "only"]),
    ("the network with momentum", GOOD.replace("[master,", "[network,").replace("steps: 2", "steps: 2\n  momentum: 0.5").replace("[sharpest, flattest]", "[sharpest]"), 2,
     ["sgd.momentum", "network"]),
    ("the network over epochs", DATA.replace("[master,", "[network,").replace("steps: 2", "steps: 2\n  batch_size: 5\n  sampling: epoch"), 2, ["sgd.sampling", "network"]),
    ("a growing ensemble of too few", GOOD.replace("[master,", "[{model: network, members: 7},"), 2, [":11:", "models.0.members", "8"]),
    ("doublings that do not fit", GOOD.replace("[master,", "[{model: network, grow: [5, 9, 3]},"), 2, [":11:", "models.0.grow", "falling"]),
    ("an unknown way to sample", GOOD + "trajectories: {method: growin}\n", 2, [":12:", "trajectories.method", "growing"]),
    ("an epoch of a closed form", GOOD.replace("[master, langevin]", "[{model: random_map, epoch: true}]"), 2, ["models.0.epoch"]),
    ("more batches than atoms", DATA.replace("steps: 2", "steps: 2\n  batch_size: 5").replace("[master,", "[{model: random_map, atoms: all},"), 2, ["models.0.atoms", "sampled"]),
    ("a table that ends too soon", TABULATED, 2, [":11:", "models.0.table", "q = 3", "reach"]),
    ("halves of an odd grid", GOOD.replace("flattest]", "flattest]\n  cells: [40, 41]") + "check: {error: true}\n", 2, [":11:", "slice.cells", "even"]),
    ("a wrong reference point", GOOD + "reference_point: {learning_rate: -1}\n", 2, [":12:", "reference_point.learning_rate"]),
    ("unknown choice of atoms", GOOD.replace("[master,", "[{model: random_map, atoms: some},"), 2, ["models.0.atoms", "sampled"]),
    ("initial density off the grid", GOOD.replace("flattest]", "flattest]\n  min: [-2, -2]\n  max: [2, 2]") + "initial: {mean: [50, 0], std: [0.1, 0.1]}\n", 3, ["initial"]),
    ("batch larger than the data", DATA.replace("steps: 2", "steps: 2\n  batch_size: 51"), 2, [":8:", "sgd.batch_size"]),
    ("missing data file", DATA.replace("source: synthetic, samples: 50, features: 4, classes: 3", "source: csv, file: nowhere.csv"), 4, ["nowhere.csv"]),
    ("unused solver option", GOOD + "petsc:\n  langevin_ksp_rtool: 1.0e-3\n", 2, ["langevin_ksp_rtool"]),
]
LARGE = ["--set", "landscape={family: mlp, hidden: [300, 300], data: {source: synthetic, samples: 50, features: 4, classes: 3}}",
         "--set", "sgd.steps=1000000", "--set", "sgd.batch_size=8", "--set", "closure.refresh=1"]
COMMANDS = [
    ("no command", [], 2, ["command"]),
    ("unknown command", ["rum", "good.yaml"], 2, ["rum"]),
    ("no case", ["run"], 2, ["case"]),
    ("missing case file", ["run", "nowhere.yaml"], 4, ["nowhere.yaml"]),
    ("--set without a value", ["run", "good.yaml", "--set"], 2, ["--set"]),
    ("a forgotten --set", ["run", "good.yaml", "--sgd.learning_rate", "0.2"], 2, ["--set sgd.learning_rate=0.2"]),
    ("a forgotten --set, one dash", ["run", "good.yaml", "-sgd.steps=9"], 2, ["--set sgd.steps=9"]),
    ("an option of nobody", ["run", "good.yaml", "--learning-rate", "0.2"], 2, ["--learning-rate"]),
    ("--set without =", ["run", "good.yaml", "--set", "sgd.steps"], 2, ["sgd.steps"]),
    ("--set of an unknown key", ["run", "good.yaml", "--set", "sgd.step=3"], 2, ["--set", "sgd.step"]),
    ("predictions of modes that no memory holds", ["modes", "good.yaml", *LARGE], 2, ["closure.refresh", "GB on each of 1 ranks", "trajectories.modes"]),
    ("trajectories' predictions that no memory holds", ["sample", "good.yaml", *LARGE], 2, ["closure.refresh", "GB on each of 1 ranks"]),
    ("a folder that cannot be made", ["run", "good.yaml", "-o", "/proc/nowhere"], 4, ["/proc/nowhere"]),
]


def verdict(program, what, arguments, code, words, **variables):
    done = subprocess.run([program] + arguments, capture_output=True, text=True, timeout=60, env={**os.environ, **variables})
    return told(what, refusal(done, code, words, messages=1), done)


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    fresh(folder)
    with open("good.yaml", "w") as f:
        f.write(GOOD)
    with open("table.txt", "w") as f:
        f.write(TABLE)
    failed = 0
    for what, text, code, words in TEXTS:
        with open("bad.yaml", "w") as f:
            f.write(text)
        failed += verdict(program, what, ["run", "bad.yaml", "-o", "out", "--overwrite"], code, words)
    for what, arguments, code, words in COMMANDS:
        failed += verdict(program, what, arguments, code, words)
    stray = ["run", "good.yaml", "-o", "stray", "--overwrite"]
    failed += verdict(program, "a stray PETSC_OPTIONS", stray, 2, ["stray_thing", "PETSC_OPTIONS"], PETSC_OPTIONS="-stray_thing 3")
    with open(".petscrc", "w") as f:
        f.write("-other_thing 3\n")
    failed += verdict(program, "a stray .petscrc", stray, 2, ["other_thing", ".petscrc"])
    os.remove(".petscrc")
    total = len(TEXTS) + len(COMMANDS) + 2
    return summed_up(total, failed)


if __name__ == "__main__":
    sys.exit(main())
