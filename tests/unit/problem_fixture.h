/* What the tests of whole problems share: a case from text through the stages that a command takes it through, as far
   as its models. */
#pragma once
#include "landscape_fixture.h"
#include "solver/commands/sections.h"
#include "solver/problem/axes.h"
#include "solver/problem/initial_density.h"
#include "solver/problem/models.h"

typedef struct {
  SgdSections sections;
  SgdReference reference;
  SgdSliceStage slice;
  SgdModels models;
} Problem;

/* Up to the slice and its fields. */
static inline void BuildSlice(SgdCase c, Problem *p) {
  SgdSections *s = &p->sections;

  *p = (Problem){0};
  assert_int_equal(SgdSectionsRead(c, s), 0);
  const SgdModelsContext context = {
      .kase = c, .landscape = s->landscape, .sgd = s->settings.sgd, .slice = &p->slice, .nodes = s->slice->nodes};
  assert_int_equal(SgdReferenceFind(s->landscape, s->training, NULL, &p->reference), 0);
  if (SgdAxesNeedSpectrum(s->slice))
    assert_int_equal(SgdReferenceSpectrum(&p->reference, c, s->spectrum, s->settings.sgd), 0);
  assert_int_equal(SgdSliceStageCreate(c, s->slice, &s->settings, &p->reference, NULL, &p->slice), 0);
  assert_int_equal(SgdModelsCreate(&context, &s->models, p->slice.grid, &p->models), 0);
}

static inline void BuildProblem(const char *text, Problem *p) {
  BuildSlice(OpenText(PETSC_COMM_WORLD, text), p);
  assert_int_equal(SgdModelsSetUp(&p->models), 0);
}

static inline void DestroyProblem(Problem *p) {
  SgdCase c = p->sections.kase;

  SgdModelsDestroy(&p->models);
  SgdSliceStageDestroy(&p->slice);
  SgdReferenceDestroy(&p->reference);
  SgdSectionsFree(&p->sections);
  SgdCaseClose(&c);
}
