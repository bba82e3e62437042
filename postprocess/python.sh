#!/usr/bin/env bash
# Run a Python script with an interpreter that has numpy, h5py and matplotlib: $PYTHON, the first python3 in the path,
# or the system's own (another python3 may come first in the path and lack them).
#   postprocess/python.sh postprocess/plot.py DIR
set -euo pipefail
. "$(dirname "$0")/mpi.sh"
for python in "${PYTHON:-}" python3 /usr/bin/python3 /usr/bin/python3.[0-9]*; do
  [ -n "$python" ] && command -v "$python" >/dev/null || continue
  case $python in *-config) continue ;; esac
  if "$python" -c 'import numpy, h5py, matplotlib' 2>/dev/null; then
    exec "$python" "$@"
  fi
done
echo "postprocess/python.sh: no Python 3 with numpy, h5py and matplotlib found." >&2
echo "On Debian: apt-get install python3-numpy python3-h5py python3-matplotlib (or set PYTHON)" >&2
exit 1
