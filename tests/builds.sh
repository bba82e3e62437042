#!/usr/bin/env bash
# Builds that the default suite does not have, each in a folder of its own with its unit tests, warnings as errors:
#   clang       the compiler that icx, AOCC and Cray's are made of
#   index64     PETSc with 64-bit indices (Debian: libpetsc64-real-dev libslepc64-real-dev), without which a grid has at
#               most 2^31 cells
#   petsc       a PETSc and SLEPc of your own: PETSC_DIR and SLEPC_DIR (and PETSC_ARCH) in the environment
#   tests/builds.sh [clang] [index64] [petsc]     default: clang index64
# SGDFP_JOBS: at a time (default: processors). SGDFP_TESTS: a regular expression of ctest (default: unit tests on 1 and 2
# ranks). Safe to run again.
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
  ctest --test-dir "$folder" -R "${SGDFP_TESTS:-^unit_.*_np[12]$}" --output-on-failure | tail -n 25
}

clang() { leg clang -DCMAKE_C_COMPILER=clang; }

# The hints go into the cache, so that a folder that is configured again keeps its PETSc.
index64() {
  leg index64 "-DPETSC_DIR=${SGDFP_PETSC64:-/usr/lib/petscdir/petsc64-real}" \
    "-DSLEPC_DIR=${SGDFP_SLEPC64:-/usr/lib/slepcdir/slepc64-real}" -DPETSC_ARCH=
}

petsc() {
  : "${PETSC_DIR:?names the PETSc}" "${SLEPC_DIR:?names the SLEPc}"
  leg petsc "-DPETSC_DIR=$PETSC_DIR" "-DSLEPC_DIR=$SLEPC_DIR" "-DPETSC_ARCH=${PETSC_ARCH:-}"
}

for name in ${*:-clang index64}; do
  case $name in clang | index64 | petsc) ;; *) echo "unknown build $name; known: clang index64 petsc" >&2; exit 2 ;; esac
  [ "$name" = petsc ] || [ -n "${SGDFP_NO_INSTALL:-}" ] || install_packages clang libpetsc64-real-dev libslepc64-real-dev
  "$name"
done
