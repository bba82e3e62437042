#!/usr/bin/env bash
# Where does the linear theory of the modes break, does the coupling term repair it, and does the density on a slice that
# follows the mean? The case large_steps.yaml at several learning rates and batch sizes; prints the tables of
# operators/COUPLING.md.
#   cases/examples/large_steps.sh [program, default build/sgdfp] [ranks, default 2]
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-build/sgdfp}
ranks=${2:-2}
. postprocess/mpi.sh
printf '%5s %5s  %21s %21s %21s  %s\n' eta batch "path: error, total" "coupled: error, total" "proxy: error, total" \
  "flat modes: growth over the second half"
for point in "0.05 8" "0.2 32" "0.2 8" "0.3 16" "0.5 64" "0.5 16"; do
  read -r eta batch <<<"$point"
  folder=out/large_steps_${eta}_$batch
  text=$("${MPIEXEC:-mpiexec}" -n "$ranks" "$program" sample cases/examples/large_steps.yaml -o "$folder" --overwrite \
    --set sgd.learning_rate="$eta" --set sgd.batch_size="$batch" --set closure.refresh=10 --set closure.check=false \
    --set closure.max_coupled_error=0 2>&1)
  awk -F, -v eta="$eta" -v batch="$batch" 'NR > 1 { error[$1] = $2; total[$1] = $4 }
    END { printf "%5s %5s ", eta, batch
          for (i = 1; i <= split("path coupled proxy", name, " "); i++) printf " %10.4g %10.4g", error[name[i]], total[name[i]] }' \
    "$folder/modes_agreement.csv"
  sed -n 's/^Flat modes.*grows by \(2^[^ ]* +- [^ ]*\).*path-linearised \(2^[^,]*\), coupled \(2^[^)]*\)).*/  \1 (path \2, coupled \3)/p' <<<"$text"
done

# The density on a co-moving slice of one axis, which does not linearise along that axis. The box has room for the tails.
printf '\n%5s %5s %4s  %10s %10s %10s %10s %10s\n' eta batch mode measured closure frozen master langevin
variance() { awk -F, -v model="$2" '$1 == model { last = $7 } END { printf " %10.4g", last }' "$1/moments.csv"; }
for point in "0.05 8" "0.2 32" "0.3 16" "0.5 16"; do
  read -r eta batch <<<"$point"
  half=$(awk -v e="$eta" -v b="$batch" 'BEGIN { print 64 * e / sqrt(b) }')
  for mode in 1 2 3; do
    awk -F, -v eta="$eta" -v batch="$batch" -v mode="$mode" '$1 == mode { printf "%5s %5s %4s  %10.4g %10.4g", eta, batch, mode, $17, $8 }' \
      "out/large_steps_${eta}_$batch/modes.csv"
    for follow in none mean_path; do
      folder=out/large_steps_slice_$follow
      "$program" run cases/examples/large_steps.yaml -o "$folder" --overwrite --set sgd.learning_rate="$eta" --set sgd.batch_size="$batch" \
        --set spectrum.file=out/large_steps_spectrum.h5 --set slice.axes="[\"mode:$mode\"]" --set slice.min="[-$half]" \
        --set slice.max="[$half]" --set slice.cells=[320] --set slice.nodes=129 --set slice.follow=$follow \
        --set slice.refresh=2 >"$folder.log" 2>&1
      variance "$folder" master
    done
    variance "$folder" langevin
    echo
  done
done
