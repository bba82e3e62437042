#include "solver/commands/invocation.h"
#include "solver/output/figures.h"
#include "solver/commands/help.h"
#include "cases/base/environment.h"
#include "cases/base/voice.h"
#include "cases/file/nearest.h"
#include "solver/output/output.h"
#include "solver/restart/interrupt.h"
#include <ctype.h>
#include <unistd.h>

static PetscErrorCode PrintHelp(void) {
  PetscFunctionBegin;
  PetscCall(SgdSay(PETSC_COMM_WORLD,
                   "sgdfp evolves the density of network parameters under stochastic gradient descent.\n\n"
                   "  sgdfp COMMAND CASE.yaml [--set key.path=value ...] [-o DIR] [PETSc options]\n"
                   "  mpiexec -n P sgdfp run CASE.yaml ...\n\nCommands:\n"));
  for (int k = 0; SgdCommands[k].name; k++)
    PetscCall(SgdSay(PETSC_COMM_WORLD, "  %-11s %s\n", SgdCommands[k].name, SgdCommands[k].help));
  PetscCall(SgdSay(
      PETSC_COMM_WORLD,
      "  help        the reference of the case: sgdfp help, sgdfp help SECTION, sgdfp help KEY\n"
      "\nOptions:\n"
      "  --set key.path=value  override a value of the case (a list item by its index: models.0.scheme=explicit)\n"
      "  --vary key.path=VALUES  sweep: a list a,b,c or min:max:n or min:max:n:log; once for every key that is varied\n"
      "  -o DIR                folder for the results (default out/<case>,<what --set changes>)\n"
      "  --restart DIR         go on with the work that was stopped there; CASE.yaml may then be left out\n"
      "  --overwrite           results and checkpoints that are in the folder may go\n"
      "  --time-limit TIME     seconds or [days-]hours:minutes:seconds, after which a checkpoint is written (exit code "
      "142)\n"
      "  --figures             at the end draw the results, into DIR/figures\n"
      "  --quiet               nothing is said but warnings and errors\n"
      "  --log-json            one JSON object a line on stdout: seconds, event (line, progress, warning, error), "
      "text\n"
      "  --help, --version\n\n"
      "The same command again goes on from the checkpoint that an interrupted one left; a finished result, or another\n"
      "case's, stays unless --overwrite is given (exit code 4).\n\n"
      "Exit codes: 0 done; 1 not enough memory, or a fault of the program; 2 the case or the command line is wrong; 3 "
      "the numbers cannot be trusted; 4 files; 128 + n\n"
      "stopped by signal n.\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintVersion(void) {
  char text[1024];

  PetscFunctionBegin;
  PetscCall(SgdVersions(text, sizeof text));
  PetscCall(SgdSay(PETSC_COMM_WORLD, "%s\n", text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdInvocationAtOnce(int argc, char **argv, PetscBool *done) {
  PetscFunctionBegin;
  *done = PETSC_FALSE;
  if (argc != 2 || !SgdEnvironmentAlone()) PetscFunctionReturn(PETSC_SUCCESS);
  *done = PETSC_TRUE;
  if (!strcmp(argv[1], "--version"))
    PetscCall(PrintVersion());
  else if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
    PetscCall(PrintHelp());
  else
    *done = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What goes together with a restart. */
static PetscErrorCode CheckRestart(const SgdInvocation *v, const SgdCommandEntry *command) {
  PetscFunctionBegin;
  if (v->restart && !command->restarts)
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "%s cannot be restarted: start it anew", v->command);
  if (v->restart && v->overwrite)
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "--restart goes on, --overwrite starts anew: leave out one");
  if (v->restart && v->folder)
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "--restart goes on in its own folder: leave out -o");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckCommand(const SgdInvocation *v) {
  const char *known[32] = {NULL};
  char hint[256];
  int count = 0;

  PetscFunctionBegin;
  if (!v->command) return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "no command; sgdfp --help lists them");
  for (; SgdCommands[count].name && count < 31; count++) {
    known[count] = SgdCommands[count].name;
    if (strcmp(v->command, known[count])) continue;
    if (!v->path && !v->restart)
      return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "%s: no case file; sgdfp --help", v->command);
    PetscCall(CheckRestart(v, &SgdCommands[count]));
    if (v->figures) PetscCall(SgdDrawCheck(v->command));
    if (v->varies && strcmp(v->command, "sweep"))
      return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "--vary is for the command sweep; one value is set by --set");
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  known[count++] = "help";
  SgdWordHint(v->command, count, known, hint, sizeof hint);
  return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "unknown command \"%s\"%s", v->command, hint);
}

/* An option of ours that takes a value. */
static PetscErrorCode TakeValue(int argc, char **argv, int *i, const char **value) {
  PetscFunctionBegin;
  if (*i + 1 >= argc) return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "%s needs a value", argv[*i]);
  *value = argv[++*i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "3600", "1:30:00" or, as Slurm writes it, "2-12:00:00" [s]; negative: none of them. */
static double Duration(const char *text) {
  double days = 0, seconds = 0;
  const char *at = text;
  int parts = 0;
  char *end;

  for (;; at = end + 1) {
    const double part = strtod(at, &end);
    if (*at < '0' || *at > '9' || (parts && part >= 60)) return -1;
    if (*end == '-' && at == text) {
      days = part;
      continue;
    }
    seconds = 60 * seconds + part;
    if (++parts == 3 || *end != ':') break;
  }
  return *end || (strchr(text, '-') && parts < 3) ? -1 : 86400 * days + seconds;
}

/* An alarm then, which is answered as every signal is. */
static PetscErrorCode TimeLimit(const char *text) {
  const double seconds = Duration(text);

  PetscFunctionBegin;
  if (!(seconds >= 1 && seconds < 1e9))
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE,
                   "--time-limit: expected seconds, hours:minutes:seconds or days-hours:minutes:seconds, found \"%s\"",
                   text);
  alarm((unsigned)seconds);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is this one of our long options, without its dashes, with or without "=value"? */
static PetscBool Ours(const char *name) {
  static const char *const ours[] = {"set",        "vary",    "restart", "overwrite",
                                     "time-limit", "figures", "quiet",   "log-json"};

  for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
    if (!strncmp(name, ours[k], strlen(ours[k])) && strchr("=", name[strlen(ours[k])])) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* "sgd.learning_rate=0.2", which PETSc's options do not look like */
static PetscBool Assigns(const char *word) {
  const char *equals = strchr(word, '='), *dot = strchr(word, '.');

  return (PetscBool)(isalpha((unsigned char)*word) && equals && dot && dot < equals);
}

/* A word too many. */
static PetscErrorCode Unexpected(const SgdInvocation *v, const char *word) {
  const char *last = v->sets ? v->set[v->sets - 1] : "=";

  PetscFunctionBegin;
  if (!strchr(last, '='))
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "unexpected word \"%s\": did you mean --set %s=%s?", word, last,
                   word);
  if (Assigns(word))
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "unexpected word \"%s\": did you mean --set %s?", word, word);
  return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "unexpected word \"%s\"; sgdfp --help", word);
}

