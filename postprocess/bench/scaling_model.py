"""The model of a step on R ranks for scaling.py, and its tables; alone, for a machine whose constants are given:

    postprocess/python.sh postprocess/bench/scaling_model.py [--seconds 94e-9] [--latency 5e-6] [--bandwidth 1e10] [--bytes 162]

A step on n^3 cells works on (n + p)^3, p the padding of an axis (the noise's reach, the same at every n), of which a rank has N = (n + p)^3/R:
it takes  T = s N + 2 t_all + ..., where s is the seconds a padded cell measured on one rank, and each of the two all-to-alls
between slabs of planes and blocks of columns sends R - 1 messages a rank:  t_all = (R - 1) latency + bytes/(2 bandwidth).  The bytes a rank
sends are  a/R + b: what is transposed, and the rows that its mass reaches in the neighbours' slabs; a grows with the padded cells and b with those
of a plane. Its memory is so many bytes a padded cell, and what it sends and takes. A slab has at least one plane: n^3 cells take at most n ranks."""
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


def scaled(sent, cells, pad, n, ranks):
    """Bytes a rank sends in a step on n^3 cells, from what it sends on cells^3."""
    scale = (n + pad) / (cells + pad)
    return sent.a * scale ** 3 / ranks + sent.b * scale ** 2 if ranks > 1 else 0.0


def padding(sent, cells, n, ranks, counted):
    """The padding p with which the model gives what was counted on n^3 cells: it falls with p."""
    low, high = 0.0, 8.0 * n
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if scaled(sent, cells, middle, n, ranks) > counted else (low, middle)
    return 0.5 * (low + high)


def step(n, ranks, cells, pad, sent, seconds, latency, bandwidth):
    """Seconds a step: work, and messages."""
    messages = 2 * (ranks - 1) * latency + scaled(sent, cells, pad, n, ranks) / bandwidth
    return seconds * (n + pad) ** 3 / ranks, messages if ranks > 1 else 0.0


def memory(n, ranks, cells, pad, sent, bytes_a_cell):
    """Bytes of a rank: its share of the arrays, and what it sends and takes."""
    return bytes_a_cell * (n + pad) ** 3 / ranks + 2 * scaled(sent, cells, pad, n, ranks)


def tables(cells, pad, sent, seconds, bytes_a_cell, latency, bandwidth):
    print(f"### The model, master equation by spreading\n\npadding of {pad:.0f} cells an axis, {1e9 * seconds:.0f} ns a padded cell and step on one rank, latency {1e6 * latency:.2g} us, "
          f"bandwidth {1e-9 * bandwidth:.2g} GB/s a rank, {bytes_a_cell:.0f} bytes a padded cell.\n")
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
            work, messages = step(n, ranks, cells, pad, sent, seconds, latency, bandwidth)
            efficiency = work / (work + messages)
            good = ranks if efficiency >= 0.5 else good
            print(f"| {n}^3 | {ranks} | {1e-9 * memory(n, ranks, cells, pad, sent, bytes_a_cell):.3g} | {work:.2g}, {messages:.2g} | {efficiency:.2f} |")
        for ranks in range(good, n + 1):
            work, messages = step(n, ranks, cells, pad, sent, seconds, latency, bandwidth)
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
    parser.add_argument("--seconds", type=float, default=94e-9, help="a padded cell and step, one rank: scaling.py")
    parser.add_argument("--latency", type=float, default=5e-6, help="bench_messages")
    parser.add_argument("--bandwidth", type=float, default=1e10, help="bench_messages, or what the network gives each rank")
    parser.add_argument("--bytes", type=float, default=162, help="of memory a padded cell: scaling.py")
    o = parser.parse_args()
    counted = [(2, 0, 0, 4.488e7), (4, 0, 0, 2.846e7), (8, 0, 0, 2.025e7)]  # scaling.py: bytes a rank sends in a step, 64^3; below at 128^3
    sent = fit_bytes(counted)
    tables(64, padding(sent, 64, 128, 2, 1.738e8), sent, o.seconds, o.bytes, o.latency, o.bandwidth)


if __name__ == "__main__":
    main()
