#include "cases/base/instruction_set.h"
#include "cases/networks/mlpimpl.h"
#include <math.h>

#define BLOCK 128 /* samples whose exponentials and logarithms are taken together */

/* z - max z, sample by sample; own: that of the label */
static void BelowLargest(int n, int classes, const int *label, double *z, double *own) {
  for (int i = 0; i < n; i++, z += classes) {
    double top = z[0];
    for (int k = 1; k < classes; k++) top = z[k] > top ? z[k] : top;
    for (int k = 0; k < classes; k++) z[k] -= top;
    own[i] = z[label[i]];
  }
}

/* z / sum z, sample by sample */
static void Normalise(int n, int classes, double *z, double *sum) {
  for (int i = 0; i < n; i++, z += classes) {
    double total = 0;
    for (int k = 0; k < classes; k++) total += z[k];
    for (int k = 0; k < classes; k++) z[k] /= total;
    sum[i] = total;
  }
}

/* p_k = exp(z_k)/sum_j exp(z_j),  -log p_label = log sum_k exp(z_k) - z_label, both with the largest logit taken out */
SGD_PER_SET(double, SgdMLPSoftmax, (int n, int classes, const int *label, double *logits, double *loss),
            (n, classes, label, logits, loss))
double SGD_HERE(SgdMLPSoftmax)(int n, int classes, const int *label, double *logits, double *loss) {
  double own[BLOCK], sum[BLOCK], total = 0;

  for (int first = 0; first < n; first += BLOCK) {
    const int count = n - first < BLOCK ? n - first : BLOCK;
    double *z = logits + (long)first * classes;
    BelowLargest(count, classes, label + first, z, own);
    for (int k = 0; k < count * classes; k++) z[k] = exp(z[k]);
    Normalise(count, classes, z, sum);
    for (int i = 0; i < count; i++) sum[i] = log(sum[i]) - own[i];
    for (int i = 0; i < count; i++) total += sum[i];
    for (int i = 0; loss && i < count; i++) loss[first + i] = sum[i];
  }
  return total;
}
