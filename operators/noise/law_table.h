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

/* Guesses, for estimates of cost: places that it takes in two and three dimensions, terms of the expansion, waves that
   those are chosen on. */
#define SGD_LAW_PLACES_2 1089
#define SGD_LAW_PLACES_3 1331
#define SGD_LAW_TERMS    100
#define SGD_LAW_SAMPLED  400

/* For places in the range and waves |q_a| <= most[a], so that |error of phi| is below `tolerance` weighted by support.h.
   *table is NULL where the law is none of these, or where the table would be larger than what it saves: `direct` is how
   many seconds the law would take without one, by the rates of SgdSampleLawCost, for as many places. Collective. */
PETSC_INTERN PetscErrorCode SgdLawTableCreate(SgdNoiseLaw law, SgdGrid grid, const SgdSupport *support,
                                              const double most[], double tolerance, double direct, SgdLawTable *table);
/* Is a table of so many waves, for a law of so many samples, quicker than `direct`? */
PETSC_INTERN PetscBool SgdLawTablePays(int dim, int waves, int samples, double direct);
PETSC_INTERN PetscErrorCode SgdLawTableDestroy(SgdLawTable *table);
/* How many places it was computed at, for people. */
PETSC_INTERN int SgdLawTablePlaces(SgdLawTable table);
/* psi at all of its places for `count` waves q: nodes [places][2 count], real parts then imaginary ones, for the next
   three. */
PETSC_INTERN PetscErrorCode SgdLawTableWaves(SgdLawTable table, int count, const double (*q)[3], double *nodes);
/* phi of these waves at so many places x: [places][2][count]. */
PETSC_INTERN PetscErrorCode SgdLawTableAt(SgdLawTable table, int places, const double (*x)[3], int count,
                                          const double *nodes, double *phi);
/* phi [2 count][length] at the places of a row of `length` cells along axis 0, whose Chebyshev rows are `along`
   [length][nodes of axis 0] (SgdLawTableAlong), beside x on the other axes. */
PETSC_INTERN PetscErrorCode SgdLawTableRow(SgdLawTable table, const double x[], int count, const double *nodes,
                                           int length, const double *along, double *phi);
PETSC_INTERN int SgdLawTableAlong(SgdLawTable table);
PETSC_INTERN void SgdLawTableAlongAt(SgdLawTable table, double x, double *row);
/* Settle on so many places x, of which the first counts until it is turned to another; then phi [lines][n] there on
   neighbouring lines of waves, q0 + l across e_0 + m dq, m = 0 .. n-1, dq along the last axis. Many places at once read
   the table once, many lines at once are products of matrices. */
PETSC_INTERN PetscErrorCode SgdLawTableSettle(SgdLawTable table, int places, const double (*x)[3]);
PETSC_INTERN void SgdLawTableTurn(SgdLawTable table, int place);
PETSC_INTERN PetscErrorCode SgdLawTableLines(SgdLawTable table, const double q0[], int lines, double across,
                                             const double dq[], PetscInt n, double _Complex phi[]);
