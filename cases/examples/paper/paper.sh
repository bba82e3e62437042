#!/usr/bin/env bash
# The experiments of "Why SGD is not Brownian Motion" (arXiv 2605.22644) as densities and closed moments, and what stands of them:
# every case of this folder, then out/paper/paper.md, paper.csv and figures (paper.py). Fails where a case misses what it expects, or a row
# of the table misses its closed form.
#   cases/examples/paper/paper.sh [program, default build/sgdfp] [ranks, default 1]     two minutes of processor time
set -euo pipefail
cd "$(dirname "$0")/../../.."
program=${1:-build/sgdfp}
ranks=${2:-1}
[ -x "$program" ] || { echo "paper.sh: no program $program" >&2; exit 2; }
. postprocess/mpi.sh
here=cases/examples/paper
out=out/paper
mkdir -p "$out"

# work COMMAND NAME CASE [OPTIONS..]: CASE.yaml into out/paper/NAME, its text into out/paper/NAME.log
work() {
  local command=$1 name=$2 case=$3 code=0
  shift 3
  "${MPIEXEC:-mpiexec}" -n "$ranks" "$program" "$command" "$here/$case.yaml" -o "$out/$name" --overwrite "$@" >"$out/$name.log" 2>&1 || code=$?
  [ "$code" = 0 ] || { echo "paper.sh: $name: exit code $code, see $out/$name.log" >&2; grep -a -e MISSED -e 'sgdfp: ' "$out/$name.log" | tail -5 >&2; exit "$code"; }
  echo "$name"
}

work run exp01 exp01_multiplicative
work stationary exp01_tail exp01_multiplicative --set "landscape.gradient_noise=[0.01]" --set "slice.cells=[400]" --set "models=[langevin]"
work run exp12 exp12_modified_langevin
for mode in 1 2 3 4 5 6 7 8 9 10; do
  [ "$mode" = 1 ] && more=() || more=(--set 'expect=[]') # the case's own expectations are of mode 1
  work run "exp17_$mode" exp17_covariance --set slice.axes="[\"mode:$mode\"]" "${more[@]}"
done
work sweep exp18 exp20_raw_moment --vary sgd.learning_rate=0.01,0.03,0.1,0.2 --set 'expect=[]' --set 'slice.min=[-2.2, -0.8]' \
  --set 'slice.max=[0.6, 0.8]' --set 'slice.cells=[140, 80]' --set 'initial.std=[0.05, 0.05]' --set 'models=[{model: master, method: remesh}]'
work sweep exp23 exp20_raw_moment --set 'slice.cells=[110, 60]' --vary sgd.batch_size=1,4,16,64,256,1024 --set 'expect=[]' --set 'models=[{model: master, method: remesh}]'
work run exp20 exp20_raw_moment
work sweep exp27 exp27_stability --vary sgd.learning_rate=0.2,0.6,0.7,0.8 --vary 'landscape.hessian_noise=[0.5],[1],[2],[2.4],[2.8],[4],[8]'
work stationary exp27_tail exp27_stability
work run exp29 exp29_flat_drift
for lambda in 0.4 0.68 0.96 1.24 1.52 1.8; do
  half=$(awk -v l=$lambda 'BEGIN { print l / 2 }')
  work run "exp38_$lambda" exp38_nonlinear --set landscape.terms.0.coefficient="$half"
done
work sweep exp40 exp40_semigroup --vary sgd.learning_rate=0.015,0.03,0.06,0.1
work run exp41 exp41_skewed
work run exp42 exp42_poisson
work run exp44 exp44_rough
postprocess/python.sh "$here/paper.py" "$out"