/* Words that are neither ours nor PETSc's, whose options have one dash and no dots: most often a --set was forgotten. */
static PetscErrorCode Forgotten(const char *word, const char *next) {
  const char *name = word + strspn(word, "-"), *value = strchr(name, '=') || !next || *next == '-' ? NULL : next;

  PetscFunctionBegin;
  if (strncmp(word, "--", 2) && Ours(name))
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "unknown option %s: did you mean -%s?", word, word);
  if (next && *next != '-' && Assigns(next))
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "unknown option %s: did you mean --set %s?", word, next);
  if (strchr(name, '.') && strspn(word, "-") < strlen(word) && !strchr("0123456789.", *name))
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "unknown option %s: did you mean --set %s%s%s?", word, name,
                   value ? "=" : "", value ? value : "");
  if (!strncmp(word, "--", 2))
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "unknown option %s; sgdfp --help lists ours, PETSc's have one dash",
                   word);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One of sgdfp's own options at *i, with its value; *ours: was it one? */
static PetscErrorCode OwnOption(SgdInvocation *v, int *i, PetscBool *ours) {
  const char *word = v->argv[*i], *limit = "";

  PetscFunctionBegin;
  *ours = PETSC_TRUE;
  if (!strncmp(word, "--set=", 6))
    v->set[v->sets++] = word + 6;
  else if (!strncmp(word, "--vary=", 7))
    v->vary[v->varies++] = word + 7;
  else if (!strcmp(word, "--set"))
    PetscCall(TakeValue(v->argc, v->argv, i, &v->set[v->sets++]));
  else if (!strcmp(word, "--vary"))
    PetscCall(TakeValue(v->argc, v->argv, i, &v->vary[v->varies++]));
  else if (!strcmp(word, "--time-limit")) {
    PetscCall(TakeValue(v->argc, v->argv, i, &limit));
    PetscCall(TimeLimit(limit));
  } else if (!strcmp(word, "--restart"))
    PetscCall(TakeValue(v->argc, v->argv, i, &v->restart));
  else if (!strcmp(word, "--overwrite"))
    v->overwrite = PETSC_TRUE;
  else if (!strcmp(word, "--figures"))
    v->figures = PETSC_TRUE;
  else if (!strcmp(word, "--quiet"))
    v->quiet = PETSC_TRUE;
  else if (!strcmp(word, "--log-json"))
    v->json = PETSC_TRUE;
  else if (!strcmp(word, "-o"))
    PetscCall(TakeValue(v->argc, v->argv, i, &v->folder));
  else
    *ours = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whatever else begins with a dash is PETSc's, with the value that may follow it; before PETSc's options come our
 * words. */
PetscErrorCode SgdInvocationParse(int argc, char **argv, SgdInvocation *v, PetscBool *done) {
  PetscBool ours;

  PetscFunctionBegin;
  *done = PETSC_FALSE;
  v->argc = argc;
  v->argv = argv;
  PetscCall(PetscMalloc2(argc, (char ***)&v->set, argc, (char ***)&v->vary));
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h") || !strcmp(argv[i], "--version")) {
      *done = PETSC_TRUE;
      PetscCall(strcmp(argv[i], "--version") ? PrintHelp() : PrintVersion());
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    PetscCall(OwnOption(v, &i, &ours));
    if (ours) continue;
    if (argv[i][0] == '-') {
      PetscCall(Forgotten(argv[i], argv[i + 1]));
      if (i + 1 < argc && argv[i + 1][0] != '-' && v->command && v->path) i++;
    } else if (!v->command)
      v->command = argv[i];
    else if (!v->path)
      v->path = argv[i];
    else
      return Unexpected(v, argv[i]);
  }
  if (v->command && !strcmp(v->command, "help")) {
    *done = PETSC_TRUE;
    PetscCall(SgdInterruptShows());
    PetscCall(SgdHelp(v->path));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(CheckCommand(v));
  if (v->quiet && v->json)
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "--quiet says nothing, --log-json says it in JSON: leave out one");
  SgdVoiceSet(v->quiet ? SGD_VOICE_QUIET : v->json ? SGD_VOICE_JSON : SGD_VOICE_PLAIN);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdInvocationFree(SgdInvocation *v) {
  return PetscFree2(v->set, v->vary);
}

static PetscBool Holds(const char *text, const char *option) {
  const size_t length = strlen(option);

  for (const char *at = text; at && (at = strstr(at, option)); at += length)
    if (at > text && at[-1] == '-' && (!at[length] || strchr(" \t\r\n=", at[length]))) return PETSC_TRUE;
  return PETSC_FALSE;
}

static PetscBool FileHolds(const char *path, const char *option) {
  FILE *f = fopen(path, "r");
  char line[4096];
  PetscBool found = PETSC_FALSE;

  while (f && !found && fgets(line, sizeof line, f)) found = (PetscBool)(*line != '#' && Holds(line, option));
  if (f) fclose(f);
  return found;
}

/* Where an option came from, as PETSc looks for them (the command line's word is given elsewhere too, and wins). */
static void Origin(const char *option, char *text, size_t size) {
  char home[PETSC_MAX_PATH_LEN];
  const char *const file[] = {home, ".petscrc", "petscrc"};

  snprintf(home, sizeof home, "%s/.petscrc", getenv("HOME") ? getenv("HOME") : "");
  snprintf(text, size, "of the command line or the case");
  for (int i = 0; i < 3; i++)
    if (FileHolds(file[i], option)) snprintf(text, size, "of the file %s", file[i]);
  if (Holds(getenv("PETSC_OPTIONS"), option)) snprintf(text, size, "of the variable PETSC_OPTIONS");
}

/* Those that nobody has asked for, with where they came from; how many. */
static PetscErrorCode Unused(char *list, size_t size, int *unused) {
  PetscInt count;
  char **option, **value, origin[PETSC_MAX_PATH_LEN + 32];

  PetscFunctionBegin;
  *list = 0;
  *unused = 0;
  PetscCall(PetscOptionsLeftGet(NULL, &count, &option, &value));
  for (PetscInt k = 0; k < count; k++) {
    if (!strcmp(option[k], "o") || (*option[k] == '-' && Ours(option[k] + 1)) || !strncmp(option[k], "malloc", 6))
      continue;
    Origin(option[k], origin, sizeof origin);
    PetscCall(
        PetscSNPrintf(list + strlen(list), size - strlen(list), "%s -%s (%s)", *unused ? "," : "", option[k], origin));
    ++*unused;
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &count, &option, &value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdUnaskedOptions(MPI_Comm comm) {
  char list[1024];
  int unused;

  PetscFunctionBegin;
  PetscCall(Unused(list, sizeof list, &unused));
  if (unused)
    PetscCall(SgdSay(comm,
                     "Options that no solver has asked for so far:%s; where none does later, the run ends with exit "
                     "code 2 (its results are written all the same)\n",
                     list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdUnusedOptions(MPI_Comm comm) {
  char list[1024];
  int unused;

  PetscFunctionBegin;
  PetscCall(Unused(list, sizeof list, &unused));
  if (unused)
    return SgdFail(comm, SGD_EXIT_CASE, "options that no solver asked for (misspelt, or another model's prefix?):%s",
                   list);
  PetscFunctionReturn(PETSC_SUCCESS);
}
