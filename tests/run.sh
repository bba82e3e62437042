#!/usr/bin/env bash
# The whole test suite: install what is missing, build, ctest. Safe to run again.
#   tests/run.sh [ctest options, e.g. -L unit]
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh

install_packages python3-paraview clang
mpi_environment
build
say "Testing"
# One more than the cores: half of the tests wait for files, signals and starts of ranks.
ctest --test-dir build --output-on-failure -j "$(($(nproc) + 1))" "$@"
