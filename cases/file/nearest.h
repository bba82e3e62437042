/* The word somebody probably meant. */
#pragma once
#include <stddef.h>

/* Optimal string alignment distance (insert, delete, replace, swap neighbours), ignoring case. */
int SgdWordDistance(const char *a, const char *b);
/* The candidate nearest to `word`, or NULL if none of the n is within a third of its length (at least one letter) or
   begins with it. */
const char *SgdWordNearest(const char *word, int n, const char *const *candidates);
/* Write '; did you mean "x"?' or, without a near candidate, '; known: a, b, c' into text (may be cut off). */
void SgdWordHint(const char *word, int n, const char *const *candidates, char *text, size_t room);
