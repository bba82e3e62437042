"""Hessian eigenpairs of a TorchProblem: slepc4py on a shell matrix, else scipy, else read from what curvlinops or
PyHessian users save. Always largest eigenvalue first, eigenvectors by rows [k, P], the largest entry of each positive.
"""
import os

import numpy as np

from torch_arguments import check_pairs
from torch_arrays import ExportError, first_line
from torch_products import Products


def krylov(wanted, P):
    """Size of the Krylov space: a small one restarts so often that it takes more products with the Hessian."""
    return min(P, max(60, 2 * wanted + 20))


def _slepc(P, apply, largest, smallest, tolerance):
    import slepc4py

    slepc4py.init([])
    from petsc4py import PETSc
    from slepc4py import SLEPc

    class Shell:
        def mult(self, _matrix, x, y):
            y.setArray(apply(x.getArray(readonly=True).copy()))

    matrix = PETSc.Mat().createPython([P, P], Shell(), comm=PETSc.COMM_SELF)
    matrix.setUp()
    scale, values, vectors = 1.0, [], []
    for which, wanted in ((SLEPc.EPS.Which.LARGEST_REAL, largest), (SLEPc.EPS.Which.SMALLEST_REAL, smallest)):
        if not wanted:
            continue
        eps = SLEPc.EPS().create(comm=PETSc.COMM_SELF)
        eps.setOperators(matrix)
        eps.setProblemType(SLEPc.EPS.ProblemType.HEP)
        eps.setWhichEigenpairs(which)
        eps.setDimensions(wanted, krylov(wanted, P))
        eps.setConvergenceTest(SLEPc.EPS.Conv.REL if not values else SLEPc.EPS.Conv.ABS)
        eps.setTolerances(tolerance * scale, 2000)
        eps.solve()
        if eps.getConverged() < min(wanted, P):
            raise ExportError(f"only {eps.getConverged()} of {wanted} Hessian eigenpairs converged to {tolerance:g}")
        x = matrix.createVecRight()
        for k in range(min(wanted, P)):
            values.append(eps.getEigenpair(k, x).real)
            vectors.append(x.getArray().copy())
        scale = max(abs(value) for value in values)
    return np.array(values), np.array(vectors)


def _scipy(P, apply, largest, smallest, tolerance):
    from scipy.sparse.linalg import LinearOperator, eigsh

    operator = LinearOperator((P, P), matvec=lambda v: apply(np.ravel(v)), dtype=float)
    values, vectors, start = [], [], np.random.default_rng(1).normal(size=P)  # the same eigenvectors every time
    for which, wanted in (("LA", largest), ("SA", smallest)):
        if wanted:
            found = eigsh(operator, k=wanted, which=which, tol=tolerance, ncv=krylov(wanted, P), v0=start)
            values.extend(found[0])
            vectors.extend(found[1].T)
    return np.array(values), np.array(vectors)


def _dense(P, apply):
    H = np.array([apply(row) for row in np.eye(P)])
    values, vectors = np.linalg.eigh(0.5 * (H + H.T))
    return values, vectors.T


def arrange(values, vectors):
    """Largest first; a direction found from both ends is kept once; signs fixed."""
    kept_values, kept = [], []
    for k in np.argsort(-values):
        v = vectors[k] / np.linalg.norm(vectors[k])
        if any(abs(v @ u) > 0.9 for u in kept):
            continue
        kept.append(v if v[np.argmax(np.abs(v) > np.abs(v).max() * (1 - 1e-6))] > 0 else -v)
        kept_values.append(values[k])
    return np.array(kept_values), np.array(kept)


def hessian_eigenpairs(problem, w, largest=40, smallest=2, tolerance=1e-10, solver="auto", say=None):
    """solver: slepc, scipy, dense, or auto (slepc where slepc4py is installed, else scipy)."""
    if solver not in ("auto", "slepc", "scipy", "dense"):
        raise ExportError(f"solver: expected auto, slepc, scipy or dense, got {solver!r}")
    P = problem.dimension
    apply = Products(problem, w, expected=sum(krylov(k, P) * 8 // 5 for k in (largest, smallest) if k), say=say)
    try:
        if largest + smallest >= P or solver == "dense":
            return arrange(*_dense(P, apply))
        if solver in ("auto", "slepc"):
            try:
                return arrange(*_slepc(P, apply, largest, smallest, tolerance))
            except ImportError:
                if solver == "slepc":
                    raise
        return arrange(*_scipy(P, apply, largest, smallest, tolerance))
    finally:
        apply.close()


def probe(problem, w):
    """A product with the Hessian that tells landscapes apart: model, loss, data and penalty are all in it."""
    return problem.hessian_apply(w, np.random.default_rng(1).normal(size=problem.dimension))


def cached_eigenpairs(problem, w, path, largest, smallest, tolerance, solver, say):
    """hessian_eigenpairs, kept in the file `path` and taken from there while the landscape is the same; the SGD, the axes
    and the box may change meanwhile."""
    if path is None:
        return hessian_eigenpairs(problem, w, largest, smallest, tolerance, solver, say)
    tell, product = say or (lambda line: None), probe(problem, w)
    scale = np.abs(product).max() or 1.0
    try:
        with np.load(path, allow_pickle=False) as file:
            same = (np.array_equal(file["w"], w) and np.abs(file["probe"] - product).max() <= 1e-9 * scale
                    and int(file["largest"]) >= largest and int(file["smallest"]) == smallest
                    and float(file["tolerance"]) <= tolerance)
            if same:
                tell(f"eigenpairs of {path}: the same landscape")
                return file["eigenvalues"], file["eigenvectors"]
            tell(f"{path} holds the eigenpairs of another landscape, or fewer: computed afresh")
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, EOFError) as error:
        tell(f"{path} cannot be read ({error}): computed afresh")
    values, vectors = hessian_eigenpairs(problem, w, largest, smallest, tolerance, solver, say)
    temporary = f"{path}.{os.getpid()}.npz"
    np.savez(temporary, w=w, probe=product, largest=largest, smallest=smallest, tolerance=tolerance, eigenvalues=values,
             eigenvectors=vectors)
    os.replace(temporary, path)
    return values, vectors


def read_eigenpairs(path, P):
    """From a numpy .npz with `eigenvalues` [k] and `eigenvectors`: [P, k] as scipy's eigsh on a curvlinops
    HessianLinearOperator returns them, or [k, P] as PyHessian's lists become when each is flattened and stacked.
    A square array is taken as [P, k]."""
    try:
        opened = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise ExportError(f"eigenpairs: {path} cannot be read: {first_line(error)}") from error
    if not hasattr(opened, "files"):
        raise ExportError(f"eigenpairs: {path} is a single array; an .npz with eigenvalues and eigenvectors is expected")
    with opened as file:
        missing = {"eigenvalues", "eigenvectors"} - set(file.files)
        if missing:
            raise ExportError(f"{path}: has no array {' and no array '.join(sorted(missing))}; found {file.files}")
        return arrange(*check_pairs(file["eigenvalues"], file["eigenvectors"], P, path))
