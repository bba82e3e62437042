#!/usr/bin/env python3
"""How a run grows with cells and ranks: what is counted of every rank, what is measured on this machine's cores, and a model
with the machine's two constants for grids and ranks that it does not have. Prints tables in Markdown.

    postprocess/python.sh postprocess/bench/scaling.py [--program build/sgdfp] [--messages build/postprocess/bench/bench_messages]
        [--folder out/scaling] [--cells 64] [--ranks 1,2,4,8,16,32,64] [--others 16] [--large 0] [--repeats 3] [--launcher "mpiexec -n"]

--large 256: memory and messages of the spread master equation once more at 256^3 on 4 ranks, beside the model's.
Counts (work, bytes, collectives) are the program's own, by PETSc's log, and do not depend on the machine or its load."""
import argparse
import os
import re
import shlex
import subprocess
import sys
import time

import scaling_model

CASE = """name: scaling
landscape: {{family: quadratic, eigenvalues: [1.0, 0.9, 0.8], gradient_noise: [1.0, 1.0, 1.0]{more}}}
sgd: {{learning_rate: 0.1, steps: {steps}}}
slice: {{axes: ['mode:1', 'mode:2', 'mode:3'], min: [{low}], max: [{high}], cells: [{cells}]}}
initial: {{mean: [0, 0, 0], std: [{std}, {std}, {std}]}}
models: [{model}]
output: {{every: {steps}}}
check: {{error: false}}
"""
H = 0.05  # a cell is half of a step's noise on every grid
METHODS = {
    "master, spread": ("{model: master, law: gaussian, method: spread}", ""),
    "master, levels": ("{model: master, law: gaussian, method: levels, tolerance: 1.0e-6}", ", hessian_noise: [0.3, 0.3, 0.3]"),
    "Langevin": ("langevin", ""),
}
EVENT = re.compile(r'Stages\["Step:[^"]*"\]\["SgdStep"\]\[(\d+)\] = (\{.*\})')


