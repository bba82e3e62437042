/* Readers of labelled data beside CSV: what each format gives, and what is done to the features. */
#include "dataset_fixture.h"
#include <sys/statvfs.h>

/* A gzip stream that ends early, one with a flipped byte, and text that only says it is gzip. */
static void test_gzip_broken(void **state) {
  static unsigned char bytes[65536], text[40000];
  size_t length = 0;

  (void)state;
  for (size_t i = 0; i < sizeof text; i++)
    text[i] = i % 4 == 3 ? '\n' : i % 4 == 1 ? ',' : (unsigned char)('0' + i / 7 % 10);
  Write(0, "g.csv.gz", text, sizeof text);
  if (!rank) {
    FILE *file = fopen(path[0], "rb");
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
  }
  MPI_Bcast(&length, sizeof length, MPI_BYTE, 0, PETSC_COMM_WORLD);
  /* the reader knows gzip by its content, not by its name */
  Write(0, "cut", bytes, length / 2);
  ExpectBad(plain, SGD_EXIT_FILES, "cut: corrupt or cut short after line");
  bytes[length - 6] ^= 0xff; /* the checksum */
  Write(0, "sum", bytes, length);
  ExpectBad(plain, SGD_EXIT_FILES, "sum: corrupt or cut short after line");
  snprintf(path[0], sizeof path[0], "%s/false.csv.gz", folder);
  if (!rank) {
    FILE *file = fopen(path[0], "wb");
    fputs("1,2,0\n", file);
    fclose(file);
  }
  ExpectBad(plain, SGD_EXIT_FILES, "false.csv.gz: is not gzip data");
}

static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40, 50, 255};
static const unsigned char tags[] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 2};

static void test_idx(void **state) {
  const double x[] = {10, 20, 30, 40, 50, 255}, scaled[] = {10 / 255., 20 / 255., 30 / 255., 40 / 255., 50 / 255., 1};
  SgdDatasetOptions o = plain;

  (void)state;
  o.source = "idx";
  Write(0, "images", images, sizeof images);
  Write(1, "labels", tags, sizeof tags);
  Expect(o, 3, 2, x, labels);
  Write(0, "images.gz", images, sizeof images);
  Write(1, "labels.gz", tags, sizeof tags);
  o.scale = 0;
  Expect(o, 3, 2, scaled, labels);
}

static void test_idx_broken(void **state) {
  unsigned char bad[sizeof images];
  SgdDatasetOptions o = plain;

  (void)state;
  o.source = "idx";
  Write(0, "images", images, sizeof images);
  Write(1, "labels", tags, sizeof tags - 1);
  ExpectBad(o, SGD_EXIT_FILES, "labels: ends too early");
  Write(1, "labels", images, sizeof images);
  ExpectBad(o, SGD_EXIT_FILES, "labels: is not an IDX file of labels: it starts with 00 00 08 03");
  memcpy(bad, tags, sizeof tags);
  bad[7] = 2;
  Write(1, "labels", bad, sizeof tags - 1);
  ExpectBad(o, SGD_EXIT_FILES, "3 images, but");
  Write(1, "labels", tags, sizeof tags);
  Write(0, "images", images, 10);
  ExpectBad(o, SGD_EXIT_FILES, "images: ends within its header");
  memcpy(bad, images, sizeof images);
  bad[7] = 2;
  Write(0, "images", bad, sizeof bad);
  Write(1, "labels", (const unsigned char[]){0, 0, 8, 1, 0, 0, 0, 2, 1, 0}, 10);
  ExpectBad(o, SGD_EXIT_FILES, "images: holds more than its header says: 2 items of 2 bytes");
  Write(1, "labels", tags, sizeof tags);
  memcpy(bad, images, sizeof images);
  memset(bad + 8, 0xff, 4);
  Write(0, "images", bad, sizeof bad);
  ExpectBad(o, SGD_EXIT_FILES, "images: corrupt header");
  Write(0, "images", "no", 2);
  ExpectBad(o, SGD_EXIT_FILES, "images: corrupt or too short");
}

