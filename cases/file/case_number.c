#include "cases/file/case_number.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *SkipSign(const char *text) {
  return text + (*text == '+' || *text == '-');
}

static bool IsDecimal(const char *text) {
  const char *at = SkipSign(text);
  size_t whole = strspn(at, "0123456789"), part = 0;

  at += whole;
  if (*at == '.') part = strspn(++at, "0123456789");
  at += part;
  if (!whole && !part) return false;
  if (*at == 'e' || *at == 'E') {
    at = SkipSign(at + 1);
    if (!strspn(at, "0123456789")) return false;
    at += strspn(at, "0123456789");
  }
  return !*at;
}

SgdNumberKind SgdNumberScan(const char *text, unsigned size, double *value) {
  const char *name = SkipSign(text);

  name += *name == '.';
  if (!strcasecmp(name, "inf") || !strcasecmp(name, "infinity") || !strcasecmp(name, "nan")) return SGD_NOT_FINITE;
  if (!IsDecimal(text)) return SGD_NOT_A_NUMBER;
  *value = size == sizeof(float) ? strtof(text, NULL) : strtod(text, NULL);
  return isfinite(*value) ? SGD_NUMBER : SGD_NOT_FINITE;
}

bool SgdWholeNumber(const char *text) {
  const char *digits = SkipSign(text);
  size_t n = strspn(digits, "0123456789");

  return n && !digits[n] && (n == 1 || *digits != '0');
}

bool SgdWholeNumberFits(const char *text, bool is_signed, unsigned size, int64_t *least, uint64_t *most) {
  unsigned bits = 8 * size - is_signed;
  bool negative = *text == '-';
  unsigned long long magnitude;

  *most = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
  *least = is_signed ? -(int64_t)*most - 1 : 0;
  errno = 0;
  magnitude = strtoull(SkipSign(text), NULL, 10);
  if (errno == ERANGE) return false;
  if (negative) return magnitude == 0 || (is_signed && magnitude <= *most + 1);
  return magnitude <= *most;
}
