#!/usr/bin/env python3
"""Memory a cell of each model alone: what the peak of a run on one rank grows by from a small grid to a larger one.

    postprocess/python.sh postprocess/bench/memory.py [SGDFP, default build/sgdfp] [FOLDER, default out/memory] [dimension, default 2, or `modes`]

`modes`: the peak of the largest rank of `sample` on 1, 2, 4 and 8 ranks, for 60 modes of a network of two hidden layers of so many units (a further
argument, default 980: 10^6 parameters), beside what a tiny network takes on as many."""
import os
import subprocess
import sys

STATE = ", hessian_noise: [{noise}]"  # noise that depends on the place
MODELS = {"master, spread": ("{model: master, law: gaussian, method: spread}", False),
          "master, levels": ("{model: master, law: gaussian, method: levels, tolerance: 1.0e-6}", True),
          "master, splat": ("{model: master, law: gaussian, method: splat, truncation: 1.0e-6}", True),
          "discrete_fokker_planck": ("discrete_fokker_planck", True), "langevin": ("langevin", True), "random_map": ("random_map", True),
          "levy": ("levy", False), "jump": ("jump", False), "log_matched": ("log_matched", True), "gaussian_closure": ("gaussian_closure", True)}
GRIDS = {1: (2 ** 16, 2 ** 18), 2: (256, 448), 3: (24, 36)}
H = 0.05  # a cell is half of a step's noise


def case(model, state, d, n):
    end = H * n / 2

    def each(x):
        return ", ".join([str(x)] * d)

    eigenvalues = ", ".join(str(1 - 0.1 * k) for k in range(d))
    axes = ", ".join(f"'mode:{k + 1}'" for k in range(d))
    return (f"name: memory\nlandscape: {{family: quadratic, eigenvalues: [{eigenvalues}], gradient_noise: [{each(1.0)}]"
            f"{STATE.format(noise=each(0.3)) if state else ''}}}\nsgd: {{learning_rate: 0.1, steps: 1}}\n"
            f"slice: {{axes: [{axes}], min: [{each(-end)}], max: [{each(end)}], cells: [{each(n)}]}}\n"
            f"initial: {{mean: [{each(0)}], std: [{each(end / 8)}]}}\nmodels: [{model}]\noutput: {{every: 1}}\ncheck: {{error: false}}\n")


def modes_case(hidden, modes):
    return (f"name: memory\nlandscape: {{family: mlp, hidden: [{hidden}, {hidden}], data: {{source: synthetic, samples: 8, features: 20, classes: 3}}}}\n"
            f"reference_point: {{steps: 2}}\nsgd: {{learning_rate: 0.01, batch_size: 4, steps: 2}}\n"
            f"spectrum: {{largest: {modes}, smallest: 0, tolerance: 1.0e-2, dense_limit: 0, distribute_from: 1}}\n"
            f"closure: {{refresh: 2, method: adjoint, coupling: false, check: false, hessian_batches: 0}}\n"
            f"trajectories: {{count: 8, modes: {modes}, every: 2}}\nslice: {{axes: [sharpest]}}\nmodels: [master]\n")


def of_modes(program, folder, units):
    base = None
    print(f"| ranks | MB a rank, {units * (units + 25) + 3:.3g} parameters and 60 modes | a tiny network | more by | of one rank's |\n| --- | --- | --- | --- | --- |")
    for ranks in (1, 2, 4, 8):
        small, large = (peak(program, folder, modes_case(*size), "sample", ranks) for size in ((4, 6), (units, 60)))
        if small is None or large is None:
            sys.exit(f"{ranks} ranks: it failed")
        more = (large - small) / 1e6
        base = base or more
        print(f"| {ranks} | {large / 1e6:.0f} | {small / 1e6:.0f} | {more:.0f} | {more / base:.2f} |", flush=True)
    return 0


def peak(program, folder, text, command="run", ranks=1):
    """Bytes of the largest rank; None where the run is refused."""
    path = os.path.join(folder, "case.yaml")
    with open(path, "w") as file:
        file.write(text)
    front = [os.environ.get("MPIEXEC", "mpiexec"), "-n", str(ranks)] if ranks > 1 else []
    run = subprocess.Popen([*front, program, command, path, "-o", os.path.join(folder, "run"), "--overwrite"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(run.pid, 0)
    return 1024 * used.ru_maxrss if os.waitstatus_to_exitcode(status) == 0 else None


def main():
    program, folder, d, units = (sys.argv[1:] + ["build/sgdfp", "out/memory", "2", "980"][len(sys.argv) - 1:])[:4]
    os.makedirs(folder, exist_ok=True)
    if d == "modes":
        return of_modes(program, folder, int(units))
    d = int(d)
    small, large = GRIDS[d]
    print(f"| model, {small}^{d} to {large}^{d} | bytes a cell |\n| --- | --- |")
    for name, (model, state) in MODELS.items():
        low, high = (peak(program, folder, case(model, state, d, n)) for n in (small, large))
        print(f"| {name} | " + ("refused |" if low is None or high is None else f"{(high - low) / (large ** d - small ** d):.0f} |"), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
