/* The law of a step's draw from a data set in two groups (group_weights.h), along the axis of a slice: mean and covariance of
   (G_1, G_2, F_1 - F_2) over B samples of each group, drawn with replacement, and the batches themselves where there are at most
   SGD_RULE_MOST different ones, each a multiset of either group with its multinomial probability. */
#pragma once
#include "meshes/frame.h"
#include "meshes/update_rule.h"

typedef struct _p_SgdGroupLaw *SgdGroupLaw;

/* The groups are the rule's (1 or 2, one a sample), or the data's two classes. Exit 2, at the key optimizer.groups, for anything else. */
PETSC_EXTERN PetscErrorCode SgdGroupsCheck(SgdCase c, const SgdUpdateRule *r, SgdLandscape l);
/* Only after that check. */
PETSC_EXTERN PetscErrorCode SgdGroupLawCreate(SgdLandscape l, SgdFrame f, const SgdUpdateRule *r, PetscInt batch,
                                              SgdGroupLaw *law);
PETSC_EXTERN PetscErrorCode SgdGroupLawDestroy(SgdGroupLaw *law);
/* How many batches are listed; 0: they are too many. */
PETSC_EXTERN int SgdGroupLawBatches(SgdGroupLaw law);
/* At a place of the axis; valid until the next call. Not collective. */
PETSC_EXTERN PetscErrorCode SgdGroupLawAt(SgdGroupLaw law, double a, const SgdRuleGroups **at);
/* At `count` places low, low + h, .., the work dealt out over the ranks; kept on every rank. Collective. */
PETSC_INTERN PetscErrorCode SgdGroupLawTabulate(SgdGroupLaw law, MPI_Comm comm, PetscInt count, double low, double h);
/* The i-th of them. */
PETSC_INTERN const SgdRuleGroups *SgdGroupLawCell(SgdGroupLaw law, PetscInt i);
