#include "cases/base/package.h"

PetscLogEvent SGD_Training, SGD_Spectrum, SGD_Density, SGD_ModeNoise, SGD_Prediction, SGD_Fields, SGD_ModelSetUp,
    SGD_Step, SGD_Leap, SGD_Moments, SGD_Distances, SGD_Verdict, SGD_Output, SGD_Checkpoint, SGD_Eigenpairs,
    SGD_Trajectories, SGD_Modes;

static const struct {
  const char *name;
  PetscLogEvent *event;
} events[] = {{"SgdTraining", &SGD_Training},
              {"SgdSpectrum", &SGD_Spectrum},
              {"SgdSpectralDens", &SGD_Density},
              {"SgdModeNoise", &SGD_ModeNoise},
              {"SgdPrediction", &SGD_Prediction},
              {"SgdFields", &SGD_Fields},
              {"SgdModelSetUp", &SGD_ModelSetUp},
              {"SgdStep", &SGD_Step},
              {"SgdLeap", &SGD_Leap},
              {"SgdMoments", &SGD_Moments},
              {"SgdDistances", &SGD_Distances},
              {"SgdVerdict", &SGD_Verdict},
              {"SgdOutput", &SGD_Output},
              {"SgdCheckpoint", &SGD_Checkpoint},
              {"SgdEigenpairs", &SGD_Eigenpairs},
              {"SgdTrajectories", &SGD_Trajectories},
              {"SgdModes", &SGD_Modes}};

PetscErrorCode SgdInitializePackage(void) {
  static PetscClassId sgdfp;

  PetscFunctionBegin;
  if (sgdfp) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscClassIdRegister("sgdfp", &sgdfp));
  for (size_t k = 0; k < sizeof events / sizeof *events; k++)
    PetscCall(PetscLogEventRegister(events[k].name, sgdfp, events[k].event));
  PetscFunctionReturn(PETSC_SUCCESS);
}
