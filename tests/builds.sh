#!/usr/bin/env bash
# Builds that the default suite does not have, each in a folder of its own with its unit tests on 1 and 2
# ranks, warnings as errors:
#   clang       the compiler that icx, AOCC and Cray's are made of
#   index64     PETSc with 64-bit indices (Debian: libpetsc64-real-dev libslepc64-real-dev), without which a grid has at
#               most 2^31 cells
#   petsc       a PETSc and SLEPc of your own: PETSC_DIR and SLEPC_DIR (and PETSC_ARCH) in the environment; integration
#               tests and six of the verification cases as well
#   baseline    build/'s tests with the instructions that every processor has, and no others
#   launcher    MPICH's launcher, hydra (Debian: mpich; another: SGDFP_HYDRA) takes every command line of the tests as it is; the
#               ranks that it starts of an Open MPI program are strangers to each other
#   tests/builds.sh [clang] [index64] [petsc] [baseline] [launcher]     default: clang index64 baseline launcher
# SGDFP_JOBS: at a time (default: processors). SGDFP_TESTS: a regular expression of ctest instead of the build's own. Safe
# to run again.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh
mpi_environment
jobs=${SGDFP_JOBS:-$(nproc)}

# leg NAME [cmake options]: build-NAME, then its tests
leg() {
  local name=$1 folder=build-$1
  shift
  say "Build: $name"
  cmake -S . -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_COMPILE_WARNING_AS_ERROR=ON "$@" >/dev/null
  cmake --build "$folder" -j "$jobs"
  check "$folder"
}

# check FOLDER: what did not pass, and the count.
check() { ctest --test-dir "$1" -R "${SGDFP_TESTS:-$tests}" --output-on-failure | tail -n 25; }

unit='^unit_.*_np[12]$'
six='^verification_(rough_landscape|heavy_ball|quadratic_2d|saddle|schedule|double_well)_np'
tests=$unit

clang() { leg clang -DCMAKE_C_COMPILER=clang; }

# The hints go into the cache, so that a folder that is configured again keeps its PETSc.
index64() {
  leg index64 "-DPETSC_DIR=${SGDFP_PETSC64:-/usr/lib/petscdir/petsc64-real}" \
    "-DSLEPC_DIR=${SGDFP_SLEPC64:-/usr/lib/slepcdir/slepc64-real}" -DPETSC_ARCH=
}

petsc() {
  : "${PETSC_DIR:?names the PETSc}" "${SLEPC_DIR:?names the SLEPc}"
  tests="$unit|^integration_|$six"
  leg petsc "-DPETSC_DIR=$PETSC_DIR" "-DSLEPC_DIR=$SLEPC_DIR" "-DPETSC_ARCH=${PETSC_ARCH:-}"
}

baseline() {
  say "Baseline instructions"
  [ -f build/CTestTestfile.cmake ] || build
  SGDFP_INSTRUCTIONS=baseline check build
}

launcher() {
  local hydra=${SGDFP_HYDRA:-$(command -v mpiexec.hydra || true)}
  : "${hydra:?no mpiexec.hydra (Debian: mpich; or name another MPICH launcher in SGDFP_HYDRA)}"
  say "Launcher $hydra"
  cmake -S . -B build-launcher -G Ninja -DCMAKE_BUILD_TYPE=Release "-DMPIEXEC_EXECUTABLE=$hydra" >/dev/null
  cmake --build build-launcher -j "$jobs" --target sgdfp test_order test_grid
  tests='^unit_(order|grid)_np1$'
  check build-launcher
  MPIEXEC=$hydra "$hydra" -n 2 build-launcher/sgdfp --version | grep -c '^sgdfp' | grep -x 2
}

# What a build needs of Debian beside the default one's packages. (Debian's package hydra is another program.)
needs() {
  case $1 in clang) echo clang ;; index64) echo libpetsc64-real-dev libslepc64-real-dev ;; launcher) echo mpich ;; esac
}

for name in ${*:-clang index64 baseline launcher}; do
  tests=$unit
  case $name in clang | index64 | petsc | baseline | launcher) ;; *) echo "unknown build $name; known: clang index64 petsc baseline launcher" >&2; exit 2 ;; esac
  [ "$name" = petsc ] || [ -n "${SGDFP_NO_INSTALL:-}" ] || install_packages $(needs "$name")
  "$name"
done
