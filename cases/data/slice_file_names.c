#include "cases/data/slice_file_names.h"
#include "cases/file/nearest.h"
#include <stdio.h>
#include <string.h>

static const char *const datasets[] = {"nodes", "loss", "g", "C1", "gi"};
static const char *const attributes[] = {"format", "samples", "min",   "max",        "eigenvalues",  "residuals",
                                         "axes",   "model",   "torch", "parameters", "gradient_norm"};
enum { DATASETS = sizeof datasets / sizeof *datasets, ATTRIBUTES = sizeof attributes / sizeof *attributes };

typedef struct {
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

  snprintf(s->text + at, s->room - at, "%s%s%.40s is not known and not read%s%s%s", at ? "; " : "", what, name,
           near ? " (" : "", near ? near : "", near ? "?)" : "");
}

static herr_t OneDataset(hid_t group, const char *name, const H5L_info_t *info, void *to) {
  const Search *s = to;

  (void)group, (void)info;
  if (Known(name, datasets, DATASETS)) return 0;
  if (!s->wanted)
    Tell(s, "/slice/", name, SgdWordNearest(name, DATASETS, datasets));
  else if (!*s->text && SgdWordNearest(name, 1, &s->wanted))
    snprintf(s->text, s->room, "; is it /slice/%.40s?", name);
  return 0;
}

static herr_t OneAttribute(hid_t file, const char *name, const H5A_info_t *info, void *to) {
  const char *near = SgdWordNearest(name, ATTRIBUTES, attributes);

  (void)file, (void)info;
  if (near && !Known(name, attributes, ATTRIBUTES)) Tell(to, "the attribute ", name, near);
  return 0;
}

void SgdSliceFileUnknown(hid_t file, char *text, size_t room) {
  Search s = {NULL, text, room};

  *text = '\0';
  H5Literate_by_name(file, "/slice", H5_INDEX_NAME, H5_ITER_INC, NULL, OneDataset, &s, H5P_DEFAULT);
  H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_INC, NULL, OneAttribute, &s);
}

const char *SgdSliceFileInstead(hid_t file, const char *dataset, char *text, size_t room) {
  Search s = {strrchr(dataset, '/') + 1, text, room};

  *text = '\0';
  H5Literate_by_name(file, "/slice", H5_INDEX_NAME, H5_ITER_INC, NULL, OneDataset, &s, H5P_DEFAULT);
  return text;
}
