/* Decimal numbers as people write them in a case. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef enum { SGD_NUMBER, SGD_NOT_A_NUMBER, SGD_NOT_FINITE } SgdNumberKind;

/* What text is as a number of the given size in bytes (4: float): `[+-]digits[.digits][e[+-]digits]`, with digits on at
   least one side of the point. inf, nan and what overflows are not finite. */
SgdNumberKind SgdNumberScan(const char *text, unsigned size, double *value);
/* Is text a decimal whole number, without leading zeros? */
bool SgdWholeNumber(const char *text);
/* Does the whole number fit a signed or unsigned integer of `size` bytes? Writes the smallest and largest that do. */
bool SgdWholeNumberFits(const char *text, bool is_signed, unsigned size, int64_t *least, uint64_t *most);
