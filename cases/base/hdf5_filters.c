#include "cases/base/hdf5_filters.h"

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
