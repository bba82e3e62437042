/* One program for every processor: the files of inner loops (listed by sgdfp_per_set() in a room's CMakeLists.txt) are
   compiled once for each of the instruction sets below, and the widest that the processor has is taken at start. A
   function that other files call is announced before its definition, and defined under the set's own name:

     SGD_PER_SET(void, SgdScale, (int n, double *x), (n, x))
     void SGD_HERE(SgdScale)(int n, double *x) { ... }

   SgdScale() then is the choice between its copies. Variants agree to rounding, not bit for bit. Plain C. */
#pragma once

typedef enum { SGD_BASELINE, SGD_AVX2, SGD_AVX512, SGD_INSTRUCTION_SETS } SgdInstructionSet;

/* Names as the environment variable SGDFP_INSTRUCTIONS takes them. */
extern const char *const SgdInstructionSetNames[SGD_INSTRUCTION_SETS + 1];
/* The widest set that the processor has and the program was compiled for. */
SgdInstructionSet SgdInstructionSetWidest(void);
/* The set in use: the widest, or that of SGDFP_INSTRUCTIONS if it is narrower. */
SgdInstructionSet SgdInstructionSetUsed(void);
/* Use another from here on, at most the widest: for tests and benches that compare them. */
void SgdInstructionSetForce(SgdInstructionSet set);
/* For people: the set in use, or what a program compiled for one processor alone was compiled for. */
const char *SgdInstructionSetWords(void);
/* The processor's name as the system gives it, or "unknown". */
const char *SgdProcessor(void);

#define SGD_PASTE_(name, set) name##set
#define SGD_PASTE(name, set)  SGD_PASTE_(name, set)

#if defined(SGD_SET) /* Avx2, Avx512: this copy of the file is one of the wider ones */
#define SGD_HERE(name)                                 SGD_PASTE(name, SGD_SET)
#define SGD_PER_SET(type, name, parameters, arguments) type SGD_HERE(name) parameters;
#elif defined(SGD_SETS) /* the copy for any processor, with the choice */
#define SGD_HERE(name) SGD_PASTE(name, Baseline)
#define SGD_PER_SET(type, name, parameters, arguments)                                                                 \
  type SGD_PASTE(name, Baseline) parameters;                                                                           \
  type SGD_PASTE(name, Avx2) parameters;                                                                               \
  type SGD_PASTE(name, Avx512) parameters;                                                                             \
  type name parameters {                                                                                               \
    const SgdInstructionSet set = SgdInstructionSetUsed();                                                             \
    return set == SGD_AVX512 ? SGD_PASTE(name, Avx512) arguments                                                       \
           : set == SGD_AVX2 ? SGD_PASTE(name, Avx2) arguments                                                         \
                             : SGD_PASTE(name, Baseline) arguments;                                                    \
  }
#else /* compiled for one processor alone */
#define SGD_HERE(name) name
#define SGD_PER_SET(type, name, parameters, arguments)
#endif
