#include "cases/base/hdf5_filters.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *TypeName(H5T_class_t kind) {
  switch (kind) {
  case H5T_COMPOUND:
    return "compound values (complex numbers?)";
  case H5T_STRING:
    return "text";
  case H5T_REFERENCE:
    return "references";
  case H5T_VLEN:
    return "lists of varying length";
  case H5T_ARRAY:
    return "arrays";
  case H5T_OPAQUE:
    return "opaque bytes";
  case H5T_TIME:
    return "times";
  default:
    return NULL;
  }
}

static void Filter(hid_t dataset, char *text, size_t room) {
  const hid_t storage = H5Dget_create_plist(dataset);
  const int filters = storage < 0 ? 0 : H5Pget_nfilters(storage);

  for (int k = 0; k < filters && !*text; k++) {
    unsigned flags, configuration;
    size_t values = 0;
    char name[64] = "";
    const H5Z_filter_t id =
        H5Pget_filter2(storage, (unsigned)k, &flags, &values, NULL, sizeof name, name, &configuration);
    if (id >= 0 && H5Zfilter_avail(id) <= 0)
      snprintf(text, room,
               "is stored with the filter %s (number %d), which this HDF5 library does not have: write it again with "
               "gzip or without compression (h5repack -f GZIP=4 IN OUT)",
               *name ? name : "without a name", (int)id);
  }
  if (storage >= 0) H5Pclose(storage);
}

const char *SgdHDF5Obstacle(hid_t dataset, char *text, size_t room) {
  const hid_t type = H5Dget_type(dataset);
  const char *kind = TypeName(H5Tget_class(type));

  *text = '\0';
  H5Tclose(type);
  if (kind)
    snprintf(text, room, "holds %s, not real numbers", kind);
  else
    Filter(dataset, text, room);
  return text;
}

/* A virtual dataset's file stands beside the file that names it, or in the working directory. */
static int IsThere(const char *path, const char *source) {
  const char *slash = strrchr(path, '/');
  char beside[4096];

  if (!strcmp(source, ".") || !access(source, R_OK)) return 1;
  if (!slash || *source == '/') return 0;
  snprintf(beside, sizeof beside, "%.*s/%s", (int)(slash - path), path, source);
  return !access(beside, R_OK);
}

static void Sources(hid_t storage, const char *path, char *text, size_t room) {
  size_t count = 0;
  char name[1024];

  H5Pget_virtual_count(storage, &count);
  for (size_t k = 0; k < count && !*text; k++)
    if (H5Pget_virtual_filename(storage, k, name, sizeof name) >= 0 && !IsThere(path, name))
      snprintf(text, room, "is virtual, and the file %s with its data is missing", name);
}

const char *SgdHDF5Hollow(hid_t dataset, const char *path, char *text, size_t room) {
  const hid_t storage = H5Dget_create_plist(dataset);
  const H5D_layout_t layout = H5Pget_layout(storage);

  *text = '\0';
  if (layout == H5D_VIRTUAL)
    Sources(storage, path, text, room);
  else if (layout != H5D_COMPACT && H5Pget_external_count(storage) < 1 && !H5Dget_storage_size(dataset))
    snprintf(text, room, "was never written: it holds fill values only");
  H5Pclose(storage);
  return text;
}
