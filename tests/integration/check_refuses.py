#!/usr/bin/env python3
"""What `run` refuses of a case before its first step (exit 2), `check` refuses with the same words.
    check_refuses.py SGDFP FOLDER"""
import os
import subprocess
import sys

CASE = """landscape: {landscape}
sgd: {{learning_rate: 0.3, steps: 2, batch_size: 4{sgd}}}
slice: {{axes: {axes}{slice}}}
models: {models}
output: {{every: 2}}
{more}
"""
NETWORK = "{family: softmax, data: {source: synthetic, samples: 16, features: 2, classes: 2}, l2: 0.5}"
CLOSED = "{family: quadratic, eigenvalues: [1, 0.5], gradient_noise: [1, 1]}"
LINE, PLANE, SPACE = "['coordinate:1']", "['coordinate:1', 'coordinate:2']", "['coordinate:1', 'coordinate:2', 'coordinate:3']"
STATES = ", min: [-3, -3], max: [3, 3], cells: [32, 32]"
START = "reference_point: {minimize: true}\n"


def also(**more):
    return {"slice": STATES, "more": "optimizer: {name: also}\ninitial: {mean: [0, 0], std: [0.5, 0.5]}\n" + START, **more}


def rule(name, **more):
    return {"slice": STATES, "more": "optimizer: {name: %s}\ninitial: {mean: [0, 0], std: [0.5, 0.5]}\n" % name + START, **more}


# what is wrong, and with which landscapes
WRONG = [
    ("a plain case", {}),
    ("also and its limit", also(models="[diffusion_limit]")),
    ("a limit of plain SGD", {"models": "[diffusion_limit]"}),
    ("a limit of sign-SGD", {"models": "[diffusion_limit]", "more": "optimizer: sign_sgd\n" + START}),
    ("RMSprop by a law of samples", rule("rmsprop", models="[{model: master, law: exact}]")),
    ("RMSprop by a spread", rule("rmsprop", models="[{model: master, method: spread}]")),
    ("RMSprop by dense", rule("rmsprop", models="[{model: master, method: dense}]")),
    ("RMSprop by Langevin", rule("rmsprop", models="[langevin]")),
    ("RMSprop by random maps", rule("rmsprop", models="[random_map]")),
    ("RMSprop in a plane", rule("rmsprop", axes=PLANE, models="[master]")),
    ("momentum by random maps", {"sgd": ", momentum: 0.5", "models": "[random_map]", "slice": STATES, "more": "initial: {std: [0.5, 0.5]}\n" + START}),
    ("dense in a plane", {"axes": PLANE, "models": "[{model: master, method: dense}]"}),
    ("remesh with another law", {"models": "[{model: master, method: remesh, law: laplace}]"}),
    ("splat with another law", {"models": "[{model: master, method: splat, law: laplace}]"}),
    ("levels with another law", {"models": "[{model: master, method: levels, law: laplace}]"}),
    ("jumps by dense in a plane", {"axes": PLANE, "models": "[{model: jump, method: dense}]"}),
    ("a closure by dense in a plane", {"axes": PLANE, "models": "[{model: gaussian_closure, method: dense}]"}),
    ("two scales of a line", {"models": "[{model: levy, scale: [1, 1]}]"}),
    ("an epoch between mirrors", {"models": "[{model: random_map, epoch: true}]", "slice": ", boundary: [reflecting]"}),
    ("an epoch of two models", {"models": "[{model: random_map, epoch: true}, master]"}),
    ("an epoch of batches that do not fit", {"sgd": ", sampling: without_replacement, batch_size: 5", "models": "[{model: random_map, epoch: true}]"}),
    ("all atoms of too many", {"models": "[{model: random_map, atoms: all}]"}),
    ("an axis beyond the last", {"axes": "['coordinate:99']"}),
    ("an axis of nothing", {"axes": "[sharpes]"}),
    ("a mode beyond the last", {"axes": "['mode:99']"}),
    ("one axis twice", {"axes": "['coordinate:1', 'coordinate:1']"}),
    ("a logarithm in a plane", {"axes": PLANE, "more": "check: {logarithm: true}\n" + START}),
    ("a likelihood in a plane", {"axes": PLANE, "more": "check: {likelihood: true}\n" + START}),
    ("a logarithm along a schedule", {"more": "check: {logarithm: true}\nschedule: {kind: piecewise, start: [1], learning_rate: [0.1]}\n" + START}),
    ("a scale in a plane", {"axes": PLANE, "more": "check: {scale: true}\n" + START}),
    ("an error check of odd cells", {"slice": ", min: [-1], max: [1], cells: [33]", "more": "check: {error: true}\n" + START}),
    ("a mean that is followed with momentum", {"sgd": ", momentum: 0.5", "slice": ", follow: mean" + STATES}),
    ("a mean that is followed with clipping", {"slice": ", follow: mean", "more": "optimizer: {name: sign_sgd}\n" + START}),
    ("a complement of epochs", {"sgd": ", sampling: epoch", "slice": ", follow: mean, complement: ensemble"}),
    ("a complement beside an initial mean", {"slice": ", follow: mean, complement: ensemble", "more": "initial: {mean: [0.1]}\n" + START}),
    ("a complement of random maps", {"slice": ", follow: mean, complement: ensemble", "models": "[random_map]"}),
    ("a complement of an exact law", {"slice": ", follow: mean, complement: ensemble", "models": "[{model: master, law: exact}]"}),
    ("noise on a mode that there is not", {"more": "noise: {modes: [99]}\n" + START}),
    ("an ensemble of epochs", {"sgd": ", sampling: epoch", "models": "[network]"}),
    ("a law of the last step in a plane", {"axes": PLANE, "models": "[{model: network, law: exact}]"}),
    ("three axes of too much", {"axes": SPACE, "models": "[{model: master, method: dense}]"}),
]
VALUES = dict(sgd="", axes=LINE, slice="", models="[master]", more=START)


def said(program, command, case):
    with open("case.yaml", "w") as file:
        file.write(case)
    done = subprocess.run([program, command, "case.yaml", "-o", "out", "--overwrite"], capture_output=True, text=True, timeout=120)
    lines = [line for line in done.stderr.splitlines() if "warning" not in line and line.startswith("sgdfp:")]
    return done.returncode, lines[-1] if lines else ""


def main():
    program, failed = os.path.abspath(sys.argv[1]), 0
    os.makedirs(sys.argv[2], exist_ok=True)
    os.chdir(sys.argv[2])
    for what, changes in WRONG:
        for landscape in (NETWORK, CLOSED):
            case = CASE.format(**{**VALUES, "landscape": landscape, **changes})
            check, run = said(program, "check", case), said(program, "run", case)
            bad = (check[0] == 2) != (run[0] == 2) or (run[0] == 2 and check != run)
            failed += bad
            print(f"{'FAILED' if bad else 'ok'}: {what}, {landscape[9:16]}: exit {run[0]} {run[1][:150]}" + (f"\n  check: exit {check[0]} {check[1]}" if bad else ""))
    sys.exit(f"{failed} failed" if failed else 0)


main()
