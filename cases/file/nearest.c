#include "cases/file/nearest.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LONGEST 64 /* words are compared on this many letters */

static bool SameLetter(char a, char b) {
  return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int Min(int a, int b) {
  return a < b ? a : b;
}

/* d(i,j) = min( d(i-1,j) + 1, d(i,j-1) + 1, d(i-1,j-1) + [a_i != b_j], d(i-2,j-2) + 1 if the last two are swapped ) */
int SgdWordDistance(const char *a, const char *b) {
  int d[LONGEST + 1][LONGEST + 1];
  int n = Min((int)strlen(a), LONGEST), m = Min((int)strlen(b), LONGEST);

  for (int i = 0; i <= n; i++) {
    for (int j = 0; j <= m; j++) {
      if (!i || !j) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = Min(Min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + !SameLetter(a[i - 1], b[j - 1]));
      if (i > 1 && j > 1 && SameLetter(a[i - 1], b[j - 2]) && SameLetter(a[i - 2], b[j - 1]))
        d[i][j] = Min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[n][m];
}

const char *SgdWordNearest(const char *word, int n, const char *const *candidates) {
  int length = (int)strlen(word), least = length < 6 ? 1 : length / 3;
  const char *nearest = NULL;

  if (length > LONGEST) return NULL;
  for (int i = 0; i < n; i++) {
    int distance = SgdWordDistance(word, candidates[i]);

    if (distance > least || (nearest && distance == least)) continue;
    least = distance;
    nearest = candidates[i];
  }
  for (int i = 0; i < n && !nearest && length > 2; i++)
    if (!strncasecmp(word, candidates[i], (size_t)length)) nearest = candidates[i];
  return nearest;
}

void SgdWordHint(const char *word, int n, const char *const *candidates, char *text, size_t room) {
  const char *nearest = SgdWordNearest(word, n, candidates);
  size_t used = 0;

  *text = '\0';
  if (nearest) snprintf(text, room, "; did you mean \"%s\"?", nearest);
  for (int i = 0; i < n && !nearest && used < room; i++)
    used += (size_t)snprintf(text + used, room - used, "%s%s", i ? ", " : "; known: ", candidates[i]);
}
