/* What every key of a case means: one line each, for `sgdfp help`. The keys themselves, their types and defaults are the
   schemas' (help.h); tests/integration/help.py holds both against each other. */
#pragma once

typedef struct {
  const char *key;   /* "sgd.learning_rate"; a * stands for any family or model ("models.*.name") */
  const char *range; /* values and unit */
  const char *text;
} SgdHelpEntry;

typedef struct {
  const char *section; /* "sgd", "landscape.quadratic", "models.master" */
  const char *text;    /* what it is for */
  const char *example; /* YAML that can be copied */
} SgdHelpSection;

extern const SgdHelpEntry SgdHelpKeys[];       /* ended by key NULL */
extern const SgdHelpSection SgdHelpSections[]; /* ended by section NULL */
