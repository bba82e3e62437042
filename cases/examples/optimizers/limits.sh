#!/usr/bin/env bash
# Densities of RMSprop and Adam beside the diffusions that are put in their place, and where they part: out/limits/limits.md with figures.
#   cases/examples/optimizers/limits.sh [program, default build/sgdfp]      about two minutes of one core
set -euo pipefail
cd "$(dirname "$0")/../../.."
program=${1:-build/sgdfp}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
here=cases/examples/optimizers
mkdir -p out/limits
"$program" run $here/adam_limit.yaml -o out/limits/adam_0.5 --overwrite >out/limits/adam_0.5.log 2>&1
"$program" run $here/adam_limit.yaml -o out/limits/adam_0.1 --overwrite --set sgd.learning_rate=0.1 --set 'slice.min=[-2, -3, -1]' \
  --set 'slice.max=[3, 3, 8]' --set 'slice.cells=[64, 56, 72]' >out/limits/adam_0.1.log 2>&1
"$program" sweep $here/rmsprop_limit.yaml -o out/limits/rmsprop --overwrite --vary sgd.learning_rate=0.025,0.05,0.1,0.2,0.4 \
  --set 'slice.min=[-4, -1]' --set 'slice.max=[4, 9]' --set 'slice.cells=[112, 112]' --set sgd.steps=40 >out/limits/rmsprop.log 2>&1
postprocess/python.sh $here/limits.py out/limits
