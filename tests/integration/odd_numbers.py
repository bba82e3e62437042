#!/usr/bin/env python3
"""Inputs on which numbers could come out wrong without a word: right, or with a warning that names it, or refused with the reason.
    odd_numbers.py SGDFP FOLDER"""
import os
import shutil
import subprocess
import sys

CASE = """landscape: {landscape}
sgd: {{{sgd}}}
slice: {{{slice}}}
initial: {{{initial}}}
models: {models}
"""
BASE = dict(landscape="{family: quadratic, eigenvalues: [1], gradient_noise: [1]}", sgd="learning_rate: 0.1, steps: 4", initial="std: [0.3]",
            slice="axes: ['coordinate:1'], min: [-3], max: [3], cells: [150]", models="[langevin]", more="")
PERIODIC = "axes: ['coordinate:1'], min: [-1], max: [1], cells: [60], boundary: [periodic]"


def formula(loss, noise="1", more=""):
    return f"{{family: formula, dimension: 1, loss: '{loss}', noise_covariance: ['{noise}']{more}}}"


EPOCHS = dict(landscape="{family: softmax, data: {source: synthetic, samples: 32, features: 2, classes: 2}, l2: 1e-2}",
              sgd="learning_rate: 0.3, steps: 10, batch_size: 8, sampling: epoch", slice="axes: [sharpest]", initial="std: [0.1]",
              more="reference_point: {minimize: true}\ntrajectories: {count: 32, modes: 2}\n")
FOUR = dict(landscape="{family: softmax, data: {source: synthetic, samples: 4, features: 2, classes: 2}, l2: 0.5}", initial="std: [0.2]",
            sgd="learning_rate: 0.5, steps: 4, batch_size: 2, sampling: without_replacement", models="[{model: random_map, epoch: true}]",
            more="reference_point: {minimize: true}\n")

EXPECT = "expect: [%s]\n" % ", ".join("{model: master, quantity: %s, value: %r, tolerance: %g}" % row for row in (
    ("mean_1", 0.8, 1e-6), ("cov_11", 0.1, 1e-6), ("skewness_1", 2e-3 / 0.1**1.5, 1e-4)))
STUCK = "run -discrete_fokker_planck_ksp_type gmres -discrete_fokker_planck_pc_type none -discrete_fokker_planck_ksp_max_it 1"

TWO_SAMPLES = dict(landscape=formula("a1^4/4-a1^2/2", "0.2025"), sgd="learning_rate: 0.3, steps: 4", initial="mean: [1], std: [0.1]", models="[random_map]")

