#!/usr/bin/env bash
# The experiments of "Why SGD is not Brownian Motion" (arXiv 2605.22644) as densities and closed moments, and what stands of them:
# every case of this folder, then out/paper/paper.md, paper.csv and figures (paper.py). Fails where a case misses what it expects, or a row
# of the table misses its closed form.
#   cases/examples/paper/paper.sh [program, default build/sgdfp] [ranks, default 1] [smoke or full, default smoke]
# full: every grid twice as fine along each axis, eight times as many trajectories, and experiment 27's densities, 100 steps at all 28 points.
set -euo pipefail
cd "$(dirname "$0")/../../.."
program=${1:-build/sgdfp}
ranks=${2:-1}
size=${3:-smoke}
[ "$size" = smoke ] || [ "$size" = full ] || { echo "paper.sh: smoke or full, not $size" >&2; exit 2; }
[ -x "$program" ] || { echo "paper.sh: no program $program" >&2; exit 2; }
. postprocess/mpi.sh
[ "$ranks" = 1 ] && front=() || front=("${MPIEXEC:-mpiexec}" -n "$ranks") # alone without a launcher, which may bind every lone rank to one core
here=cases/examples/paper
out=out/paper
[ "$size" = full ] && out=out/paper_full
mkdir -p "$out"

# finer CASE [OPTIONS..]: in size full the setting that doubles the cells that the case, or an option, names; or the trajectories
finer() {
  local case=$1 cells count times=2
  [ "$size" = full ] || return 0
  [ "$case" = exp40_logarithm ] && return 0 # a logarithm wants one to two cells a step's noise
  [ "$case" = exp29_flat_drift ] && times=3 # odd: its start stays at a cell's centre
  cells=$({ sed -n 's/^slice:.*cells: \(\[[^]]*\]\).*/\1/p' "$here/$case.yaml"; printf '%s\n' "$@" | sed -n 's/^slice.cells=//p'; } | tail -1)
  count=$({ sed -n 's/^trajectories:.*count: \([0-9]*\).*/\1/p' "$here/$case.yaml"; printf '%s\n' "$@" | sed -n 's/^trajectories.count=//p'; } | tail -1)
  if [ -n "$cells" ]; then echo "--set slice.cells=$(tr -d '[] ' <<<"$cells" | awk -F, -v t=$times '{ for (i = 1; i <= NF; i++) printf "%s%d", (i == 1 ? "[" : ","), t * $i; print "]" }')"; fi
  if [ -n "$count" ]; then echo "--set trajectories.count=$((8 * count))"; fi
}

# work COMMAND NAME CASE [OPTIONS..]: CASE.yaml into out/paper/NAME, its text into out/paper/NAME.log
work() {
  local command=$1 name=$2 case=$3 code=0
  shift 3
  set -- "$@" $(finer "$case" "$@")
  "${front[@]}" "$program" "$command" "$here/$case.yaml" -o "$out/$name" --overwrite "$@" >"$out/$name.log" 2>&1 || code=$?
  [ "$code" = 0 ] || { echo "paper.sh: $name: exit code $code, see $out/$name.log" >&2; grep -a -e MISSED -e 'sgdfp: ' "$out/$name.log" | tail -5 >&2; exit "$code"; }
  echo "$name"
}

work run exp01 exp01_multiplicative
work stationary exp01_tail exp01_multiplicative --set "landscape.gradient_noise=[0.01]" --set "slice.cells=[400]" --set "models=[langevin]" --set 'expect=[]'
work run exp12 exp12_modified_langevin
for mode in 1 2 3 4 5 6 7 8 9 10; do
  [ "$mode" = 1 ] && more=() || more=(--set 'expect=[]') # the case's own expectations are of mode 1
  work run "exp17_$mode" exp17_covariance --set slice.axes="[\"mode:$mode\"]" "${more[@]}"
done
work sweep exp18 exp20_raw_moment --vary sgd.learning_rate=0.01,0.03,0.1,0.2 --set 'expect=[]' --set 'slice.min=[-2.2, -0.8]' \
  --set 'slice.max=[0.6, 0.8]' --set 'slice.cells=[140, 80]' --set 'initial.std=[0.05, 0.05]' --set 'models=[{model: master, method: remesh}]'
work sweep exp23 exp20_raw_moment --set 'slice.cells=[110, 60]' --vary sgd.batch_size=1,4,16,64,256,1024 --set 'expect=[]' --set 'models=[{model: master, method: remesh}]'
work run exp20 exp20_raw_moment
[ "$size" = full ] && few=() || few=(--set sgd.steps=4 --set "slice.cells=[400]" --set "models=[langevin]" --set 'stationary.expect=[]') # the classes are of the closed moments
work sweep exp27 exp27_stability "${few[@]}" --vary sgd.learning_rate=0.2,0.6,0.7,0.8 --vary 'landscape.hessian_noise=[0.5],[1],[2],[2.4],[2.8],[4],[8]'
work stationary exp27_tail exp27_stability
work run exp29 exp29_flat_drift
for lambda in 0.4 0.68 0.96 1.24 1.52 1.8; do
  half=$(awk -v l=$lambda 'BEGIN { print l / 2 }')
  work run "exp38_$lambda" exp38_nonlinear --set landscape.terms.0.coefficient="$half"
done
work sweep exp40 exp40_semigroup --vary sgd.learning_rate=0.015,0.03,0.06,0.1
work run exp40_logarithm exp40_logarithm
work run exp41 exp41_skewed
work run exp42 exp42_poisson
work run exp44 exp44_rough
network() { work sample "$1" exp02_network --set closure.hessian_batches=0 "${@:2}"; }
work sample exp02 exp02_network
network exp33 --set landscape.data.limit=512 --set reference_point.steps=30 --set sgd.learning_rate=0.03 --set sgd.steps=20 \
  --set spectrum.largest=12 --set trajectories.modes=12 --set trajectories.count=2048 --set closure.refresh=10
for sampling in with_replacement epoch; do
  network "exp35_${sampling%_replacement}" --set reference_point.steps=30 --set sgd.learning_rate=0.03 --set sgd.steps=48 \
    --set sgd.sampling=$sampling --set trajectories.modes=385 --set trajectories.every=8 --set closure.refresh=48
done
for point in "0.0125 64" "0.025 64" "0.05 64" "0.1 64" "0.05 32" "0.05 128"; do
  read -r eta batch <<<"$point"
  network "exp14_${eta}_$batch" --set sgd.learning_rate="$eta" --set sgd.batch_size="$batch" --set sgd.steps=200 --set reference_point.steps=200 \
    --set trajectories.modes=6 --set trajectories.smallest=6 --set trajectories.every=20 --set closure.refresh=50
done
# Experiments 6 - 11: the six noisiest flat modes of the plain run, and the six sharpest
heldout() { work sample "$1" exp06_generalization "${@:2}"; }
heldout exp06
heldout exp06_many --set trajectories.count=512
flat=$(awk -F, '$2 == "flat" && n < 6 { printf "%s%s", (n++ ? "," : ""), $1 }' "$out/exp06/modes.csv")
sharp=1,2,3,4,5,6
for modes in flat sharp; do
  heldout "exp09_$modes" --set noise.off="[${!modes}]"
  heldout "exp08_$modes" --set noise.scale=3 --set noise.others=1 --set noise.onto="[${!modes}]"
done
for alpha in 0.1 0.5; do heldout "exp10_$alpha" --set noise.scale=$alpha; done
work run exp08 exp08_amplified
postprocess/python.sh "$here/paper.py" "$out"
