#!/usr/bin/env bash
# Fuzz the readers with libFuzzer under the address and undefined-behaviour sanitizers. A finding ends the script with its
# input in build-fuzz/; what it learns stays in build-fuzz/corpus.
#   tests/fuzz/run.sh [-t SECONDS | -n EXECUTIONS] [case csv idx slice checkpoint]     default: 12 s each, a minute in all
set -euo pipefail
cd "$(dirname "$0")/../.."
limit=-max_total_time=12
while getopts t:n: option; do
  case $option in
  t) limit=-max_total_time=$OPTARG ;;
  n) limit=-runs=$OPTARG ;;
  *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
. tests/setup.sh
install_packages clang
clang=${CLANG:-clang}
command -v "$clang" >/dev/null || { echo "tests/fuzz/run.sh: no clang (apt-get install clang)" >&2; exit 1; }
read -ra flags <<<"$(pkg-config --cflags --libs SLEPc PETSc libcyaml yaml-0.1 zlib fftw3 2>/dev/null) $(pkg-config --cflags \
  --libs hdf5-openmpi openblas ompi-c 2>/dev/null)"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=512:detect_leaks=0:quarantine_size_mb=8:malloc_context_size=8
mkdir -p build-fuzz
readers=()
for source in cases/base/*.c cases/file/*.c cases/data/*.c; do
  [ "$source" = cases/base/formula.c ] || readers+=("$source") # muParser has no part in reading
done
# Compile once a source, in parallel; only what has changed.
compile() {
  object=build-fuzz/${1//\//_}.o
  [ "$object" -nt "$1" ] || "$clang" -std=gnu17 -g -O1 -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=undefined -I. -c "$1" -o "$object" "${@:2}"
}
for target in ${*:-case csv idx slice checkpoint}; do
  sources=("${readers[@]}" tests/fuzz/fuzz_init.c "tests/fuzz/fuzz_$target.c")
  [ "$target" = checkpoint ] && sources+=(solver/restart/{checkpoint,interrupt}.c solver/output/{lock,parallel_hdf5,text_files}.c)
  wrap=()
  [ "$target" = checkpoint ] && wrap=(-Wl,--wrap=H5Pset_fapl_mpio,--wrap=H5Pset_dxpl_mpio)
  objects=()
  for source in "${sources[@]}"; do
    compile "$source" "${flags[@]}" -Wno-unused-command-line-argument
    objects+=("build-fuzz/${source//\//_}.o")
  done
  "$clang" -fsanitize=fuzzer,address,undefined "${objects[@]}" "${wrap[@]}" -o "build-fuzz/$target" "${flags[@]}" -lm
  mkdir -p "build-fuzz/corpus/$target"
  seeds=("../tests/fuzz/corpus/$target")
  [ "$target" = case ] && seeds+=(../cases/examples ../tests/verification) # every case of the repository
  status=0
  (cd build-fuzz && exec ./"$target" -close_fd_mask=3 -print_final_stats=1 -rss_limit_mb=2000 -timeout=60 -malloc_limit_mb=0 \
    "$limit" "corpus/$target" "${seeds[@]}") >"build-fuzz/$target.log" 2>&1 || status=$?
  grep -E 'ERROR|SUMMARY|runtime error|Test unit|number_of_executed|deadly' "build-fuzz/$target.log" | sed "s/^/$target: /" || true
  if [ $status -ne 0 ] || ! grep -q number_of_executed "build-fuzz/$target.log"; then
    tail -n 20 "build-fuzz/$target.log" >&2
    echo "tests/fuzz/run.sh: $target: a finding (exit code $status); its input is in build-fuzz/" >&2
    exit 1
  fi
done
