/* What the tests of whole problems share: a case from text, as far as its models. */
#pragma once
#include "landscape_fixture.h"
#include "solver/problem/problem.h"

static inline void BuildProblem(const char *text, SgdProblem *p) {
  *p = (SgdProblem){0};
  assert_int_equal(SgdProblemRead(OpenText(PETSC_COMM_WORLD, text), p), 0);
  assert_int_equal(SgdProblemSpectrum(p, PETSC_FALSE), 0);
  assert_int_equal(SgdProblemSlice(p), 0);
  assert_int_equal(SgdProblemModels(p), 0);
}

static inline void DestroyProblem(SgdProblem *p) {
  SgdCase c = p->kase;

  SgdProblemDestroy(p);
  SgdCaseClose(&c);
}
