#include "cases/networks/activation.h"
#include <stddef.h>

const char *const SgdActivationNames[] = {"silu", "tanh", "relu", NULL};
