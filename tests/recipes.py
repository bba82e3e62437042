#!/usr/bin/env python3
"""The recipes of cmake/packaging against what CMake asks for: the Spack package is loaded with stand-ins for Spack's own names and its
CMake arguments are options that the build knows; it and conda.yaml name every library that cmake/libraries.cmake cannot do without (conda.yaml
or the page that goes with it); the containers run install.sh.     tests/recipes.py"""
import os
import re
import sys
import types

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PACKAGING = os.path.join(ROOT, "cmake", "packaging")
# Library as cmake/libraries.cmake asks for it: Spack's name, conda-forge's.
LIBRARIES = {"PETSC": ("petsc", "petsc"), "SLEPC": ("slepc", "slepc"), "MPI": ("mpi", "openmpi"), "HDF5PC": ("hdf5", "hdf5"), "FFTW": ("fftw", "fftw"),
             "CYAML": ("libcyaml", "libcyaml"), "YAML": ("libyaml", "yaml"), "ZLIB": ("zlib-api", "zlib"), "MUPARSER": ("muparser", "muparser"),
             "RANDOM123": ("random123", "Random123"), "OPENBLAS": ("blas", "blas-devel"), "CMOCKA": ("cmocka", "cmocka")}


def read(*path):
    with open(os.path.join(ROOT, *path)) as file:
        return file.read()


class Value(str):
    """Stands for whatever Spack would put there: a prefix, libraries, a sum of them."""
    def __getattr__(self, name):
        return Value(f"{self}.{name}")

    def __add__(self, other):
        return Value(f"{str(self)} {str(other)}")


class Spec(dict):
    def __missing__(self, name):
        return Value(name)


def spack():
    """The recipe's dependencies, the CMake variables that it sets, and its class."""
    asked = []
    stand_in = types.ModuleType("spack.package")

    class CMakePackage:
        spec = Spec()

        def define(self, name, value):
            return name

        def define_from_variant(self, name, variant):
            return name

    stand_in.CMakePackage = CMakePackage
    stand_in.depends_on = lambda what, **more: asked.append(re.split(r"[@ +~]", what)[0])
    stand_in.version = stand_in.variant = lambda *a, **k: None
    sys.modules["spack"], sys.modules["spack.package"] = types.ModuleType("spack"), stand_in
    path = os.path.join(PACKAGING, "spack", "packages", "sgdfp", "package.py")
    names = {"__file__": path}
    exec(compile(read(path), "package.py", "exec"), names)
    return asked, names["Sgdfp"]().cmake_args(), names["Sgdfp"]


def spack_faults(recipe):
    """A branch is taken from somewhere: the recipe's `git` is this clone."""
    git = getattr(recipe, "git", "")
    return [] if git.startswith("file://") and os.path.samefile(git[7:], ROOT) else [f"package.py: git = {git!r} is not this clone"]


def conda():
    """Names of the environment's packages. Its specifications are `name`, `name>=version` or `name version build`."""
    lines = re.findall(r"^ +- (.*?)(?: +#.*)?$", read("cmake", "packaging", "conda.yaml"), re.M)
    faults = [line for line in lines if not re.fullmatch(r"[a-z0-9-]+(>=[\d.]+| (>=[\d.]+|\*) [a-z_]+\*)?", line)]
    return [re.match(r"[a-z0-9-]+", line).group() for line in lines], faults


def yaml_faults():
    try:
        import yaml
    except ImportError:
        return []
    faults = []
    for name, keys in (("conda.yaml", {"name", "channels", "dependencies"}), ("spack/spack.yaml", {"spack"}), ("spack/repo.yaml", {"repo"})):
        if set(yaml.safe_load(read("cmake", "packaging", *name.split("/")))) != keys:
            faults.append(f"{name}: keys other than {sorted(keys)}")
    return faults


def main():
    cmake, install = re.sub(r"(?m)^#.*$", "", read("cmake", "libraries.cmake")), read("INSTALL.md")
    faults = yaml_faults()
    asked, options, recipe = spack()
    packages, odd = conda()
    faults += spack_faults(recipe)
    faults += [f"conda.yaml: no specification of conda's: {line}" for line in odd]
    for name, (in_spack, in_conda) in LIBRARIES.items():
        if in_spack not in asked:
            faults.append(f"package.py does not depend on {in_spack}")
        if in_conda not in packages and in_conda not in install.split("## conda-forge")[1].split("\n## ")[0]:
            faults.append(f"neither conda.yaml nor INSTALL.md bring {in_conda}")
    wanted = set(re.findall(r"sgdfp_pkg\((\w+)", cmake)) | set(re.findall(r'"([A-Z]+) \S+ \S+"', cmake)) | {"MPI", "RANDOM123"}
    faults += [f"cmake/libraries.cmake asks for {name}, of which the recipes know nothing" for name in sorted(wanted - set(LIBRARIES))]
    for option in options:
        if option != "BUILD_TESTING" and not re.search(rf"\b{option}\b", cmake):
            faults.append(f"package.py sets {option}, which cmake/libraries.cmake does not read")
    for name in ("apptainer.def", "Dockerfile"):
        if "bash cmake/packaging/install.sh" not in read("cmake", "packaging", name):
            faults.append(f"{name} does not run install.sh")
    for fault in faults:
        print(fault)
    print(f"{len(LIBRARIES)} libraries, {len(options)} options, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
