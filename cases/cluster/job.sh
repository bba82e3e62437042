#!/bin/bash
# One run under Slurm that survives preemption and the wall clock: it checkpoints when told, is queued again, and goes on.
#   sbatch -n 16 cases/cluster/job.sh CASE.yaml OUTPUT_FOLDER [sgdfp's further options]
# SGDFP: the program, where it is not on the path. SGDFP_LAUNCH: "srun" (default), or "mpiexec" where MPI was built without
# Slurm's PMI. SGDFP_MODULES: a file that loads your site's modules.
#SBATCH --job-name=sgdfp
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
set -u
case_file=$1
folder=$2
shift 2
program=${SGDFP:-sgdfp}
[ -n "${SGDFP_MODULES:-}" ] && . "$SGDFP_MODULES"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# USR1 comes two minutes before the end of the time, and at a preemption where the site has preempt_send_user_signal (else
# the steps get TERM): both launchers pass USR1 on to every rank, which writes the checkpoint and ends.
told=
tell() {
  told=yes
  kill -USR1 "$launcher" 2>/dev/null
}
trap tell USR1 TERM

if [ -f "$folder/checkpoint.h5" ]; then
  set -- run --restart "$folder" "$@"
else
  set -- run "$case_file" -o "$folder" "$@"
fi
${SGDFP_LAUNCH:-srun} "$program" "$@" &
launcher=$!
wait "$launcher"
code=$?
while kill -0 "$launcher" 2>/dev/null; do # the wait was cut short by the trap: now for the end itself
  wait "$launcher"
  code=$?
done

case $code in 138 | 142 | 143) told=yes ;; esac # 128 + USR1, TERM: it was told directly; ALRM: by its own --time-limit
if [ -n "$told" ] && [ -f "$folder/checkpoint.h5" ]; then
  echo "sgdfp stopped with code $code and a checkpoint: job $SLURM_JOB_ID is queued again"
  scontrol requeue "$SLURM_JOB_ID" || true # after a preemption Slurm does it itself
  exit 0
fi
exit "$code"
