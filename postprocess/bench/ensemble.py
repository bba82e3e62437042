"""Steps per second of the trajectory ensemble against a vectorised numpy loop over all trajectories at once.

    postprocess/python.sh postprocess/bench/ensemble.py [--program build/sgdfp] [--ranks 2] [--trajectories 1024]

Both train the network of cases/examples/vision.yaml (64-8-10, SiLU) on the digits in double precision, batches of 64 drawn with
replacement, every trajectory with weights of its own. numpy does all trajectories in one batched matrix product a
layer and step; and, as its best case, only 32 at a time, so that they stay in the cache. All are timed one after the
other, three times, and the best of each counts. Printed: the rates and their ratios, for one rank and for `--ranks`.
With SGDFP_INSTRUCTIONS=avx2 numpy and its OpenBLAS are held to AVX2 too.
"""
import argparse
import os
import re
import subprocess
import tempfile
import time

if os.environ.get("SGDFP_INSTRUCTIONS") == "avx2":  # read when numpy is loaded
    os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
    os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL")
import numpy as np  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def data():
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.data / digits.data.max(), digits.target


def gradient(weights, x, onehot):
    """Batch gradients of T networks: weights W1 [T,8,64], b1 [T,1,8], W2 [T,10,8], b2 [T,1,10]; x [T,B,64]."""
    w1, b1, w2, b2 = weights
    z = x @ w1.transpose(0, 2, 1) + b1
    s = 1 / (1 + np.exp(-z))
    a = z * s
    logits = a @ w2.transpose(0, 2, 1) + b2
    p = np.exp(logits - logits.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    d2 = (p - onehot) / x.shape[1]
    d1 = (d2 @ w2) * (s * (1 + z * (1 - s)))
    return (d1.transpose(0, 2, 1) @ x, d1.sum(axis=1, keepdims=True),
            d2.transpose(0, 2, 1) @ a, d2.sum(axis=1, keepdims=True))


def numpy_rate(trajectories, batch=64, steps=5, hidden=8, classes=10):
    x, y = data()
    onehot = np.eye(classes)[y]
    rng = np.random.default_rng(1)
    shapes = [(hidden, x.shape[1]), (1, hidden), (classes, hidden), (1, classes)]
    weights = [np.repeat(0.1 * rng.standard_normal((1, *shape)), trajectories, axis=0) for shape in shapes]
    best = 0
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(steps):
            index = rng.integers(0, len(x), (trajectories, batch))
            for w, g in zip(weights, gradient(weights, x[index], onehot[index])):
                w -= 0.05 * g
        best = max(best, trajectories * steps / (time.perf_counter() - start))
    return best


def program_rate(program, ranks, trajectories):
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    sets = ["reference_point.steps=0", f"trajectories.count={trajectories}", "trajectories.modes=1",
            "trajectories.flat=0", "spectrum.largest=1", "spectrum.smallest=0", "spectrum.nearest_zero=0",
            "spectrum.tolerance=1e-3", "sgd.steps=100", "closure.coupling=false", "closure.check=false",
            "closure.hessian_batches=0", "closure.method=adjoint", "closure.refresh=100",
            "closure.max_relative_error=0", "closure.min_log_correlation=0"]
    best = 0
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            command = [os.environ.get("MPIEXEC", "mpiexec"), "-n", str(ranks), program, "sample",
                       os.path.join(ROOT, "cases", "examples", "vision.yaml"), "-o", folder, "--overwrite"]
            for item in sets:
                command += ["--set", item]
            text = subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout
        best = max(best, float(re.search(r"([0-9.e+]+) steps per second", text).group(1)))
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "sgdfp"))
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--trajectories", type=int, default=1024)
    options = parser.parse_args()
    reference, cached = numpy_rate(options.trajectories), numpy_rate(32, steps=100)
    print(f"numpy {np.__version__}, batched over {options.trajectories} trajectories: {reference:.3g} steps per second; "
          f"32 at a time: {cached:.3g}")
    for ranks in sorted({1, options.ranks}):
        rate = program_rate(options.program, ranks, options.trajectories)
        print(f"sgdfp sample on {ranks} rank(s): {rate:.3g} steps per second, {rate / reference:.1f} times numpy, "
              f"{rate / cached:.1f} times its best case")


if __name__ == "__main__":
    main()
