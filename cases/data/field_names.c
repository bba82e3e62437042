#include "cases/data/field_names.h"
#include "cases/file/nearest.h"
#include <stdio.h>
#include <string.h>

typedef struct {
  const SgdFieldNames *names;
  const char *wanted; /* the nearest to this one is looked for; NULL: all unknown ones are named */
  char *text;
  size_t room;
} Search;

static int Known(const char *name, const char *const *names, int count) {
  for (int k = 0; k < count; k++)
    if (!strcmp(names[k], name)) return 1;
  return 0;
}

static void Tell(const Search *s, const char *what, const char *name, const char *near) {
  const size_t at = strlen(s->text);

  snprintf(s->text + at, s->room - at, "%s%s%.80s is not known and not read%s%s%s", at ? "; " : "", what, name,
           near ? " (" : "", near ? near : "", near ? "?)" : "");
}

static herr_t OneDataset(hid_t group, const char *name, const H5L_info_t *info, void *to) {
  const Search *s = to;
  const SgdFieldNames *n = s->names;
  const char *slash = strcmp(n->group, "/") ? "/" : "";
  char whole[96];

  (void)group, (void)info;
  if (Known(name, n->dataset, n->datasets)) return 0;
  snprintf(whole, sizeof whole, "%s%s%.40s", n->group, slash, name);
  if (!s->wanted)
    Tell(s, "", whole, SgdWordNearest(name, n->datasets, n->dataset));
  else if (!*s->text && SgdWordNearest(name, 1, &s->wanted))
    snprintf(s->text, s->room, "; is it %s?", whole);
  return 0;
}

static herr_t OneAttribute(hid_t file, const char *name, const H5A_info_t *info, void *to) {
  const Search *s = to;
  const SgdFieldNames *n = s->names;
  const char *near = SgdWordNearest(name, n->attributes, n->attribute);

  (void)file, (void)info;
  if (near && !Known(name, n->attribute, n->attributes)) Tell(s, "the attribute ", name, near);
  return 0;
}

void SgdFieldNamesUnknown(const SgdFieldNames *names, hid_t file, char *text, size_t room) {
  Search s = {names, NULL, text, room};

  *text = '\0';
  H5Literate_by_name(file, names->group, H5_INDEX_NAME, H5_ITER_INC, NULL, OneDataset, &s, H5P_DEFAULT);
  H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_INC, NULL, OneAttribute, &s);
}

const char *SgdFieldNamesInstead(const SgdFieldNames *names, hid_t file, const char *dataset, char *text, size_t room) {
  Search s = {names, strrchr(dataset, '/') ? strrchr(dataset, '/') + 1 : dataset, text, room};

  *text = '\0';
  H5Literate_by_name(file, names->group, H5_INDEX_NAME, H5_ITER_INC, NULL, OneDataset, &s, H5P_DEFAULT);
  return text;
}
