/* Section `noise`: what if the noise were weaker, or had only some directions? Each step then is

     w' = w - eta [ g + (alpha P + beta (1 - P)) (G - g) ],    P on the modes `onto`, or on all but the modes `off`   (THEORY.md (97))

   with the same batches, so the mean gradient is SGD's; beta, `others`, is 0 where it is not given. The modes are Hessian eigenvectors of the reference
   point: until they are known (training, spectrum) the noise is as it is. */
#include "cases/landscapes/shaped_noise.h"
#include "cases/file/case_types.h"
#include "cases/base/blas.h"

typedef struct {
  double scale, others;
  int *onto, *off;
  unsigned onto_count, off_count;
} Options;

static const cyaml_schema_field_t fields[] = {
    SGD_NUMBER("scale", Options, scale), SGD_NUMBER("others", Options, others), SGD_INTEGERS("onto", Options, onto),
    SGD_INTEGERS("off", Options, off), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);

static PetscErrorCode CheckModes(SgdCase c, const char *key, unsigned count, const int *mode, PetscInt P) {
  PetscFunctionBegin;
  for (unsigned i = 0; i < count; i++) {
    SgdCaseCheck(c, mode[i] >= 1 && mode[i] <= P, key, "expected modes from 1 to %d, the parameters; found %d", (int)P,
                 mode[i]);
    for (unsigned j = 0; j < i; j++) SgdCaseCheck(c, mode[j] != mode[i], key, "mode %d is there twice", mode[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckOthers(SgdCase c, const Options *o) {
  PetscFunctionBegin;
  SgdCaseCheck(c, o->others >= 0 && o->others < 1e100, "noise.others", "must not be negative, got %g", o->others);
  SgdCaseCheck(c, !o->others || o->onto_count || o->off_count, "noise.others",
               "of the directions that noise.onto leaves out, or noise.off names: give one of them");
  SgdCaseCheck(c, !o->others || o->scale > 0, "noise.others",
               "with scale 0 nothing else has noise: give scale, and the modes without any as noise.off");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The operations that the inner landscape has too, for what it does not have is asked by NULL. */
static SgdLandscapeOps Operations(const SgdLandscapeOps *inner, PetscBool samples) {
  SgdLandscapeOps ops = samples ? SgdShapedSamples : SgdShapedForm;

  ops.name = inner->name;
  ops.labels = inner->labels ? ops.labels : NULL;
  ops.accuracy = inner->accuracy ? ops.accuracy : NULL;
  ops.characteristic = inner->characteristic ? ops.characteristic : NULL;
  ops.draw = inner->draw ? ops.draw : NULL;
  return ops;
}

static PetscErrorCode Wrap(const Options *o, SgdLandscape *landscape) {
  SgdLandscape inner = *landscape, l;
  SgdShapedNoise *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  PetscCall(PetscNew(&k));
  *k = (SgdShapedNoise){.inner = inner,
                        .ops = Operations(inner->ops, (PetscBool)(inner->samples > 0)),
                        .off = (PetscBool)(o->off_count > 0),
                        .wanted = (PetscInt)(o->onto_count + o->off_count),
                        .mode = o->off_count ? o->off : o->onto,
                        .given = o->scale,
                        .others = o->others ? o->others / o->scale : 0,
                        .scale = 1};
  *l = (struct _p_SgdLandscape){.ops = &k->ops,
                                .comm = inner->comm,
                                .dimension = inner->dimension,
                                .samples = inner->samples,
                                .test = inner->test,
                                .population = inner->population,
                                .domain = inner->domain,
                                .shaped = k,
                                .data = k};
  *landscape = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeReadNoise(SgdCase c, SgdLandscape *l) {
  Options *o;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "noise", &schema, "scale: 1\nothers: 0\nonto: []\noff: []\n", "scale", &o));
  SgdCaseCheck(c, o->scale >= 0 && o->scale < 1e100, "noise.scale", "must not be negative, got %g", o->scale);
  SgdCaseCheck(c, !o->onto_count || !o->off_count, "noise.off", "give the modes that are left, or those taken out");
  PetscCall(CheckOthers(c, o));
  PetscCall(CheckModes(c, "noise.onto", o->onto_count, o->onto, (*l)->dimension));
  PetscCall(CheckModes(c, "noise.off", o->off_count, o->off, (*l)->dimension));
  if (o->scale != 1 || o->onto_count || o->off_count) PetscCall(Wrap(o, l));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscInt SgdLandscapeNoiseModes(SgdLandscape l, const int **mode) {
  *mode = l->shaped ? l->shaped->mode : NULL;
  return l->shaped ? l->shaped->wanted : 0;
}

PetscErrorCode SgdLandscapeShapeNoise(SgdLandscape l, const double *V) {
  SgdShapedNoise *k = l->shaped;

  PetscFunctionBegin;
  if (!k) PetscFunctionReturn(PETSC_SUCCESS);
  if (k->wanted) {
    PetscCall(PetscMalloc1((size_t)k->wanted * (size_t)l->dimension, &k->V));
    PetscCall(PetscArraycpy(k->V, V, (size_t)k->wanted * (size_t)l->dimension));
  }
  k->modes = k->wanted;
  k->scale = k->given;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdShapedProject(const SgdShapedNoise *k, PetscInt P, PetscInt d, const double *v, double *to) {
  for (PetscInt a = 0; a < d; a++) {
    const double *from = v + a * P;
    double *x = to + a * P;
    for (PetscInt i = 0; i < P; i++) x[i] = k->modes && !k->off ? k->others * from[i] : from[i];
    for (PetscInt m = 0; m < k->modes; m++) {
      const double part = cblas_ddot((int)P, k->V + m * P, 1, from, 1);
      cblas_daxpy((int)P, (k->off ? -part : part) * (1 - k->others), k->V + m * P, 1, x, 1);
    }
  }
}

double SgdShapedShare(const SgdShapedNoise *k, PetscInt P, const double *v, const double *along) {
  return k->modes && k->others > 0 ? cblas_ddot((int)P, v, 1, along, 1) / cblas_ddot((int)P, v, 1, v, 1) : 1;
}

void SgdShapedPull(const SgdShapedNoise *k, PetscInt P, const double *mean, double *g) {
  double *noise = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(P, &noise));
  cblas_daxpy((int)P, -1, mean, 1, g, 1);
  SgdShapedProject(k, P, 1, g, noise);
  for (PetscInt i = 0; i < P; i++) g[i] = mean[i] + k->scale * noise[i];
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(noise));
}

PetscErrorCode SgdShapedStart(SgdLandscape l, PetscInt seed, double *w) {
  return SgdLandscapeStart(l->shaped->inner, seed, w);
}

PetscErrorCode SgdShapedView(SgdLandscape l) {
  const SgdShapedNoise *k = l->shaped;

  PetscFunctionBegin;
  PetscCall(SgdLandscapeView(k->inner));
  PetscCall(SgdSay(l->comm, "  noise: %g times a batch's own", k->given));
  if (k->wanted) PetscCall(SgdSay(l->comm, ", %s %d Hessian modes", k->off ? "off" : "on", (int)k->wanted));
  if (k->others > 0)
    PetscCall(SgdSay(l->comm, ", %g times %s", k->given * k->others, k->off ? "on them" : "elsewhere"));
  PetscCall(SgdSay(l->comm, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdShapedDestroy(SgdLandscape l) {
  PetscFunctionBegin;
  PetscCall(SgdLandscapeDestroy(&l->shaped->inner));
  PetscCall(PetscFree(l->shaped->V));
  PetscCall(PetscFree(l->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double SgdShapedAccuracy(SgdLandscape l, const double *w) {
  return l->shaped->inner->ops->accuracy(l->shaped->inner, w);
}

double SgdShapedTest(SgdLandscape l, const double *w, double *accuracy) {
  return l->shaped->inner->ops->test(l->shaped->inner, w, accuracy);
}
