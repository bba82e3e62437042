"""Products with the Hessian at one point, many of them: what the first backward pass leaves is kept as far as memory is
given, so that a product is one backward pass over it; parts of the data go to threads.
"""
import os
from concurrent.futures import ThreadPoolExecutor

import torch

from torch_progress import Progress

BUDGET = 2**30  # bytes for what is kept


def processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_taken(device):
    """Bytes, or None where that is not known."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


class Products:
    def __init__(self, problem, w, expected=0, budget=BUDGET, threads=None, say=None):
        """expected: about how many products, for the progress that `say` hears."""
        self.problem, self.w, self.expected = problem, problem._vector(w), expected
        self.kept, self.others = [], []
        self._keep(budget)
        self.progress = Progress(say, "eigenpairs, products with the Hessian")
        threads = 1 if problem.device.type != "cpu" else threads or min(processors(), 16)
        self.pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) if threads > 1 else None
        self.count = 0

    def _keep(self, budget):
        begun = memory_taken(self.problem.device)
        for x, y in self.problem._chunks():
            now = memory_taken(self.problem.device)
            if begun is None or now - begun > budget:
                self.others.append((x, y))
                continue
            at = self.w.clone().requires_grad_(True)
            gradient = torch.autograd.grad(self.problem.mean_loss(at, x, y), at, create_graph=True)[0]
            if gradient.requires_grad:  # else the loss is linear in the parameters
                self.kept.append((at, gradient, len(x)))

    def _part(self, part, v):
        at, gradient, count = part
        product = torch.autograd.grad(gradient @ v, at, retain_graph=True, allow_unused=True)[0]
        return 0.0 if product is None else product * count

    def __call__(self, v):
        """H v [P] of the mean loss and the penalty."""
        p, v = self.problem, self.problem._vector(v)
        parts = (self.pool.map if self.pool else map)(lambda part: self._part(part, v), self.kept)
        total = sum(parts, torch.zeros_like(self.w))
        for x, y in self.others:
            total = total + p.batch_hessian_apply(self.w, v, x, y) * len(x)
        self.count += 1
        self.progress(self.count, self.expected)
        return (total / p.samples + p.l2 * v).cpu().numpy()

    def close(self):
        self.progress.close()
        if self.pool:
            self.pool.shutdown()
        self.kept = []
