#!/usr/bin/env bash
# How far the modes of real networks spread, measured and predicted: vision.yaml, and vision_mnist.yaml where MNIST is at
# hand; then the figures. The cases' own expectations decide (exit code 3 when missed).
#   cases/examples/vision.sh [ranks, default 2]
set -euo pipefail
cd "$(dirname "$0")/../.."
ranks=${1:-2}
. postprocess/mpi.sh

sample() {
  "${MPIEXEC:-mpiexec}" -n "$ranks" build/sgdfp sample "cases/examples/$1.yaml" -o "out/$1" --overwrite
  postprocess/python.sh postprocess/plot.py "out/$1"
}

sample vision
if [ -f ../shared/data/mnist/t10k-images-idx3-ubyte.gz ]; then
  sample vision_mnist
else
  echo "vision_mnist skipped: no MNIST in ../shared/data/mnist (see cases/examples/vision_mnist.yaml)"
fi
