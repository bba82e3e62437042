/* A user's program, built outside of the tree. SGD on a quadratic, loss a^2/2 with noise of variance 1 a step: after n
   steps of rate eta the mean is (1 - eta)^n times the first, the variance the sum of a geometric series. */
#include <math.h>
#include <sgdfp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETA   0.2
#define STEPS 12

static const char text[] = "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\n"
                           "sgd: {learning_rate: 0.2, steps: 10}\n"
                           "slice: {axes: ['coordinate:1'], min: [-3], max: [3], cells: [240]}\n"
                           "initial: {mean: [0.5], std: [0.2]}\n"
                           "models: [master]\n";
static const char *const set[] = {"sgd.steps=12", "output.every=6"};

#define CHECK(condition)                                                                                               \
  do                                                                                                                   \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "line %d: %s does not hold: %s\n", __LINE__, #condition, c ? SgdfpError(c) : "");                \
      return 1;                                                                                                        \
    }                                                                                                                  \
  while (0)

/* Wrong input is a code and a text, and the program goes on. */
static int WrongCase(void) {
  static const char *const wrong[] = {"landscape.family=quadratik"};
  SgdfpCase c = NULL;

  CHECK(SgdfpOpenText(MPI_COMM_WORLD, text, 1, wrong, &c) == SGDFP_CASE);
  CHECK(strstr(SgdfpError(c), "quadratic"));
  SgdfpClose(&c);
  CHECK(SgdfpOpenFile(MPI_COMM_WORLD, "nowhere.yaml", 0, NULL, &c) == SGDFP_FILES);
  CHECK(strstr(SgdfpError(c), "nowhere.yaml"));
  SgdfpClose(&c);
  return 0;
}

/* The moments of the density that is read back. */
static int CheckDensity(SgdfpCase c, int last, double mean, double variance) {
  double min, max, mass = 0, first = 0, second = 0, *density;
  int cells;

  CHECK(SgdfpDimension(c) == 1 && !SgdfpAxis(c, 0, &cells, &min, &max));
  CHECK(cells == 240 && min == -3 && max == 3);
  density = malloc((size_t)cells * sizeof *density);
  CHECK(SgdfpDensity(c, 0, last, density, (size_t)cells - 1) == SGDFP_BUG);
  CHECK(!SgdfpDensity(c, 0, last, density, (size_t)cells));
  for (int i = 0; i < cells; i++) {
    const double h = (max - min) / cells, x = min + (i + 0.5) * h;
    mass += h * density[i];
    first += h * density[i] * x;
    second += h * density[i] * x * x;
  }
  free(density);
  CHECK(fabs(mass - 1) < 1e-9 && fabs(first - mean) < 1e-8 && fabs(second - first * first - variance) < 1e-8);
  return 0;
}

static int Run(void) {
  const double a = 1 - ETA, decay = pow(a, STEPS);
  const double mean = 0.5 * decay, variance = 0.04 * decay * decay + ETA * ETA * (1 - decay * decay) / (1 - a * a);
  double value;
  SgdfpCase c = NULL;

  CHECK(!SgdfpOpenText(MPI_COMM_WORLD, text, 2, set, &c));
  CHECK(!SgdfpRun(c, "by_library", 1));
  const int last = SgdfpOutputs(c) - 1;
  CHECK(SgdfpModels(c) == 1 && !strcmp(SgdfpModelName(c, 0), "master"));
  CHECK(last == 2 && SgdfpStep(c, 1) == 6 && SgdfpStep(c, last) == STEPS && SgdfpStep(c, last + 1) == -1);
  CHECK(!SgdfpMoment(c, 0, last, "mean_1", &value) && fabs(value - mean) < 1e-8);
  CHECK(!SgdfpMoment(c, 0, last, "cov_11", &value) && fabs(value - variance) < 1e-8);
  CHECK(SgdfpMoment(c, 0, last, "no_such_column", &value) == SGDFP_BUG);
  CHECK(!CheckDensity(c, last, mean, variance));
  CHECK(!SgdfpClose(&c) && !c);
  return 0;
}

int main(int argc, char **argv) {
  if (SgdfpInitialize(&argc, &argv)) return 1;
  const int bad = WrongCase() || Run() || Run(); /* twice: nothing is left of the first */
  return SgdfpFinalize() || bad;
}