def run(o, method, cells, ranks, steps=2):
    """Counts a rank of the steps [list of dicts], seconds of the slowest, peak memory of the largest rank [bytes]."""
    os.makedirs(o.folder, exist_ok=True)
    model, more = METHODS[method]
    case, log = os.path.join(o.folder, "case.yaml"), os.path.join(o.folder, "log.py")
    with open(case, "w") as file:
        ends = [H * n / 2 for n in cells]
        file.write(CASE.format(model=model, more=more, steps=steps, std=min(ends) / 8, cells=", ".join(str(n) for n in cells),
                               low=", ".join(str(-e) for e in ends), high=", ".join(str(e) for e in ends)))
    command = (shlex.split(o.launcher) + [str(ranks)] if ranks > 1 else []) + [
        o.program, "run", case, "-o", os.path.join(o.folder, "run"), "--overwrite", "-memory_view", "-log_view", f":{log}:ascii_info_detail"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    with open(log) as file:
        found = {int(rank): eval(values, {}) for rank, values in EVENT.findall(file.read())}
    peak = float(re.search(r"Maximum \(over computational time\) process memory: +total \S+ max (\S+)", done.stdout).group(1))
    counts = [{k: v / steps for k, v in found[rank].items()} for rank in sorted(found)]
    return counts, max(c["time"] for c in counts), peak, done.stdout


def most(counts, key):
    return max(c[key] for c in counts)


def counted(o):
    """Work and messages a rank and step, and the bytes' model: fitted on up to 8 ranks, tried on the others."""
    print(f"### What a rank does in a step, {o.cells}^3 cells, counted\n")
    kept = {}
    for method in METHODS:
        rows = []
        print(f"{method}\n\n| ranks | Mflop | largest over mean | kB sent | messages | collectives |\n| --- | --- | --- | --- | --- | --- |")
        for ranks in o.ranks if method == "master, spread" else [r for r in o.ranks if r <= o.others]:
            counts = run(o, method, [o.cells] * 3, ranks)[0]
            rows.append((ranks, most(counts, "flop"), sum(c["flop"] for c in counts) / ranks, most(counts, "messageLength"),
                         most(counts, "numMessages"), most(counts, "numReductions")))
            _, flop, mean, sent, messages, collectives = rows[-1]
            print(f"| {ranks} | {1e-6 * flop:.3g} | {flop / max(mean, 1):.2f} | {1e-3 * sent:.4g} | {messages:.3g} | {collectives:.3g} |", flush=True)
        kept[method] = model = scaling_model.fit_bytes(rows)
        print("\nThe model's kB: " + ", ".join(f"{1e-3 * model(row[0]):.4g}" for row in rows) + "\n", flush=True)
    return kept


def padding(o, sent):
    """Of the spread master equation, from what two ranks send on twice the cells an axis."""
    method, n = "master, spread", 2 * o.cells
    counted = most(run(o, method, [n] * 3, 2, 1)[0], "messageLength")
    pad = scaling_model.padding(sent[method], o.cells, n, 2, counted)
    print(f"{n}^3 cells, 2 ranks: {1e-3 * counted:.4g} kB sent, which is a padding of {pad:.0f} cells an axis\n", flush=True)
    return pad


def timed(o):
    """Strong and weak scaling on the cores that there are: the least of the repeats."""
    print(f"### Measured on one and two cores, seconds a step, the least of {o.repeats}\n")
    print("| method | 1 rank | 2 ranks | strong | twice the cells on 2 | weak |\n| --- | --- | --- | --- | --- | --- |")
    seconds = {}
    for method in METHODS:
        n = o.cells
        one, two, double = [min(run(o, method, cells, ranks)[1] for _ in range(o.repeats))
                            for cells, ranks in (([n] * 3, 1), ([n] * 3, 2), ([n, n, 2 * n], 2))]
        seconds[method] = one
        print(f"| {method} | {one:.3g} | {two:.3g} | {one / two:.2f} of 2 | {double:.3g} | {one / double:.2f} of 1 |", flush=True)
    print()
    return seconds["master, spread"]


def memory(o, pad):
    """What the peak of one rank grows by from a grid to one of 3.4 times the cells; of the spread master equation the bytes a padded cell."""
    print("### Memory, bytes a cell\n\n| method | peak of a run | densities that is |\n| --- | --- | --- |")
    grown, small, large = {}, o.cells, int(1.5 * o.cells)
    for method in METHODS:
        grown[method] = run(o, method, [large] * 3, 1, 1)[2] - run(o, method, [small] * 3, 1, 1)[2]
        a_cell = grown[method] / (large ** 3 - small ** 3)
        print(f"| {method} | {a_cell:.0f} | {a_cell / 8:.0f} |", flush=True)
    print()
    return grown["master, spread"] / ((large + pad) ** 3 - (small + pad) ** 3)


def files(o):
    start = time.perf_counter()
    text = run(o, "master, spread", [2 * o.cells] * 3, 2, 1)[3]
    share = re.search(r"Time: ([\d.]+) s:.*Output (\d+) %", text)
    size = sum(os.path.getsize(os.path.join(o.folder, "run", f)) for f in os.listdir(os.path.join(o.folder, "run")))
    seconds = float(share.group(1)) * int(share.group(2)) / 100 if share else time.perf_counter() - start
    print(f"### Files\n\n{1e-6 * size:.0f} MB by 2 ranks in {seconds:.2g} s of output (measures of the density included): {1e-6 * size / seconds:.0f} MB/s\n",
          flush=True)


def large(o, pad, sent, bytes_a_cell):
    n, ranks = o.large, 4
    method = "master, spread"
    counts, seconds, peak_bytes, _ = run(o, method, [n] * 3, ranks, 1)
    model = scaling_model.scaled(sent[method], o.cells, pad, n, ranks)
    rank = scaling_model.memory(n, ranks, o.cells, pad, sent[method], bytes_a_cell)
    print(f"### {n}^3 on {ranks} ranks, {method}\n\n| | counted | model from {o.cells}^3 and {2 * o.cells}^3 |\n| --- | --- | --- |\n"
          f"| MB sent a rank and step | {1e-6 * most(counts, 'messageLength'):.0f} | {1e-6 * model:.0f} |\n"
          f"| collectives | {most(counts, 'numReductions'):.0f} | the same |\n"
          f"| GB a rank | {1e-9 * peak_bytes:.2f} | {1e-9 * rank:.2f} |\n| largest over mean work | "
          f"{most(counts, 'flop') * ranks / sum(c['flop'] for c in counts):.2f} | 1 |\n\n{seconds:.0f} s a step\n", flush=True)


def constants(o):
    done = subprocess.run([*shlex.split(o.launcher), "2", o.messages], capture_output=True, text=True, check=True)
    words = done.stdout.split()
    return float(words[1]), float(words[3])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="build/sgdfp")
    parser.add_argument("--messages", default="build/postprocess/bench/bench_messages")
    parser.add_argument("--folder", default="out/scaling")
    parser.add_argument("--cells", type=int, default=64)
    parser.add_argument("--ranks", type=lambda text: [int(r) for r in text.split(",")], default=[1, 2, 4, 8, 16, 32, 64])
    parser.add_argument("--others", type=int, default=16, help="ranks at most for methods other than the spread master equation")
    parser.add_argument("--large", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--launcher", default=f"{os.environ.get('MPIEXEC', 'mpiexec')} -n")
    o = parser.parse_args()
    o.program, o.folder = os.path.abspath(o.program), os.path.abspath(o.folder)
    sent = counted(o)
    pad = padding(o, sent)
    bytes_a_cell = memory(o, pad)
    seconds = timed(o) / (o.cells + pad) ** 3
    files(o)
    if o.large:
        large(o, pad, sent, bytes_a_cell)
    scaling_model.tables(o.cells, pad, sent["master, spread"], seconds, bytes_a_cell, *constants(o))
    return 0


if __name__ == "__main__":
    sys.exit(main())
