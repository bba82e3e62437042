#include "solver/commands/sweep_shared.h"
#include "solver/output/text_files.h"
#include "solver/problem/reference.h"
#include <string.h>

static PetscErrorCode Set(SgdSweepShared *s, const char *format, const char *path) {
  char text[PETSC_MAX_PATH_LEN + 64];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(text, sizeof text, format, path));
  PetscCall(PetscStrallocpy(text, &s->owned[s->own]));
  s->set[s->sets++] = s->owned[s->own++];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Absolute, since a case looks for its files from its own folder first. */
static PetscErrorCode FullPath(const char *folder, const char *name, char *path) {
  char full[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(PetscGetFullPath(folder, full, sizeof full));
  SgdJoinPath(full, name, path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Train, unless an earlier sweep of the same case did; the runs read the point. */
static PetscErrorCode Train(const SgdWork *sweep, SgdSweepShared *s) {
  const SgdSections *all = sweep->sections;
  const MPI_Comm comm = SgdCaseComm(all->kase);
  SgdTrainingOptions options = *all->training;
  char path[PETSC_MAX_PATH_LEN];
  SgdReference r;
  PetscBool there;

  PetscFunctionBegin;
  PetscCall(FullPath(sweep->folder, "reference_point.h5", path));
  PetscCall(SgdFileExists(comm, path, &there));
  if (!there || sweep->invocation->overwrite) {
    options.save = path;
    options.dataset = (char *)"w";
    PetscCall(SgdSay(comm, "Sweep: one training for all runs\n"));
    PetscCall(SgdReferenceFind(all->landscape, &options, NULL, &r));
    PetscCall(SgdReferenceView(&r));
    PetscCall(SgdReferenceDestroy(&r));
  }
  PetscCall(Set(s, "reference_point={file: \"%s\"}", path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The eigenpairs of the case as the runs will have it, into the file that its spectrum.file names. */
static PetscErrorCode Solve(const SgdWork *sweep, const SgdSweepShared *s) {
  SgdSections sections;
  SgdReference r;
  SgdCase c;

  PetscFunctionBegin;
  PetscCall(SgdCaseOpen(SgdCaseComm(sweep->sections->kase), sweep->invocation->path, s->sets, s->set, &c));
  PetscCall(SgdSectionsRead(c, &sections));
  PetscCall(SgdReferenceFind(sections.landscape, sections.training, NULL, &r));
  PetscCall(SgdReferenceSpectrum(&r, c, sections.spectrum, sections.settings.sgd));
  PetscCall(SgdSpectrumView(r.spectrum, SgdCaseComm(c)));
  PetscCall(SgdReferenceDestroy(&r));
  PetscCall(SgdSectionsFree(&sections));
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSweepShare(const SgdWork *sweep, const SgdSweepPlan *plan, SgdSweepShared *s) {
  const SgdSections *all = sweep->sections;
  const SgdInvocation *v = sweep->invocation;
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  *s = (SgdSweepShared){.sets = v->sets};
  PetscCall(PetscMalloc1(v->sets + 8, (char ***)&s->set));
  for (int i = 0; i < v->sets; i++) s->set[i] = v->set[i];
  if (!SgdLandscapeSamples(all->landscape) || !SgdSweepSpares(plan, "landscape") ||
      !SgdSweepSpares(plan, "reference_point") || !SgdSweepSpares(plan, "sgd.weight_decay"))
    PetscFunctionReturn(PETSC_SUCCESS);
  if (all->training->steps || all->training->minimize) PetscCall(Train(sweep, s));
  if (*all->spectrum->file || !SgdSweepSpares(plan, "spectrum")) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(FullPath(sweep->folder, "eigenpairs.h5", path));
  PetscCall(Set(s, "spectrum.file=\"%s\"", path));
  PetscCall(SgdSay(SgdCaseComm(all->kase), "Sweep: one spectrum for all runs\n"));
  PetscCall(Solve(sweep, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSweepShareFree(SgdSweepShared *s) {
  PetscFunctionBegin;
  for (int i = 0; i < s->own; i++) PetscCall(PetscFree(s->owned[i]));
  PetscCall(PetscFree(s->set));
  PetscFunctionReturn(PETSC_SUCCESS);
}
