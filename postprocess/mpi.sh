# Sourced: the environment that the project's own scripts and tests start MPI in, on a machine that has few cores. Every
# launcher is called as `mpiexec -n RANKS PROGRAM` (Open MPI, MPICH and its kin, srun as MPIEXEC=srun), without options
# of one of them: what they want is said here. Jobs of users need none of it (cases/cluster/job.sh).

# Open MPI refuses root, and more ranks than cores, unless told (release 4; release 5 starts through PRRTE).
if [ "$(id -u)" -eq 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
# Ranks that wait for a message leave the core to the rank that sends it.
export OMPI_MCA_mpi_yield_when_idle=1
# As the program does for itself (cases/base/environment.h): a killed program's semaphore does not stop the next.
export OMPI_MCA_sharedfp=^sm,lockedfile
# One thread a rank.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
