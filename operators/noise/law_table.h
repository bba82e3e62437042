/* The exact law of batches drawn with replacement, from few evaluations of all gradients: the characteristic function of
   one draw (draw_law.h),
     psi(q; a) = (1/N) sum_i exp(-i q.c_i(a)/B),     phi = psi^B,
   is smooth in the place a and in the wave q alike, however sharp phi itself is. It is computed on a tensor of Chebyshev
   nodes (chebyshev.h) of both, and interpolated. Nodes of places are doubled along the axis where every second one says
   least about the others, until phi is known to the tolerance at places that were not used; the waves' nodes are as many
   as the largest phase q.c_i/B asks (a Chebyshev series of exp(i A x) ends where the Bessel function J_n(A) does). */
#pragma once
#include "meshes/support.h"
#include "operators/noise/noise_law.h"

typedef struct _p_SgdLawTable *SgdLawTable;

/* For places in the range and waves |q_a| <= most[a], so that |error of phi| is below `tolerance` weighted by support.h.
   *table is NULL where the law is none of these, or where the table would be larger than what it saves. Collective. */
PETSC_INTERN PetscErrorCode SgdLawTableCreate(SgdNoiseLaw law, SgdGrid grid, const SgdSupport *support,
                                              const double most[], double tolerance, SgdLawTable *table);
PETSC_INTERN PetscErrorCode SgdLawTableDestroy(SgdLawTable *table);
/* How many places it was computed at, for people. */
PETSC_INTERN int SgdLawTablePlaces(SgdLawTable table);
/* psi at all of its places for `count` waves q: nodes [places][2 count], real parts then imaginary ones, for the next
   three. */
PETSC_INTERN PetscErrorCode SgdLawTableWaves(SgdLawTable table, int count, const double (*q)[3], double *nodes);
/* phi of these waves at the place x: [2][count]. */
PETSC_INTERN PetscErrorCode SgdLawTableAt(SgdLawTable table, const double x[], int count, const double *nodes,
                                          double *phi);
/* phi [2 count][length] at the places of a row of `length` cells along axis 0, whose Chebyshev rows are `along`
   [length][nodes of axis 0] (SgdLawTableAlong), beside x on the other axes. */
PETSC_INTERN PetscErrorCode SgdLawTableRow(SgdLawTable table, const double x[], int count, const double *nodes,
                                           int length, const double *along, double *phi);
PETSC_INTERN int SgdLawTableAlong(SgdLawTable table);
PETSC_INTERN void SgdLawTableAlongAt(SgdLawTable table, double x, double *row);
/* Settle on the place x; then phi on the line of waves q0 + m dq, m = 0 .. n-1, dq along the last axis. */
PETSC_INTERN PetscErrorCode SgdLawTableSettle(SgdLawTable table, const double x[]);
PETSC_INTERN PetscErrorCode SgdLawTableLine(SgdLawTable table, const double q0[], const double dq[], PetscInt n,
                                            double _Complex phi[]);
