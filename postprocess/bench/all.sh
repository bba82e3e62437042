#!/usr/bin/env bash
# Every bench, one after the other, into one page with the date, the processor and the instruction set: figures for the
# README and the pages.
#   postprocess/bench/all.sh [PAGE]        PAGE: bench.md unless given; half an hour on a quiet machine
#   QUICK=1 postprocess/bench/all.sh       smaller grids and fewer repeats: some minutes
#   SMOKE=1 postprocess/bench/all.sh       every bench on the smallest grids, once: two minutes, to see that all of them run
# Builds the compiled benches first. From any folder.
set -euo pipefail
page=$(realpath -m "${1:-bench.md}")
cd "$(dirname "$0")/../.."
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cmake -S . -B build -DSGDFP_BENCH=ON >build_bench.log 2>&1 && cmake --build build --target sgdfp bench_{levels,master_step,transform_lengths,monte_carlo,discrete_fokker_planck} >>build_bench.log 2>&1 ||
  { echo "postprocess/bench/all.sh: the build failed, see build_bench.log" >&2; exit 1; }
rm -f build_bench.log
benches=build/postprocess/bench
repeats=7 cells=128 stencil=2048 largest=2048 trajectories=20 members=1024 optimizers=1000000 scipy=(--repeats 3)
if [ -n "${QUICK:-}" ]; then
  repeats=3 cells=64 stencil=512 largest=1024 scipy=(--cells 128 --long 128 --scaling 0 --repeats 1)
fi
if [ -n "${SMOKE:-}" ]; then
  repeats=1 cells=32 stencil=256 largest=512 trajectories=16 members=128 optimizers=10000
  scipy=(--cells 64 --long 64 --scaling 0 --repeats 1 --ranks 1)
fi

section() { # title, command ..: its output, and processor and clock time
  echo "## $1"
  shift
  printf '\n    %s\n\n' "$*"
  local start=$SECONDS
  if "$@" >bench_output.log 2>&1; then status=; else status=" **It failed (exit code $?).**"; fi
  if grep -q '^| ' bench_output.log; then cat bench_output.log; else sed 's/^/    /' bench_output.log; fi
  printf '\n(%s s.%s)\n\n' "$((SECONDS - start))" "$status"
  rm -f bench_output.log
}

{
  echo "# Benches, $(date -u +%Y-%m-%d), $(git describe --always --dirty 2>/dev/null || echo 'no version')"
  echo
  echo "Processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -1), $(nproc --all) cores, load" \
    "$(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null); instructions: ${SGDFP_INSTRUCTIONS:-the widest that it has}."
  echo
  section "Master equation, noise that depends on the place, one rank" $benches/bench_levels -repeats $repeats -cells $cells
  section "The same, two ranks" mpiexec -n 2 $benches/bench_levels -repeats $repeats -cells $cells
  section "Master equation, homogeneous noise" $benches/bench_master_step -repeats $repeats -largest $largest
  section "Lengths of transforms" $benches/bench_transform_lengths
  section "Discrete Fokker-Planck, explicit" $benches/bench_discrete_fokker_planck -cells $stencil -repeats $repeats
  section "Density against trajectories" $benches/bench_monte_carlo -log2_trajectories $trajectories
  section "Langevin" postprocess/python.sh postprocess/bench/langevin_scipy.py "${scipy[@]}"
  section "Ensemble" postprocess/python.sh postprocess/bench/ensemble.py --trajectories $members
  section "Densities of optimizers" postprocess/python.sh postprocess/bench/optimizers.py --trajectories $optimizers
} | tee "$page"
