/* How likely a model finds the paths of the reference: for paths x_0 .. x_T of the map A from the density p_0, and densities K/h of one step,

     S = sum_n ln(K(x_{n+1} | x_n)/h),    E S and Var S by the backward recursions                                             (100)
     u_n(j) = sum_i A_ij (f_ij + u_{n+1}(i)),   v_n(j) = sum_i A_ij (f_ij^2 + 2 f_ij u_{n+1}(i) + v_{n+1}(i)),   f = ln(K/h),

   without sampling. E S of the reference itself less a model's is the relative entropy of the two laws of paths. Steps that the model gives no
   probability are left out and counted. (THEORY.md (100)) */
#pragma once
#include "solver/long_time/step_matrix.h"

typedef struct {
  double mean, deviation;      /* of S over paths */
  double gain, gain_deviation; /* of S less the reference's on the same path */
  double impossible;           /* expected number of a path's steps that the model gives no probability */
} SgdPathLikelihood;

/* A, K: reference and model. p0 [cells]; visits [cells] becomes the mean density of the steps' starts, sum 1. Not collective. */
PETSC_INTERN PetscErrorCode SgdPathVisits(const SgdStepMatrix *A, const double p0[], PetscInt steps, double visits[]);
PETSC_INTERN PetscErrorCode SgdPathLikelihoodCompute(const SgdStepMatrix *A, const SgdStepMatrix *K, double h,
                                                     const double p0[], PetscInt steps, SgdPathLikelihood *s);
