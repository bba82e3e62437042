#!/usr/bin/env bash
# What is checked beside the test suite. Safe to run again.
#   tests/habits.sh [format] [order] [pages] [lint] [sanitize]      default: all; each says how long it took
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh

# Layout of the code by clang-format 14, the version that .clang-format is written for; another one is passed over.
format() {
  local tool
  tool=$(command -v clang-format-14 || command -v clang-format || true)
  if ! { [ -n "$tool" ] && "$tool" --version | grep -q 'version 14\.'; }; then
    echo "no clang-format 14: not checked"
    return
  fi
  git ls-files '*.c' '*.h' | xargs "$tool" --dry-run --Werror
}

order() { python3 tests/order.py; }
pages() { python3 tests/pages.py; }

# Headers of libraries are not looked into; what is passed over, and why: tests/cppcheck.txt.
lint() {
  cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
    --suppressions-list=tests/cppcheck.txt --template='{file}:{line}: {id}: {message}' \
    -DPETSC_EXTERN=extern -DPETSC_INTERN=extern -I. cases meshes operators solver
}

# The unit tests on one rank, built with the address and undefined-behaviour sanitizers; the first finding stops a test.
sanitize() {
  cmake --preset debug -G Ninja >/dev/null
  cmake --build build-debug
  ctest --preset sanitize -j "$(nproc)"
}

all="format order pages lint sanitize"
for leg in ${*:-$all}; do
  case " $all " in *" $leg "*) ;; *) echo "unknown leg $leg; known: $all" >&2; exit 2 ;; esac
done
install_packages clang-format cppcheck
mpi_environment
for leg in ${*:-$all}; do
  say "Habits: $leg"
  TIMEFORMAT="$leg: %U s of processor time"
  time "$leg"
done
