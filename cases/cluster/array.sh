#!/bin/bash
# A sweep as an array of jobs: line k of a file of settings is run k.
#   printf -- '--set sgd.learning_rate=%s\n' 0.05 0.1 0.2 0.4 > settings.txt
#   sbatch --array=1-$(wc -l < settings.txt) -n 4 cases/cluster/array.sh CASE.yaml OUTPUT_FOLDER settings.txt
#SBATCH --job-name=sgdfp-sweep
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=USR1@120
set -u
case_file=$1
folder=$2
settings=$(sed -n "${SLURM_ARRAY_TASK_ID}p" "$3")
# Slurm runs a copy of this script: job.sh is looked for where the job was sent from, and beside the installed program.
program=$(command -v "${SGDFP:-sgdfp}" || true)
for here in "${SGDFP_CLUSTER:-.}" "$SLURM_SUBMIT_DIR" "$SLURM_SUBMIT_DIR/cases/cluster" "${program%/bin/*}/share/sgdfp/cluster"; do
  [ -f "$here/job.sh" ] || continue
  # shellcheck disable=SC2086 # the settings are words
  exec bash "$here/job.sh" "$case_file" "$folder/$SLURM_ARRAY_TASK_ID" $settings
done
echo "array.sh: no job.sh in $SLURM_SUBMIT_DIR or its cases/cluster: SGDFP_CLUSTER names the folder it is in" >&2
exit 2
