/* How a run speaks: plain lines, with a bar on a terminal where work is long; nothing but warnings and errors; or every
   line as a JSON object on stdout, for programs that read logs. A journal (journal.h) has one; where there is no journal,
   the program's own voice speaks, which main() may set. Only rank 0 calls these. */
#pragma once
#include "cases/base/base.h"

typedef enum { SGD_VOICE_PLAIN, SGD_VOICE_QUIET, SGD_VOICE_JSON, SGD_VOICE_SILENT } SgdVoice;

/* Of the whole program, from here on; journals that are opened later have it too. */
PETSC_EXTERN void SgdVoiceSet(SgdVoice voice);
PETSC_INTERN SgdVoice SgdVoiceGet(void);
/* Is stdout a terminal that bars are drawn on? */
PETSC_INTERN PetscBool SgdVoiceTerminal(void);

/* Text of whole lines or parts of them. */
PETSC_INTERN void SgdVoiceLine(SgdVoice voice, const char *text);
/* kind: "" (an error) or "warning: "; on stderr, and in JSON on stdout besides. */
PETSC_INTERN void SgdVoiceComplain(SgdVoice voice, const char *kind, const char *text);
/* share: of the work that is done, negative: unknown; left: seconds, negative: unknown. */
PETSC_INTERN void SgdVoiceProgress(SgdVoice voice, const char *text, double share, double left);
