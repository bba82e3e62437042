/* The case reader: any text is a tree or a user's error; so is any --set. The input: text, a zero byte, an override. */
#include "fuzz.h"
#include "cases/data/dataset_case.h"
#include "cases/file/case_types.h"

typedef struct {
  char *family;
  SgdDatasetSection data;
  double l2;
  int *hidden;
  unsigned hidden_count;
} Options;

static const cyaml_schema_field_t fields[] = {
    SGD_STRING("family", Options, family),
    CYAML_FIELD_MAPPING("data", CYAML_FLAG_OPTIONAL, Options, data, SgdDatasetFields), SGD_NUMBER("l2", Options, l2),
    SGD_INTEGERS("hidden", Options, hidden), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = calloc(size + 2, 1);
  const char *set[1], *whole;
  int count;
  Options *o;
  SgdCase c;

  memcpy(text, data, size);
  set[0] = text + strlen(text) + 1;
  const PetscErrorCode ierr = SgdCaseOpenText(PETSC_COMM_SELF, "fuzz.yaml", text, strlen(text) < size, set, &c);
  Expected(ierr);
  if (!ierr) {
    Expected(SgdCaseRead(c, "landscape", &schema, SGD_DATASET_DEFAULTS "l2: 1e-3\nhidden: [8]\n", NULL, &o));
    Expected(SgdCaseCount(c, "models", &count));
    Expected(SgdCaseText(c, NULL, &whole));
    Expected(SgdCaseClose(&c));
  }
  free(text);
  return 0;
}
