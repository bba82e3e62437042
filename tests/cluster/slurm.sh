#!/usr/bin/env bash
# The job script under a real Slurm on this machine: submitted, preempted by a job of a partition with more priority,
# queued again, finished; then one that its own --time-limit stops as often as it takes; then an array of two. The results
# are those of undisturbed runs, bit for bit. Needs root, and Debian's slurmctld, slurmd, munge.
# Not part of the default suite (it starts daemons):
#   tests/cluster/slurm.sh [PROGRAM, default build/sgdfp]
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-build/sgdfp}")
source=$PWD
for tool in slurmctld slurmd munged sbatch; do
  command -v $tool >/dev/null || { echo "skipped: no $tool (apt-get install slurmctld slurmd slurm-client munge)"; exit 77; }
done
here=$(mktemp -d /tmp/sgdfp_slurm.XXXXXX)
cd "$here"
mkdir state spool munge

cleanup() {
  scancel --me 2>/dev/null || true
  for daemon in slurmctld slurmd munged; do
    [ -f "$here/$daemon.pid" ] && kill "$(cat "$here/$daemon.pid")" 2>/dev/null || true
  done
  sleep 1
  [ -n "${KEEP:-}" ] || rm -rf "$here"
}
trap cleanup EXIT

host=$(hostname -s)
head -c 1024 /dev/urandom >munge/key
chmod 700 munge && chmod 400 munge/key
munged --force --key-file="$here/munge/key" --socket="$here/munge/socket" --pid-file="$here/munged.pid" \
  --log-file="$here/munge/log" --seed-file="$here/munge/seed"

cat >slurm.conf <<END
ClusterName=sgdfp
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthInfo=socket=$here/munge/socket
SlurmctldPort=16817
SlurmdPort=16818
SlurmctldPidFile=$here/slurmctld.pid
SlurmdPidFile=$here/slurmd.pid
SlurmctldLogFile=$here/slurmctld.log
SlurmdLogFile=$here/slurmd.log
StateSaveLocation=$here/state
SlurmdSpoolDir=$here/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,bf_interval=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
KillWait=30
ReturnToService=2
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=low Nodes=$host Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=30
PartitionName=high Nodes=$host PriorityTier=10 PreemptMode=OFF
END
export SLURM_CONF=$here/slurm.conf
slurmctld
slurmd
for _ in $(seq 60); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 1; done
sinfo

# wait_for JOB: until it is off the queue. same FOLDER FOLDER: the densities, bit for bit.
wait_for() {
  local state
  for _ in $(seq "${SGDFP_PATIENCE:-600}"); do
    state=$(squeue -h -j "$1" -o %T 2>/dev/null || true)
    [ -z "$state" ] && return
    sleep 1
  done
}
same() {
  "$source/postprocess/python.sh" - "$@" <<'END'
import h5py, numpy as np, sys
a, b = (h5py.File(d + "/density.h5")["density/master"][()] for d in sys.argv[1:])
difference = np.abs(a - b).sum() / np.abs(a).sum() if a.shape == b.shape else np.inf
print(f"L1 difference of {sys.argv[1]} and {sys.argv[2]}: {difference}")
sys.exit(0 if difference == 0 else 1)
END
}

cat >case.yaml <<'END'
name: requeue
landscape: {family: quadratic, eigenvalues: [1.0, 0.5], gradient_noise: [1.0, 1.0]}
sgd: {learning_rate: 0.1, steps: 12000}
slice: {axes: [sharpest, flattest], cells: [96, 96]}
models: [{model: master, method: spread}]
output: {every: 3000}
END
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
"$program" run case.yaml -o undisturbed >undisturbed.log 2>&1
export SGDFP=$program SGDFP_LAUNCH=${SGDFP_LAUNCH:-mpiexec} # Debian: Open MPI without PMI for srun
job=$(sbatch --parsable -n 1 -c 2 -p low -o job.log "$source/cases/cluster/job.sh" case.yaml preempted)
echo "job $job"
for _ in $(seq 120); do grep -q "step  *0/" job.log 2>/dev/null && break; sleep 0.5; done
urgent=$(sbatch --parsable -n 1 -c 2 -p high -o urgent.log --wrap "sleep 3")
echo "preempting by job $urgent"
wait_for "$job"
scontrol show job "$job" | grep -E "JobState|Restarts|ExitCode" || true
grep -E "checkpoint|restart|goes on|Done" job.log || true
[ -f preempted/summary.json ] || { cat job.log; echo "FAILED: the job did not finish"; exit 1; }
grep -qiE "checkpoint" job.log || { cat job.log; echo "FAILED: the job was not interrupted"; exit 1; }
same undisturbed preempted

limited=$(sbatch --parsable -n 1 -c 2 -p low -o limited.log "$source/cases/cluster/job.sh" case.yaml limited --time-limit 8)
echo "job $limited, 8 seconds at a time"
wait_for "$limited"
[ -f limited/summary.json ] || { cat limited.log; echo "FAILED: the limited job did not finish"; exit 1; }
echo "$(grep -c "queued again" limited.log || true) times queued again"
grep -q "queued again" limited.log || { cat limited.log; echo "FAILED: the limit did not stop it"; exit 1; }
same undisturbed limited

printf -- '--set sgd.steps=%s\n' 60 90 >settings.txt
cp "$source"/cases/cluster/*.sh . # as the page says; array.sh finds job.sh here
array=$(sbatch --parsable --array=1-2 -n 1 -p low -o array_%a.log array.sh case.yaml many settings.txt)
wait_for "$array"
for k in 1 2; do
  steps=$(sed -n "${k}s/.*=//p" settings.txt)
  "$program" run case.yaml -o "alone_$k" --set sgd.steps="$steps" >/dev/null 2>&1
  [ -f many/$k/summary.json ] || { cat array_$k.log; echo "FAILED: run $k of the array did not finish"; exit 1; }
  same "alone_$k" "many/$k"
done
echo "4 passed, 0 failed"