static void WriteHDF5(const char *name, const double *y, hsize_t count) {
  const hsize_t size[] = {3, 1, 2};

  snprintf(path[0], sizeof path[0], "%s/%s", folder, name);
  if (!rank) {
    const hid_t file = H5Fcreate(path[0], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space[] = {H5Screate_simple(3, size, NULL), H5Screate_simple(1, &count, NULL)};
    const double *values[] = {rows, y};
    const char *names[] = {"x", "y"};
    for (int k = 0; k < 2; k++) {
      const hid_t set = H5Dcreate2(file, names[k], H5T_IEEE_F64LE, space[k], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
      H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values[k]);
      H5Dclose(set);
      H5Sclose(space[k]);
    }
    H5Fclose(file);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

static void test_hdf5(void **state) {
  const double y[] = {1, 0, 2, 0}, fraction[] = {1, 0.25, 2};
  SgdDatasetOptions o = plain;

  (void)state;
  o.source = "hdf5";
  WriteHDF5("a.h5", y, 3);
  Expect(o, 3, 2, rows, labels);
  o.limit = 2;
  Expect(o, 2, 2, rows, labels);
  o.limit = 0;
  o.x_name = "images";
  ExpectBad(o, SGD_EXIT_FILES, "a.h5: has no dataset 'images' (landscape.data.x); known: x, y");
  o.x_name = o.y_name = "x"; /* features for labels */
  ExpectBad(o, SGD_EXIT_FILES, "'x' holds 2 numbers a sample: one label a sample is expected");
  o.y_name = "y";
  o.x_name = "x";
  WriteHDF5("b.h5", y, 4);
  ExpectBad(o, SGD_EXIT_FILES, "'x' has 3 samples, 'y' has 4 labels");
  WriteHDF5("c.h5", fraction, 3);
  ExpectBad(o, SGD_EXIT_FILES, "label 0.25 of sample 1 is not an integer");
  WriteText("d.h5", "not HDF5");
  ExpectBad(o, SGD_EXIT_FILES, "d.h5: is not a readable HDF5 file");
}

/* 3x3 to 2x2: each new pixel covers 1.5 x 1.5 old ones. 4x4 to 2x2: plain means. */
static void test_pool(void **state) {
  const double half[] = {3.5, 5.5, 11.5, 13.5};
  const double thirds[] = {(1 + .5 * 2 + .5 * 4 + .25 * 5) / 2.25, (3 + .5 * 2 + .5 * 6 + .25 * 5) / 2.25,
                           (7 + .5 * 4 + .5 * 8 + .25 * 5) / 2.25, (9 + .5 * 6 + .5 * 8 + .25 * 5) / 2.25};
  SgdDatasetOptions o = plain;

  (void)state;
  o.pool = 2;
  WriteText("p.csv", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,0\n");
  Expect(o, 1, 4, half, (int[]){0});
  WriteText("q.csv", "1,2,3,4,5,6,7,8,9,1\n");
  Expect(o, 1, 4, thirds, (int[]){0});
  WriteText("s.csv", "1,2,3,1\n");
  ExpectBad(o, SGD_EXIT_CASE, "3 features are not a square image");
  o.pool = 4;
  WriteText("q.csv", "1,2,3,4,5,6,7,8,9,1\n");
  ExpectBad(o, SGD_EXIT_CASE, "landscape.data.pool");
}

static void test_scale_and_standardize(void **state) {
  const double largest[] = {0.25, 0.5, -1, 0.5}, standard[] = {1, 0, -1, 0};
  SgdDatasetOptions o = plain;

  (void)state;
  WriteText("t.csv", "2,4,0\n-8,4,1\n");
  o.scale = 0;
  Expect(o, 2, 2, largest, (int[]){0, 1});
  o.standardize = PETSC_TRUE;
  Expect(o, 2, 2, standard, (int[]){0, 1});
  o.scale = 1;
  WriteText("u.csv", "2e200,3e-200,0\n1e200,1e-200,1\n"); /* squares that overflow, squares that vanish */
  Expect(o, 2, 2, (const double[]){1, 1, -1, -1}, (int[]){0, 1});
}

/* What Debian ships: 1797 images of 0 .. 16, about 180 a digit. */
static void test_digits(void **state) {
  SgdDatasetOptions o = plain;
  SgdDataset d;
  int count[10] = {0};
  double largest = 0;

  (void)state;
  o.source = "digits";
  o.file = "";
  assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &o, &d), 0);
  assert_int_equal(d.samples, 1797);
  assert_int_equal(d.features, 64);
  assert_int_equal(d.classes, 10);
  for (int i = 0; i < d.samples * d.features; i++) largest = fmax(largest, d.x[i]);
  for (int i = 0; i < d.samples; i++) count[d.label[i]]++;
  assert_true(largest == 16);
  for (int k = 0; k < 10; k++) assert_in_range(count[k], 174, 183);
  SgdDatasetDestroy(&d);
}

/* Class means are the centres: within 5 standard errors of one another between two halves; the seed matters. */
static void test_synthetic(void **state) {
  SgdDatasetOptions o = plain;
  SgdDataset d, e;
  double mean[2] = {0, 0};

  (void)state;
  o.source = "synthetic";
  o.samples = 3000, o.features = 2, o.classes = 3, o.spread = 0.5, o.seed = 4;
  assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &o, &d), 0);
  assert_int_equal(d.classes, 3);
  for (int i = 1; i < d.samples; i += 3) mean[i % 2] += d.x[2 * i] / 500;
  assert_true(fabs(mean[0] - mean[1]) < 5 * 0.5 * sqrt(2. / 500));
  o.seed = 5;
  assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &o, &e), 0);
  assert_true(d.x[0] != e.x[0]);
  SgdDatasetDestroy(&d);
  SgdDatasetDestroy(&e);
}

