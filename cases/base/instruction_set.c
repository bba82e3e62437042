#include "cases/base/instruction_set.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const SgdInstructionSetNames[SGD_INSTRUCTION_SETS + 1] = {"baseline", "avx2", "avx512", NULL};

static int used = -1; /* not chosen yet */

#ifdef SGD_SETS
SgdInstructionSet SgdInstructionSetWidest(void) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2"))
    return SGD_BASELINE;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512cd")
             ? SGD_AVX512
             : SGD_AVX2;
}
#else
SgdInstructionSet SgdInstructionSetWidest(void) {
  return SGD_BASELINE;
}
#endif

void SgdInstructionSetForce(SgdInstructionSet set) {
  const SgdInstructionSet widest = SgdInstructionSetWidest();

  used = (int)(set < widest ? set : widest);
}

SgdInstructionSet SgdInstructionSetUsed(void) {
  const char *wanted;

  if (used >= 0) return (SgdInstructionSet)used;
  wanted = getenv("SGDFP_INSTRUCTIONS");
  SgdInstructionSetForce(SGD_INSTRUCTION_SETS);
  for (int s = 0; wanted && SgdInstructionSetNames[s]; s++)
    if (!strcmp(wanted, SgdInstructionSetNames[s])) SgdInstructionSetForce((SgdInstructionSet)s);
  return (SgdInstructionSet)used;
}

const char *SgdInstructionSetWords(void) {
#ifdef SGD_SETS
  return SgdInstructionSetNames[SgdInstructionSetUsed()];
#elif defined(__AVX512F__)
  return "avx512, of this kind of processor alone";
#elif defined(__AVX2__)
  return "avx2, of this kind of processor alone";
#else
  return "baseline";
#endif
}

const char *SgdProcessor(void) {
  static char name[128];
  char line[256];
  FILE *file = name[0] ? NULL : fopen("/proc/cpuinfo", "r");

  if (!name[0]) strcpy(name, "unknown");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "model name : %127[^\n]", name) == 1) break;
  if (file) fclose(file);
  return name;
}