# (what, command and options, changes, exit code, words of what is said; a word with ! in front must not be said)
INPUTS = [
    ("a plain case", "run", {}, 0, ["!warning"]),
    ("a periodic axis of a loss that is not", "run", dict(slice=PERIODIC), 0, ["axis 1 is periodic, but the gradient is not"]),
    ("a periodic axis of a noise that is not", "run", dict(slice=PERIODIC, landscape=formula("cos(pi*a1)", "1+0.4*a1")), 0,
     ["axis 1 is periodic, but the noise is not"]),
    ("a periodic axis of a periodic landscape", "run", dict(slice=PERIODIC, landscape=formula("cos(pi*a1)")), 0, ["!is periodic, but"]),
    ("a variance below zero in one dimension", "run", dict(models="[master]", landscape=formula("a1^2/2", "1-a1^2")), 3,
     ["not positive semidefinite"]),
    ("a law without a variance", "run", dict(models="[{model: master, law: alpha_stable, alpha: 1.7}]"), 0, ["models.0.law: alpha_stable has no variance"]),
    ("the same at its normal end", "run", dict(models="[{model: master, law: alpha_stable, alpha: 2}]"), 0, ["!no variance"]),
    ("a fractional generator", "run", dict(models="[levy]"), 0, ["model levy: its density has no variance"]),
    ("a gradient of another sign", "run", dict(landscape=formula("a1^2/2", more=", gradient: ['-a1']")), 0,
     ["landscape.gradient is not the slope of landscape.loss", "2 of the slope"]),
    ("a gradient twice the slope", "run", dict(landscape=formula("a1^2/2", more=", gradient: ['2*a1']")), 0, ["is not the slope"]),
    ("a gradient that is the slope", "run", dict(landscape=formula("a1^2/2", more=", gradient: ['a1']")), 0, ["!is not the slope"]),
    ("a gradient that vanishes where it is probed", "check", dict(landscape=formula("cos(a1)", more=", gradient: ['-sin(a1)']")), 0, ["!is not the slope"]),
    ("differences of a loss that is flat where it is probed", "check", dict(landscape=formula("cos(a1)")), 0, ["relative error about", "!e+"]),
    ("closed forms without replacement", "check", dict(sgd="learning_rate: 0.1, steps: 4, sampling: without_replacement"), 0,
     ["sgd.sampling without_replacement: the landscape quadratic has no number of samples"]),
    ("momentum of no optimizer", "check", dict(more="optimizer: {momentum: 0.5}\n"), 0, ["optimizer.momentum: sgd does not read it"]),
    ("weight decay of an Adam that has none", "check",
     dict(slice="axes: ['coordinate:1'], min: [-3, -2, 0], max: [3, 2, 2], cells: [30, 20, 20]", initial="mean: [1, 0, 1], std: [0.4, 0.3, 0.2]",
          models="[gaussian_closure]", more="optimizer: {name: adam, weight_decay: 0.1}\n"), 0, ["optimizer.weight_decay: adam does not read it"]),
    ("a step's noise beyond any box", "run", dict(models="[master]", sgd="learning_rate: 1e6, steps: 4"), 3, ["axis 1: one step's noise is as wide as"]),
    ("a start narrower than a cell", "run", dict(initial="std: [0.005]"), 3, ["does not fit the grid"]),
    ("a narrow start between two centres", "run", dict(initial="mean: [0.03], std: [0.016]"), 3, ["mean or variance is off by 0.2"]),
    ("check of a start narrower than a cell", "check", dict(initial="std: [0.005]"), 3, ["does not fit the grid"]),
    ("a start outside the box", "run", dict(initial="mean: [9], std: [0.3]"), 3, ["does not fit the grid"]),
    ("a box beside the minimum", "run", dict(slice="axes: ['coordinate:1'], min: [0.5], max: [3.5], cells: [150]", initial="mean: [1.6], std: [0.2]",
                                             sgd="learning_rate: 0.1, steps: 10"), 0, ["has left through the lower face of axis 1"]),
    ("a step far beyond a reflecting wall", "run", dict(landscape="{family: quadratic, eigenvalues: [0], gradient_noise: [1], slope: [-170]}",
                                                        slice=BASE["slice"] + ", boundary: [reflecting]", initial="mean: [0.2], std: [0.3]",
                                                        sgd="learning_rate: 0.1, steps: 1", models="[{model: master, law: exponential}]", more=EXPECT), 0, ["!missed"]),
    ("draws that stand for all batches", "run", dict(models="[{model: random_map, atoms: sampled, seed: 1}]"), 0,
     ["256 atoms drawn for all there are: a step's mean is off by 0.062 of its noise and its variance by 0.012"]),
    ("a law's two atoms", "run", dict(models="[random_map]"), 0, ["!drawn for all"]),
    ("a linear system without a solution", STUCK, dict(models="[discrete_fokker_planck, langevin]"), 3,
     ["model discrete_fokker_planck has failed", "the others go on", "step      4/4", "1 of 2 models failed"]),
    ("a schedule shorter than a cosine's pieces", "run", dict(more="schedule: {kind: piecewise, start: [2], learning_rate: [0.05]}\n"), 0, ["!warning"]),
    ("a learning rate that falls to nothing", "run", dict(slice="axes: ['coordinate:1']", initial="std: [0.05]", sgd="learning_rate: 0.1, batch_size: 4, steps: 20",
                                                          more="schedule: {kind: cosine, final: 0}\n"), 0, ["!failed"]),
    ("a loss with a jump", "check", dict(landscape=formula("a1>0.31 ? 1+a1^2/2 : a1^2/2")), 0, ["axis 1: the loss changes by 1 within", "of 0.3"]),
    ("a loss of steps", "check", dict(landscape=formula("rint(a1)")), 0, ["axis 1: the loss changes by 1 within"]),
    ("a loss with a kink", "check", dict(landscape=formula("abs(a1-0.003)+a1^2/2")), 0, ["!the loss changes by"]),
    ("a pole of the loss", "run", dict(landscape=formula("1/a1")), 3, ["not finite"]),
    ("an output step beyond the end", "run", dict(more="output: {steps: [2, 9]}\n"), 2, ["output.steps", "0 .. 4"]),
    ("an expectation that is no number", "run", dict(more="expect: [{model: langevin, quantity: cov_11, value: .nan, tolerance: 1}]\n"), 2, ["expect.0.value"]),
    ("a batch larger than the data", "run", {**EPOCHS, "sgd": "learning_rate: 0.3, steps: 10, batch_size: 64"}, 2, ["larger than the data"]),
    ("trajectories of epochs", "sample", EPOCHS, 0, ["sgd.sampling epoch", "for independent batches"]),
    ("the truncated equation far outside", "run", dict(models="[discrete_fokker_planck]", slice="axes: ['coordinate:1'], min: [-10], max: [110], cells: [4000]",
                                                       initial="mean: [100], std: [0.5]", sgd="learning_rate: 0.1, steps: 10"), 3, ["more than there is"]),
    ("faces that give what they never took", "run", dict(models="[discrete_fokker_planck]", slice="axes: ['coordinate:1'], min: [-20], max: [20], cells: [800]",
                                                         initial="mean: [0.8], std: [0.8]", sgd="learning_rate: 0.8, steps: 300", more="output: {every: 300}\n"), 0,
     ["come in, which never left, through the lower face", "upper face"]),
    ("the flattest of few", "run", {**EPOCHS, "sgd": "learning_rate: 0.3, steps: 2, batch_size: 8", "slice": "axes: [flattest]",
                                    "more": EPOCHS["more"] + "spectrum: {largest: 2, smallest: 0}\n"}, 0, ["flattest of 2 computed", "flattest: the flattest of the 2 modes"]),
    ("noise that vanishes with the distance", "stationary", dict(landscape="{family: quadratic, eigenvalues: [1], gradient_noise: [0], hessian_noise: [0.5]}",
                                                                 sgd="learning_rate: 0.5, steps: 4", models="[master]"), 3, ["all mass collapses"]),
    ("sets of the truncated equation", "stationary", dict(landscape=formula("a1^4/4-a1^2/2+0.1*a1", "2+4*a1^2"), sgd="learning_rate: 0.1, batch_size: 8, steps: 4",
                                                          slice="axes: ['coordinate:1'], min: [-4], max: [4], cells: [128]",
                                                          models="[discrete_fokker_planck]"), 3, ["NOT RESOLVED", "short waves of the truncated equation"]),
    ("an escape that the cells decide", "stationary", dict(**TWO_SAMPLES, slice="axes: ['coordinate:1'], min: [-2], max: [2], cells: [64]"), 3,
     ["NOT RESOLVED", "model random_map: its slowest rate is known to 1e+05 % only"]),
    ("an escape beside ringing", "stationary", dict(**TWO_SAMPLES, slice="axes: ['coordinate:1'], min: [-2], max: [2], cells: [512]"), 0,
     ["single cells do not hold; by half the cells its mean and variance are known to", "its slowest rate to 0.085 %", "!and rates hold"]),
    ("Langevin's escape on few cells", "stationary", dict(**{**TWO_SAMPLES, "models": "[langevin]"}, slice="axes: ['coordinate:1'], min: [-2], max: [2], cells: [32]"), 0,
     ["slowest rate is known to 2.5e+06 % only", "!escape rate below 1.0e-05"]),
    ("a slope without an end", "stationary", dict(landscape=formula("a1", "0.01"), slice="axes: ['coordinate:1'], min: [-1.6], max: [0.3], cells: [400]",
                                                  models="[gaussian_closure]"), 3, ["no stationary density found", "not real and positive", "!mean -", "!relaxation"]),
    ("a cycle of two steps", "stationary", dict(landscape=formula("a1^4/4-a1^2/2", "0"), sgd="learning_rate: 1.1, steps: 4",
                                                slice="axes: ['coordinate:1'], min: [0.2], max: [1.3], cells: [256]", initial="mean: [0.9], std: [0.05]",
                                                models="[random_map]", more="stationary: {eigenpairs: 2}\n"), 0, ["does not settle", "a cycle of two steps", "!leaves the box"]),
    ("a schedule at rest", "stationary", dict(more="schedule: {kind: piecewise, start: [2], learning_rate: [0.01]}\n"), 2, ["schedule", "constant learning rate", "!relaxation"]),
    ("the balance of another optimizer", "stationary", dict(models="[langevin]", more="optimizer: sign_sgd\n"), 0, ["relaxation", "!nan"]),
    ("waves that crowd", "stationary -discrete_fokker_planck_stationary_eps_max_it 10", dict(
        landscape="{family: rough}", slice="axes: ['coordinate:1'], min: [-1.5], max: [1.5], cells: [256]", models="[discrete_fokker_planck]"), 0,
     ["slowest of 6 eigenpairs converged", "semi_implicit damps them", "relaxation"]),
    ("a limit that also has not", "run", dict(
        landscape="{family: softmax, data: {source: synthetic, samples: 32, features: 2, classes: 2}, l2: 0.5}", models="[diffusion_limit]",
        slice="axes: ['coordinate:1'], min: [-3, -3], max: [3, 3], cells: [32, 32]", initial="mean: [0, 0], std: [0.5, 0.5]",
        more="optimizer: {name: also}\n"), 2, ["models.0", "knows no diffusion for also", "!memory"]),
    ("mirrors around what nothing confines", "stationary", dict(sgd="learning_rate: 2.1, steps: 4", slice=BASE["slice"] + ", boundary: [reflecting]",
                                                                models="[master]"), 0, ["of its peak at the reflecting lower face of axis 1"]),
    ("mirrors where there is no mass", "stationary", dict(slice=BASE["slice"] + ", boundary: [reflecting]", models="[master]"), 0, ["!reflecting lower", "by its cells: ok", "!resolution"]),
    ("a stationary density of coarse cells", "stationary", dict(
        landscape="{family: quadratic, eigenvalues: [1, 0.5], gradient_noise: [1, 1]}", initial="std: [0.3, 0.3]", models="[master, langevin]",
        slice="axes: ['coordinate:1', 'coordinate:2'], min: [-2, -2.3], max: [2, 2.3], cells: [17, 31]"), 0,
     ["by its cells: poor", "model master, stationary density: resolution poor: a step's noise is 0.425 cells of axis 1 (2 wanted)",
      "model langevin, stationary density: resolution poor: the shortest third",
      "master: growing, not stationary, leak -2.4", "model master: its mass grows by 2.4e-08 a step", "langevin: stationary"]),
    ("an escape slower than the mass grows", "stationary", dict(
        landscape=formula("a1^4/4-a1^2/2", "0.4"), models="[master]", slice="axes: ['coordinate:1'], min: [-2], max: [2], cells: [64]"), 3,
     ["its mass grows by 8.4e-08 a step", "the box holds a mass of 1.6, more than there is, once it has settled", "NOT RESOLVED"]),
    ("the same escape on finer cells", "stationary", dict(
        landscape=formula("a1^4/4-a1^2/2", "0.4"), models="[master]", slice="axes: ['coordinate:1'], min: [-2], max: [2], cells: [128]"), 0,
     ["rate 1.691728", "!grows"]),
    ("a stationary density between few nodes", "stationary", {
        **EPOCHS, "sgd": "learning_rate: 0.3, steps: 4, batch_size: 8", "slice": "axes: [sharpest], nodes: 4, min: [-5], max: [5], cells: [160]"}, 0,
     ["model langevin, stationary density: not resolved: at 12 points where the mass is, the interpolated drift is only known to 0.41"]),
    ("steps that are epochs", "run", FOUR, 0, ["second moments", "of the whole epoch's noise"]),
    ("a stationary density of epochs", "stationary", FOUR, 0, ["of epochs, u the displacement by the 2 updates of one", "epochs, rate", "!SGD's (eta"]),
    ("a cycle whose cells ring", "stationary", dict(**TWO_SAMPLES, slice="axes: ['coordinate:1'], min: [-2], max: [2], cells: [512]"), 0,
     ["by its cells: poor", "single cells do not hold", "!stationary density: resolution"]),
    ("eta Gamma at its bound", "stationary", dict(landscape="{family: quadratic, eigenvalues: [0.7], gradient_noise: [0.1], hessian_noise: [%r]}" % (
        0.7 * (2 - 0.3 * 0.7) / 0.3), sgd="learning_rate: 0.3, steps: 4", models="[master]"), 0, ["SGD: infinite, though a stationary density exists"]),
]


