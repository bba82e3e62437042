#include "cases/file/case_yaml.h"
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define ONE_LINE_LIST 16 /* longer lists of scalars are written one item a line */

/* Is it a short list of scalars? */
static bool Scalars(const SgdTree *tree) {
  for (int i = 0; i < tree->count; i++)
    if (tree->item[i]->kind != SGD_TREE_SCALAR) return false;
  return tree->count <= ONE_LINE_LIST;
}

/* The style depends on nothing that reading it back would change: libyaml falls back from plain to single to double
   quotes, and single quotes would fold line breaks. */
static bool EmitScalar(yaml_emitter_t *emitter, const char *text, bool quoted) {
  yaml_scalar_style_t style = strchr(text, '\n') ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                              : quoted           ? YAML_SINGLE_QUOTED_SCALAR_STYLE
                                                 : YAML_ANY_SCALAR_STYLE;
  yaml_event_t event;

  return yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1, style) &&
         yaml_emitter_emit(emitter, &event);
}

static bool EmitTree(yaml_emitter_t *emitter, const SgdTree *tree);

static bool EmitSequence(yaml_emitter_t *emitter, const SgdTree *tree) {
  yaml_event_t event;

  if (!yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                            Scalars(tree) ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE) ||
      !yaml_emitter_emit(emitter, &event))
    return false;
  for (int i = 0; i < tree->count; i++)
    if (!EmitTree(emitter, tree->item[i])) return false;
  return yaml_sequence_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static bool EmitMapping(yaml_emitter_t *emitter, const SgdTree *tree) {
  yaml_event_t event;

  if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE) ||
      !yaml_emitter_emit(emitter, &event))
    return false;
  for (int i = 0; i < tree->count; i++) {
    if (SgdTreeIsNull(tree->item[i])) continue;
    if (!EmitScalar(emitter, tree->key[i], false) || !EmitTree(emitter, tree->item[i])) return false;
  }
  return yaml_mapping_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static bool EmitTree(yaml_emitter_t *emitter, const SgdTree *tree) {
  if (tree->kind == SGD_TREE_MAPPING) return EmitMapping(emitter, tree);
  if (tree->kind == SGD_TREE_SEQUENCE) return EmitSequence(emitter, tree);
  return EmitScalar(emitter, SgdTreeIsNull(tree) ? "~" : tree->text, tree->quoted);
}

static bool EmitDocument(yaml_emitter_t *emitter, const SgdTree *tree) {
  yaml_event_t event;

  return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) && yaml_emitter_emit(emitter, &event) &&
         yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) && yaml_emitter_emit(emitter, &event) &&
         EmitTree(emitter, tree) && yaml_document_end_event_initialize(&event, 1) &&
         yaml_emitter_emit(emitter, &event) && yaml_stream_end_event_initialize(&event) &&
         yaml_emitter_emit(emitter, &event) && yaml_emitter_flush(emitter);
}

const char *SgdYamlText(SgdPool *pool, const SgdTree *tree) {
  char *buffer = NULL;
  size_t size = 0;
  const char *text = NULL;
  yaml_emitter_t emitter;
  FILE *file = open_memstream(&buffer, &size);

  if (!file) return NULL;
  if (yaml_emitter_initialize(&emitter)) {
    yaml_emitter_set_output_file(&emitter, file);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    bool good = EmitDocument(&emitter, tree);
    fclose(file);
    if (good) text = SgdPoolText(pool, buffer, size);
    yaml_emitter_delete(&emitter);
  } else {
    fclose(file);
  }
  free(buffer);
  return text;
}
