#!/usr/bin/env bash
# Train a small network in PyTorch, export its slice, and evolve the densities on it.
#   cases/torch/pytorch_example.sh [SGDFP]     default: build/sgdfp; results in out/pytorch
set -euo pipefail
cd "$(dirname "$0")/../.."
sgdfp=${1:-build/sgdfp}
for python in "${PYTHON:-}" python3 /usr/bin/python3; do
  [ -n "$python" ] && "$python" -c 'import torch, h5py, sklearn' 2>/dev/null && break
  python=
done
if [ -z "$python" ]; then
  echo "cases/torch/pytorch_example.sh: no Python 3 with torch, h5py and scikit-learn found." >&2
  echo "On Debian: apt-get install python3-torch python3-h5py python3-sklearn (or set PYTHON)" >&2
  exit 1
fi
"$python" cases/torch/export_torch.py cases/torch/pytorch_example.py -o out/pytorch.h5
"$sgdfp" run cases/examples/pytorch.yaml -o out/pytorch --overwrite
