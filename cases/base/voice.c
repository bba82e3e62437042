#include "cases/base/voice.h"
#include <petsctime.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR  20   /* characters of the bar */
#define LINE 8192 /* of a line that comes in parts */

static SgdVoice own = SGD_VOICE_PLAIN;
static PetscBool bar = PETSC_FALSE; /* one stands on the terminal's last line */
static char part[LINE];             /* of a JSON line that has not ended */

void SgdVoiceSet(SgdVoice voice) {
  own = voice;
}

SgdVoice SgdVoiceGet(void) {
  return own;
}

/* Open MPI gives rank 0 a terminal of its own and passes on what it writes, to a log as well: the one to ask is mpiexec. */
static PetscBool LaunchersTerminal(void) {
  char path[64], to[16] = "";

  snprintf(path, sizeof path, "/proc/%ld/fd/1", (long)getppid());
  if (!getenv("OMPI_COMM_WORLD_SIZE")) return PETSC_TRUE;
  return (PetscBool)(readlink(path, to, sizeof to - 1) > 0 &&
                     (!strncmp(to, "/dev/pts/", 9) || !strncmp(to, "/dev/tty", 8) || !strncmp(to, "/dev/console", 12)));
}

PetscBool SgdVoiceTerminal(void) {
  return (PetscBool)(own == SGD_VOICE_PLAIN && isatty(STDOUT_FILENO) && LaunchersTerminal());
}

static void WipeBar(void) {
  if (bar) fputs("\r\033[K", stdout);
  bar = PETSC_FALSE;
}

/* Seconds since the program began to speak. */
static double Clock(void) {
  static PetscLogDouble began = 0;
  PetscLogDouble now;

  PetscTime(&now);
  if (began == 0) began = now;
  return now - began;
}

static void PrintEscaped(const char *text) {
  for (const char *c = text; *c; c++)
    if (*c == '"' || *c == '\\')
      printf("\\%c", *c);
    else if ((unsigned char)*c < 0x20)
      printf("\\u%04x", (unsigned)*c);
    else
      putchar(*c);
}

static void BeginObject(const char *event, const char *text) {
  printf("{\"seconds\": %.3f, \"event\": \"%s\", \"text\": \"", Clock(), event);
  PrintEscaped(text);
  putchar('"');
}

static void EndObject(void) {
  puts("}");
  fflush(stdout);
}

/* An object a line; the rest waits for its end. */
static void JsonLines(const char *text) {
  char *end, *start = part;

  snprintf(part + strlen(part), sizeof part - strlen(part), "%s", text);
  while ((end = strchr(start, '\n'))) {
    *end = '\0';
    if (start[strspn(start, " ")]) {
      BeginObject("line", start);
      EndObject();
    }
    start = end + 1;
  }
  memmove(part, start, strlen(start) + 1);
}

void SgdVoiceLine(SgdVoice voice, const char *text) {
  if (voice == SGD_VOICE_JSON) JsonLines(text);
  if (voice != SGD_VOICE_PLAIN) return;
  WipeBar();
  fputs(text, stdout);
  fflush(stdout);
}

void SgdVoiceComplain(SgdVoice voice, const char *kind, const char *text) {
  if (voice == SGD_VOICE_SILENT) return;
  if (voice == SGD_VOICE_JSON) {
    BeginObject(*kind ? "warning" : "error", text);
    EndObject();
  }
  WipeBar();
  fflush(stdout);
  fprintf(stderr, "sgdfp: %s%s\n", kind, text);
}

static void DrawBar(const char *text, double share, const char *left) {
  const int full = (int)floor(BAR * PetscMax(0, PetscMin(1, share)));

  WipeBar();
  if (share >= 0)
    printf("  [%.*s%.*s] %3.0f %% %.60s%s", full, "####################", BAR - full, "....................",
           100 * share, text, left);
  else
    printf("  %.90s%s", text, left);
  fflush(stdout);
  bar = PETSC_TRUE;
}

void SgdVoiceProgress(SgdVoice voice, const char *text, double share, double left) {
  char rest[64] = "";

  if (left >= 0) snprintf(rest, sizeof rest, ", about %.0f s left", left);
  if (voice == SGD_VOICE_JSON) {
    BeginObject("progress", text);
    if (share >= 0) printf(", \"share\": %.4f", share);
    if (left >= 0) printf(", \"seconds_left\": %.1f", left);
    EndObject();
  }
  if (voice != SGD_VOICE_PLAIN) return;
  if (SgdVoiceTerminal())
    DrawBar(text, share, rest);
  else
    printf("  %s%s\n", text, rest);
  fflush(stdout);
}
