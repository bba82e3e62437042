#!/usr/bin/env bash
# Where does the linear theory of the modes break, and does the coupling term repair it? The case large_steps.yaml at
# several learning rates and batch sizes; prints the table of operators/COUPLING.md.
#   cases/large_steps.sh [program, default build/sgdfp] [ranks, default 2]
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-build/sgdfp}
ranks=${2:-2}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
printf '%5s %5s  %21s %21s %21s  %s\n' eta batch "path: error, total" "coupled: error, total" "proxy: error, total" \
  "flat modes: growth over the second half"
for point in "0.05 8" "0.2 32" "0.2 8" "0.3 16" "0.5 64" "0.5 16"; do
  read -r eta batch <<<"$point"
  folder=out/large_steps_${eta}_$batch
  text=$(mpiexec --oversubscribe -n "$ranks" "$program" sample cases/large_steps.yaml -o "$folder" \
    --set sgd.learning_rate="$eta" --set sgd.batch_size="$batch" --set closure.refresh=10 --set closure.check=false \
    --set closure.max_coupled_error=0 2>&1)
  awk -F, -v eta="$eta" -v batch="$batch" 'NR > 1 { error[$1] = $2; total[$1] = $4 }
    END { printf "%5s %5s ", eta, batch
          for (i = 1; i <= split("path coupled proxy", name, " "); i++) printf " %10.4g %10.4g", error[name[i]], total[name[i]] }' \
    "$folder/modes_agreement.csv"
  sed -n 's/^Flat modes.*grows by \(2^[^ ]* +- [^ ]*\).*path-linearised \(2^[^,]*\), coupled \(2^[^)]*\)).*/  \1 (path \2, coupled \3)/p' <<<"$text"
done
