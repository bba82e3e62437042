"""The model of a step on R ranks for scaling.py, and its tables; alone, for a machine whose constants are given:

    postprocess/python.sh postprocess/bench/scaling_model.py [--seconds 182e-9] [--latency 5e-6] [--bandwidth 1e10] [--bytes 182]

A step of N cells takes  T = s N/R + 2 t_all + ..., where s is the seconds a cell measured on one rank, and each of the two all-to-alls
between slabs of planes and blocks of columns sends R - 1 messages a rank:  t_all = (R - 1) latency + bytes/(2 bandwidth).  The bytes a rank
sends are  a/R + b: what is transposed, and the rows that its mass reaches in the neighbours' slabs. Grids grow a with N and b with the cells
of a plane. A slab has at least one plane: n^3 cells take at most n ranks."""
import argparse

import numpy as np

MOST_RANK_CELLS = 2 ** 29  # meshes/grid.h


def fit_bytes(rows):
    """rows of (ranks, .., .., bytes, ..): a/R + b by least squares on 2 to 8 ranks (all that there are, if fewer), relative errors."""
    few = [(r[0], r[3]) for r in rows if 2 <= r[0] <= 8 and r[3] > 0]
    if len(few) < 2:
        return lambda ranks: few[0][1] * few[0][0] / ranks if few and ranks > 1 else 0.0
    ranks, sent = np.array(few, float).T
    a, b = np.linalg.lstsq(np.stack([1 / (ranks * sent), 1 / sent], 1), np.ones(len(sent)), rcond=None)[0]
    model = lambda ranks: a / ranks + b if ranks > 1 else 0.0
    model.a, model.b = float(a), float(b)
    return model


def step(n, ranks, cells, sent, seconds, latency, bandwidth):
    """Seconds a step: work, and messages."""
    scale = n / cells
    a, b = getattr(sent, "a", 0.0) * scale ** 3, getattr(sent, "b", 0.0) * scale ** 2
    work = seconds * n ** 3 / ranks
    return work, (2 * (ranks - 1) * latency + (a / ranks + b) / bandwidth if ranks > 1 else 0.0)


def tables(cells, sent, seconds, memory, latency, bandwidth):
    print(f"### The model, master equation by spreading\n\n{1e9 * seconds:.0f} ns a cell and step on one rank, latency {1e6 * latency:.2g} us, "
          f"bandwidth {1e-9 * bandwidth:.2g} GB/s a rank, {memory:.0f} bytes a cell.\n")
    print("| cells | ranks | GB a rank | s a step: work, messages | efficiency |\n| --- | --- | --- | --- | --- |")
    best = []
    for n in (256, 512, 1024, 2048, 4096):
        good = 1
        for ranks in (1, 4, 16, 64, 256, 1024, 4096, 10000):
            if ranks > n:
                print(f"| {n}^3 | {ranks} | | refused: at most {n} ranks, a plane each | |")
                break
            if n ** 3 / ranks > MOST_RANK_CELLS:
                continue
            work, messages = step(n, ranks, cells, sent, seconds, latency, bandwidth)
            efficiency = work / (work + messages)
            good = ranks if efficiency >= 0.5 else good
            print(f"| {n}^3 | {ranks} | {1e-9 * memory * n ** 3 / ranks:.3g} | {work:.2g}, {messages:.2g} | {efficiency:.2f} |")
        for ranks in range(good, n + 1):
            work, messages = step(n, ranks, cells, sent, seconds, latency, bandwidth)
            if work / (work + messages) < 0.5:
                break
            good = ranks
        least = max(1, int(np.ceil(n ** 3 / MOST_RANK_CELLS)))
        best.append((n, least, good))
    print("\n| cells | ranks at least (2^29 cells a rank) | ranks at most (half of the time is work) |\n| --- | --- | --- |")
    for n, least, good in best:
        print(f"| {n}^3 | {least} | {max(least, good)} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=182e-9, help="a cell and step, one rank: bench_master_step, 128^3")
    parser.add_argument("--latency", type=float, default=5e-6, help="bench_messages")
    parser.add_argument("--bandwidth", type=float, default=1e10, help="bench_messages, or what the network gives each rank")
    parser.add_argument("--bytes", type=float, default=182, help="of memory a cell: bench_master_step, 128^3")
    o = parser.parse_args()
    counted = [(2, 0, 0, 4.488e7), (4, 0, 0, 2.846e7), (8, 0, 0, 2.025e7)]  # scaling.py: bytes a rank sends in a step, 64^3
    tables(64, fit_bytes(counted), o.seconds, o.bytes, o.latency, o.bandwidth)


if __name__ == "__main__":
    main()