def main():
    program, failed = os.path.abspath(sys.argv[1]), 0
    os.makedirs(sys.argv[2], exist_ok=True)
    os.chdir(sys.argv[2])
    for what, command, changes, code, words in INPUTS:
        values = {**BASE, **changes}
        with open("case.yaml", "w") as file:
            file.write(CASE.format(**values) + values["more"])
        shutil.rmtree("out", ignore_errors=True)
        command, *options = command.split()
        done = subprocess.run([program, command, "case.yaml", "-o", "out", *options], capture_output=True, text=True, timeout=120)
        said = done.stdout + done.stderr
        bad = done.returncode != code or "PETSC ERROR" in said
        bad = bad or any(word[1:] in said if word[0] == "!" else word not in said for word in words)
        if command == "sample" and not bad:
            with open("out/modes.csv") as file:
                head, row = (line.strip().split(",") for line in file.readlines()[:2])
            bad = any(dict(zip(head, row))[key] != "nan" for key in ("variance_path", "variance_stationary", "variance_langevin"))
        failed += bad
        print(f"{'FAILED' if bad else 'ok'}: {what}" + (f"\n  exit {done.returncode}, expected {code}, {words}\n  {said[-1500:]}" if bad else ""))
    sys.exit(f"{failed} failed" if failed else 0)


main()
