#include "operators/linearised/hessian.h"
#include "operators/matrices/shell.h"

enum { PIECE = 1 << 15 };

typedef struct {
  SgdLandscape landscape;
  const double *w;
  double *v, *hv;             /* [P] each */
  PetscMPIInt *count, *start; /* [ranks] how a vector is shared out */
} Distributed;

/* mine [count of this rank] = its stretch of the sum over ranks of all [P], a piece of every stretch at a time: what MPI
   sets aside for the sum is as long as what it is given. */
static PetscErrorCode ScatterSum(MPI_Comm comm, const Distributed *h, const double *all, double *mine) {
  PetscMPIInt rank, size;
  double *given, *got;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const PetscMPIInt longest = h->count[0], piece = PetscMin(longest, 1 + PIECE / size); /* PETSc's: none is longer */
  PetscCall(PetscMalloc2((size_t)piece * (size_t)size, &given, piece, &got));
  for (PetscMPIInt at = 0; at < longest; at += piece) {
    const PetscMPIInt n = PetscMin(piece, longest - at);
    for (PetscMPIInt r = 0; r < size; r++)
      for (PetscMPIInt i = 0; i < n; i++)
        given[(size_t)r * (size_t)n + (size_t)i] = at + i < h->count[r] ? all[h->start[r] + at + i] : 0;
    PetscCallMPI(MPI_Reduce_scatter_block(given, got, n, MPI_DOUBLE, MPI_SUM, comm));
    PetscCall(PetscArraycpy(mine + at, got, PetscMax(0, PetscMin(n, h->count[rank] - at))));
  }
  PetscCall(PetscFree2(given, got));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y = H x: gather x, this rank's samples, sum and scatter */
static PetscErrorCode MatMult_Distributed(Mat H, Vec x, Vec y) {
  MPI_Comm comm = PetscObjectComm((PetscObject)H);
  Distributed *h;
  const PetscScalar *v;
  PetscScalar *hv;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &h));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VecGetArrayRead(x, &v));
  PetscCallMPI(MPI_Allgatherv(v, h->count[rank], MPI_DOUBLE, h->v, h->count, h->start, MPI_DOUBLE, comm));
  PetscCall(VecRestoreArrayRead(x, &v));
  PetscCall(SgdLandscapeHessianPart(h->landscape, h->w, h->v, h->hv));
  PetscCall(VecGetArrayWrite(y, &hv));
  PetscCall(ScatterSum(comm, h, h->hv, hv));
  PetscCall(VecRestoreArrayWrite(y, &hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_Distributed(void *given) {
  Distributed *h = SgdShellContext(given);

  PetscFunctionBegin;
  PetscCall(PetscFree2(h->v, h->hv));
  PetscCall(PetscFree2(h->count, h->start));
  PetscCall(PetscFree(h));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The ranks' stretches; *local is this rank's. */
static PetscErrorCode ShareOut(MPI_Comm comm, PetscInt P, Distributed *h, PetscInt *local) {
  PetscMPIInt rank, size;
  PetscLayout layout;
  const PetscInt *range;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscLayoutCreateFromSizes(comm, PETSC_DECIDE, P, 1, &layout));
  PetscCall(PetscLayoutGetRanges(layout, &range));
  PetscCall(PetscMalloc2(size, &h->count, size, &h->start));
  for (PetscMPIInt r = 0; r < size; r++) {
    h->start[r] = (PetscMPIInt)range[r];
    h->count[r] = (PetscMPIInt)(range[r + 1] - range[r]);
  }
  *local = h->count[rank];
  PetscCall(PetscLayoutDestroy(&layout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHessianCreateDistributed(SgdLandscape l, const double *w, Mat *H) {
  const MPI_Comm comm = SgdLandscapeComm(l);
  const PetscInt P = SgdLandscapeDimension(l);
  PetscInt local = 0;
  Distributed *h;

  PetscFunctionBegin;
  PetscCall(PetscNew(&h));
  h->landscape = l;
  h->w = w;
  PetscCall(PetscMalloc2(P, &h->v, P, &h->hv));
  PetscCall(ShareOut(comm, P, h, &local));
  PetscCall(MatCreateShell(comm, local, local, P, P, h, H));
  PetscCall(MatSetOption(*H, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(MatShellSetOperation(*H, MATOP_MULT, (void (*)(void))MatMult_Distributed));
  PetscCall(MatShellSetOperation(*H, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMult_Distributed));
  PetscCall(MatShellSetContextDestroy(*H, MatDestroy_Distributed));
  PetscFunctionReturn(PETSC_SUCCESS);
}
