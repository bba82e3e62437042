#!/usr/bin/env bash
# From a bare Debian 12 to pictures: install what is missing, build, run cases/examples/quickstart.yaml, draw the plots.
#   cases/quickstart.sh [ranks]        (default: 2). Safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh
ranks=${1:-2}

install_packages
mpi_environment
build sgdfp
say "Running cases/examples/quickstart.yaml on $ranks ranks"
mpiexec -n "$ranks" build/sgdfp run cases/examples/quickstart.yaml -o out/quickstart --overwrite
say "Drawing"
postprocess/python.sh postprocess/plot.py out/quickstart & plots=$!
postprocess/python.sh postprocess/report.py out/quickstart
wait "$plots"
say "Done. Look at:"
cat <<END
  out/quickstart/report.html        what came out, as a short paper (a browser opens it; report.md: its tables)
  out/quickstart/figures/*.png      densities, marginals, variances, distances, spectrum
  out/quickstart/density.xmf        open it in ParaView (reader: XDMF)
  out/quickstart/summary.json       the same for programs
END