/* Large features lie once a node, where its shared memory has room: the bits are those that one rank alone makes, and
   nothing of it is left there. */
static void test_shared(void **state) {
  const size_t count = (size_t)30000 * 80;
  SgdDatasetOptions o = plain;
  SgdDataset d, e;
  struct statvfs room;
  PetscMPIInt ranks;
  char name[64];

  (void)state;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  o.source = "synthetic";
  o.samples = 30000, o.features = 80, o.classes = 3, o.spread = 0.5, o.seed = 4;
  assert_int_equal(statvfs("/dev/shm", &room), 0);
  assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &o, &d), 0);
  assert_int_equal(SgdDatasetLoad(PETSC_COMM_SELF, &o, &e), 0);
  if (room.f_bavail * room.f_bsize > 2 * count * sizeof *d.x)
    assert_int_equal(d.shared, ranks > 1 ? count * sizeof *d.x : 0);
  assert_int_equal(e.shared, 0);
  assert_memory_equal(d.x, e.x, count * sizeof *d.x);
  assert_memory_equal(d.label, e.label, 30000 * sizeof *d.label);
  snprintf(name, sizeof name, "/dev/shm/sgdfp-%ld-0", (long)getpid());
  assert_int_not_equal(access(name, F_OK), 0);
  SgdDatasetDestroy(&d);
  SgdDatasetDestroy(&e);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_gzip_broken), cmocka_unit_test(test_idx),
                                     cmocka_unit_test(test_idx_broken),  cmocka_unit_test(test_hdf5),
                                     cmocka_unit_test(test_pool),        cmocka_unit_test(test_scale_and_standardize),
                                     cmocka_unit_test(test_digits),      cmocka_unit_test(test_synthetic),
                                     cmocka_unit_test(test_shared)};

  RunDatasetTests(argc, argv, tests);
}
