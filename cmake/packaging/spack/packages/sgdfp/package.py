# Spack recipe. Use from a clone:
#   spack repo add cmake/packaging/spack && spack install sgdfp
# From an unpacked archive, which has no branch to take: spack dev-build sgdfp@main in its root.
import os

try:  # Spack 1.0 and newer keep the class in the repository of their own packages
    from spack_repo.builtin.build_systems.cmake import CMakePackage
except ImportError:  # Spack 0.23: spack.package brings it
    pass
from spack.package import *


class Sgdfp(CMakePackage):
    """The density of neural-network parameters under stochastic gradient descent: the minibatch master equation, its
    discrete Fokker-Planck approximation and the Langevin model, side by side on slices along Hessian eigenvectors."""

    homepage = "https://arxiv.org/abs/2605.22644"
    # The clone that this file lies in.
    git = "file://" + os.path.abspath(os.path.join(os.path.dirname(__file__), *5 * [os.pardir]))

    version("main", branch="main")

    variant("tests", default=False, description="Build the test suite (needs cmocka)")

    depends_on("c", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi")
    depends_on("petsc@3.18: +mpi +mumps +hypre ~complex +double")
    depends_on("slepc@3.18:")
    depends_on("fftw@3.3: +mpi precision=double")
    depends_on("hdf5@1.10: +mpi")
    depends_on("blas")
    depends_on("lapack")
    depends_on("libcyaml")
    depends_on("libyaml")
    depends_on("muparser")
    depends_on("random123")
    depends_on("zlib-api")
    depends_on("cmocka", when="+tests")
    depends_on("python@3.9:", type="run")
    depends_on("py-numpy", type="run")
    depends_on("py-h5py", type="run")
    depends_on("py-matplotlib", type="run")

    def cmake_args(self):
        spec = self.spec
        libraries = spec["lapack"].libs + spec["blas"].libs
        return [
            self.define_from_variant("BUILD_TESTING", "tests"),
            self.define("PETSC_DIR", spec["petsc"].prefix),
            self.define("SLEPC_DIR", spec["slepc"].prefix),
            self.define("HDF5_ROOT", spec["hdf5"].prefix),
            self.define("FFTW_ROOT", spec["fftw"].prefix),
            self.define("BLAS_LINE", libraries.ld_flags),
        ]
