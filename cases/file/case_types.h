/* Entry schemas that many sections share, and the shorthand to declare a list of numbers:
     struct { double *eigenvalues; unsigned eigenvalues_count; }
     SGD_NUMBERS("eigenvalues", struct x, eigenvalues) */
#pragma once
#include <cyaml/cyaml.h>

static const cyaml_schema_value_t SgdCaseNumber
    __attribute__((unused)) = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};
static const cyaml_schema_value_t SgdCaseInteger __attribute__((unused)) = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int)};
static const cyaml_schema_value_t SgdCaseString
    __attribute__((unused)) = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

#define SGD_LIST(key, type, member, entry)                                                                             \
  CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, entry, 0, CYAML_UNLIMITED)
#define SGD_NUMBERS(key, type, member)  SGD_LIST(key, type, member, &SgdCaseNumber)
#define SGD_INTEGERS(key, type, member) SGD_LIST(key, type, member, &SgdCaseInteger)
#define SGD_STRINGS(key, type, member)  SGD_LIST(key, type, member, &SgdCaseString)
#define SGD_NUMBER(key, type, member)   CYAML_FIELD_FLOAT(key, CYAML_FLAG_OPTIONAL, type, member)
#define SGD_INTEGER(key, type, member)  CYAML_FIELD_INT(key, CYAML_FLAG_OPTIONAL, type, member)
#define SGD_BOOL(key, type, member)     CYAML_FIELD_BOOL(key, CYAML_FLAG_OPTIONAL, type, member)
#define SGD_STRING(key, type, member)                                                                                  \
  CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0, CYAML_UNLIMITED)
#define SGD_SECTION(type, fields)                                                                                      \
  { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, type, fields) }
