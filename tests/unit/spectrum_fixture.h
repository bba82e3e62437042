/* What the tests of spectra share: a landscape at its start and the options of its spectrum, from text. */
#pragma once
#include "model_fixture.h"
#include "solver/hessian/spectrum.h"

typedef struct {
  SgdCase c;
  SgdLandscape l;
  SgdSpectrumOptions *o;
  SgdSpectrum s; /* NULL until the test computes it */
  double *w;
} Fixture;

static inline Fixture FixtureOpen(MPI_Comm comm, const char *text) {
  Fixture f = {.c = OpenText(comm, text)};

  assert_int_equal(SgdLandscapeCreate(f.c, &f.l), 0);
  f.w = calloc((size_t)SgdLandscapeDimension(f.l), sizeof *f.w);
  assert_int_equal(SgdLandscapeStart(f.l, 1, f.w), 0);
  assert_int_equal(SgdSpectrumRead(f.c, &f.o), 0);
  return f;
}

static inline void Close(Fixture *f) {
  free(f->w);
  assert_int_equal(SgdSpectrumDestroy(&f->s), 0);
  assert_int_equal(SgdLandscapeDestroy(&f->l), 0);
  assert_int_equal(SgdCaseClose(&f->c), 0);
}
