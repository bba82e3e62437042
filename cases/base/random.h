/* Counter-based random numbers (Random123's Philox 4x32-10): a number is a pure function of (seed, stream, index), so
   results do not depend on the order of the calls nor on the number of ranks. */
#pragma once
#include <math.h>
#include <stdint.h>
#include <Random123/philox.h>

static inline philox4x32_ctr_t SgdRandomBits(uint64_t seed, uint64_t stream, uint64_t index) {
  philox4x32_ctr_t counter = {{(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
  philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
  return philox4x32(counter, key);
}

/* Two independent uniforms on (0, 1), 53 bits each. */
static inline void SgdRandomUniform2(uint64_t seed, uint64_t stream, uint64_t index, double u[2]) {
  philox4x32_ctr_t r = SgdRandomBits(seed, stream, index);
  for (int i = 0; i < 2; i++) {
    uint64_t bits = ((uint64_t)r.v[2 * i] << 32 | r.v[2 * i + 1]) >> 11;
    u[i] = ((double)bits + 0.5) * 0x1p-53;
  }
}

static inline double SgdRandomUniform(uint64_t seed, uint64_t stream, uint64_t index) {
  double u[2];
  SgdRandomUniform2(seed, stream, index, u);
  return u[0];
}

/* A standard normal (Box-Muller). */
static inline double SgdRandomNormal(uint64_t seed, uint64_t stream, uint64_t index) {
  double u[2];
  SgdRandomUniform2(seed, stream, index, u);
  return sqrt(-2.0 * log(u[0])) * cos(2.0 * 3.14159265358979323846 * u[1]);
}
