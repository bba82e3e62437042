"""Loss and gradients of every sample on the nodes of a slice: on the processor by several processes, each with nodes of its own.

Forward mode needs no autograd engine, so that a process may be forked; backward passes and other devices stay in one.
"""
import itertools
import mmap
import multiprocessing
import sys
import time
import traceback

import numpy as np
import torch

from torch_arrays import ExportError
from torch_products import processors

LEAST = 2  # seconds of work that a second process is started for
OFF_NODES = 3  # points between the nodes where file and landscape are compared


def shared(shape):
    """An array that forked processes write to."""
    size = max(8, 8 * int(np.prod(shape)))
    return np.frombuffer(mmap.mmap(-1, size), dtype=float)[: int(np.prod(shape))].reshape(shape)


class Nodes:
    """The nodes [d][n] of a slice w + V a, first axis fastest, and what is found there: loss [..], g [.., d], C1 [.., d, d],
    gi [.., N, d]."""

    def __init__(self, problem, w, V, nodes):
        d, shape = len(V), tuple(len(axis) for axis in reversed(nodes))
        self.problem, self.w, self.V, self.nodes = problem, w, V, nodes
        self.index = list(itertools.product(*(range(n) for n in shape)))
        self.loss, self.g = shared(shape), shared(shape + (d,))
        self.C1, self.gi = shared(shape + (d, d)), shared(shape + (problem.samples, d))

    def place(self, index):
        d = len(self.V)
        return np.array([self.nodes[k][index[d - 1 - k]] for k in range(d)])

    def one(self, index):
        a = self.place(index)
        single, self.gi[index] = self.problem.losses_and_gradients(self.w + a @ self.V, self.V)
        self.loss[index] = single.mean()
        self.g[index] = self.gi[index].mean(axis=0)
        centred = self.gi[index] - self.g[index]
        self.C1[index] = centred.T @ centred / self.problem.samples
        if not (np.isfinite(single).all() and np.isfinite(self.gi[index]).all()):
            raise ExportError(f"at a = ({', '.join(f'{value:.4g}' for value in a)}) the loss or a gradient is not finite: give a "
                              "smaller extent")

    def alone(self, progress):
        for count, index in enumerate(self.index):
            self.one(index)
            progress(count + 1, len(self.index))

    def take(self, counter, failure):
        """In a forked process: the next node that is free, until there is none."""
        torch.set_num_threads(1)
        try:
            while failure.empty():
                with counter.get_lock():
                    mine = counter.value
                    counter.value += 1
                if mine >= len(self.index):
                    return
                self.one(self.index[mine])
        except ExportError as error:
            failure.put(str(error))
        except BaseException:
            failure.put("a process at work on the nodes failed: " + traceback.format_exc().strip().splitlines()[-1])

    def together(self, workers, progress):
        context = multiprocessing.get_context("fork")
        counter, failure = context.Value("l", 0), context.SimpleQueue()
        team = [context.Process(target=self.take, args=(counter, failure), daemon=True) for _ in range(workers)]
        for process in team:
            process.start()
        while any(process.is_alive() for process in team):
            time.sleep(0.05)
            progress(max(0, counter.value - workers), len(self.index))
            if any(process.exitcode not in (None, 0) for process in team):
                break
        message = None if failure.empty() else failure.get()
        for process in team:
            if process.is_alive():
                process.terminate()
            process.join()
            if process.exitcode and not message:
                message = f"a process at work on the nodes ended with {process.exitcode} (out of memory?): give workers=1"
        if message:
            raise ExportError(message)


def team_size(problem, nodes, workers, seconds=LEAST):
    """How many processes: those asked for, as far as the way to the derivatives lets them be forked; one alone for little
    work, of so many seconds."""
    able = problem.method == "forward" and problem.device.type == "cpu" and sys.platform.startswith("linux")
    return min(nodes, workers or (min(processors(), 16) if seconds >= LEAST else 1)) if able else 1


def sample_slice(problem, w, V, nodes, progress=lambda done, total: None, workers=None):
    """loss [..], g [.., d], C1 [.., d, d], gi [.., N, d] on the tensor of nodes [d][n], first axis fastest."""
    fields = Nodes(problem, w, V, nodes)
    team = team_size(problem, len(fields.index), workers)
    if team > 1:
        fields.together(team, progress)
    else:
        fields.alone(progress)
    return fields.loss, fields.g, fields.C1, fields.gi


def barycentric(nodes, value, x):
    """The interpolant of values [n, ..] on Chebyshev points of the second kind, at x."""
    weight = (-1.0) ** np.arange(len(nodes))
    weight[[0, -1]] /= 2
    weight = weight / (x - nodes)
    return np.tensordot(weight, value, 1) / weight.sum()


def interpolation_error(problem, w, V, nodes, g):
    """Largest error of the interpolated mean gradient at a few points between the nodes, over the largest gradient in the
    box: what a kink (ReLU, max pooling) or too few nodes cost."""
    rng, worst = np.random.default_rng(1), 0.0
    for _ in range(OFF_NODES):
        a, value = [], g
        for axis in reversed(nodes):  # the slowest axis is the first index
            k = int(rng.integers(len(axis) // 4, 3 * len(axis) // 4))
            a.insert(0, axis[k] + rng.uniform(0.25, 0.75) * (axis[k + 1] - axis[k]))
            value = barycentric(axis, value, a[0])
        exact = problem.sample_gradients(w + np.array(a) @ V, V).mean(axis=0)
        worst = max(worst, float(np.abs(exact - value).max()))
    return worst / (np.abs(g).max() or 1.0)
