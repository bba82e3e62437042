/* Readers of labelled data: what each format gives, what is done to the features, and what broken files are told. */
#include "cases/data/dataset.h"
#include "cases/base/journal.h"
#include <hdf5.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

static char folder[64], path[2][128];
static int rank;
static const SgdDatasetOptions plain = {.source = "csv",
                                        .file = path[0],
                                        .labels = path[1],
                                        .x_name = "x",
                                        .y_name = "y",
                                        .label_column = -1,
                                        .scale = 1.0};

/* Rank 0 writes; compressed if the name ends in .gz. */
static void Write(int which, const char *name, const void *bytes, size_t length) {
  snprintf(path[which], sizeof path[which], "%s/%s", folder, name);
  if (!rank && strstr(name, ".gz")) {
    gzFile file = gzopen(path[which], "wb");
    assert_int_equal(gzwrite(file, bytes, (unsigned)length), length);
    assert_int_equal(gzclose(file), Z_OK);
  } else if (!rank) {
    FILE *file = fopen(path[which], "wb");
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

static void WriteText(const char *name, const char *text) {
  Write(0, name, text, strlen(text));
}

static void Expect(SgdDatasetOptions o, int samples, int features, const double *x, const int *label) {
  SgdDataset d;

  assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &o, &d), 0);
  assert_int_equal(d.samples, samples);
  assert_int_equal(d.features, features);
  for (int i = 0; i < samples * features; i++) assert_true(fabs(d.x[i] - x[i]) < 1e-14);
  for (int i = 0; i < samples; i++) assert_int_equal(d.label[i], label[i]);
  SgdDatasetDestroy(&d);
}

/* Loading fails with this exit code, and rank 0's stderr says `words`. */
static void ExpectBad(SgdDatasetOptions o, SgdExit exit, const char *words) {
  SgdDataset d;
  char text[2048] = "", log[128];
  int kept;

  snprintf(log, sizeof log, "%s/stderr.%d", folder, rank);
  fflush(stderr);
  kept = dup(2);
  assert_non_null(freopen(log, "w", stderr));
  const PetscErrorCode ierr = SgdDatasetLoad(PETSC_COMM_WORLD, &o, &d);
  fflush(stderr);
  dup2(kept, 2);
  close(kept);
  FILE *file = fopen(log, "r");
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  assert_int_equal(SgdExitCode(ierr), exit);
  if (!rank && !strstr(text, words)) fail_msg("expected '%s' in: %s", words, text);
  if (!rank) assert_true(strchr(text, '\n') == text + strlen(text) - 1); /* one line, no trace */
  assert_null(d.x);
  assert_null(d.label);
}

static const double rows[] = {1, 2.5, -3, 4, 5, 6e1};
static const int labels[] = {1, 0, 2};

static void test_csv(void **state) {
  SgdDatasetOptions o = plain;

  (void)state;
  WriteText("a.csv", "1,2.5,1\n-3,4,0\n5,6e1,2\n");
  Expect(o, 3, 2, rows, labels);
  WriteText("b.csv.gz", "width;height;class\r\n1; 2.5;1\r\n\r\n-3;4;0\r\n5;6e1;2");
  Expect(o, 3, 2, rows, labels);
  WriteText("c.csv", "1\t1\t2.5\n0\t-3\t4\n2\t5\t6e1\n");
  o.label_column = 0;
  Expect(o, 3, 2, rows, labels);
  o.limit = 2;
  Expect(o, 2, 2, rows, labels);
}

/* A line longer than any buffer the reader starts with. */
static void test_csv_long_lines(void **state) {
  enum { COLUMNS = 20000 };
  char *text = malloc(2 * COLUMNS + 8);
  SgdDataset d;

  (void)state;
  for (int i = 0; i < COLUMNS; i++) text[2 * i] = (char)('0' + i % 10), text[2 * i + 1] = ',';
  strcpy(text + 2 * COLUMNS, "7\n");
  WriteText("long.csv", text);
  free(text);
  assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &plain, &d), 0);
  assert_int_equal(d.features, COLUMNS);
  assert_true(d.x[COLUMNS - 1] == 9 && d.label[0] == 0 && d.class_label[0] == 7 && d.classes == 1);
  SgdDatasetDestroy(&d);
}

static void test_csv_broken(void **state) {
  SgdDatasetOptions o = plain;

  (void)state;
  WriteText("r.csv", "1,2,0\n1,2,3,0\n");
  ExpectBad(o, SGD_EXIT_FILES, "r.csv:2: 4 columns, but the lines before it have 3");
  WriteText("n.csv", "1,2,0\n\n1,two,0\n");
  ExpectBad(o, SGD_EXIT_FILES, "n.csv:3: column 2: 'two' is not a number");
  WriteText("c.csv", "1,\033[2J,0\n");
  ExpectBad(o, SGD_EXIT_FILES, "c.csv:1: column 2: '?[2J' is not a number");
  WriteText("e.csv", "1,,0\n");
  ExpectBad(o, SGD_EXIT_FILES, "e.csv:1: column 2: '' is not a number");
  WriteText("i.csv", "1,inf,0\n");
  ExpectBad(o, SGD_EXIT_FILES, "i.csv:1: column 2: 'inf' is not a number");
  WriteText("l.csv", "1,2,0\n1,2,0.5\n");
  ExpectBad(o, SGD_EXIT_FILES, "l.csv:2: column 3: label 0.5 is not an integer");
  WriteText("m.csv", "1,2,1e10\n");
  ExpectBad(o, SGD_EXIT_FILES, "label 1e+10 is not an integer of at most 9 digits");
  WriteText("o.csv", "1\n2\n");
  ExpectBad(o, SGD_EXIT_FILES, "o.csv:1: one column only");
  WriteText("v.csv", "");
  ExpectBad(o, SGD_EXIT_FILES, "v.csv: no samples in it");
  WriteText("h.csv", "a,b\n");
  ExpectBad(o, SGD_EXIT_FILES, "h.csv: no samples in it");
  WriteText("k.csv", "1,2,0\n");
  o.label_column = 3;
  ExpectBad(o, SGD_EXIT_CASE, "label_column 3 does not exist: there are 3 columns");
  o.file = "/nowhere/x.csv";
  ExpectBad(o, SGD_EXIT_FILES, "/nowhere/x.csv: cannot be opened");
}

/* The same table, as people and programs write it. */
static void test_csv_dialects(void **state) {
  static const char *const texts[] = {
      "1;2,5;1\n-3;4;0\n5;6e1;2\n",                                    /* decimal commas, with semicolons */
      "1\t2,5\t1\n-3\t4\t0\n5\t60\t2\n",                               /* and with tabs */
      "1|2.5|1\n-3|4|0\n5|60|2\n",                                     /* bars */
      "  1.0 2.5   1.0\n -3.0 4 0\n5 60 2 \n",                         /* blanks, as numpy writes */
      "\"1\",\"2,5\",\"1\"\n\"-3\",\"4\",\"0\"\n\"5\",\"60\",\"2\"\n", /* quotes, a decimal comma in them */
      "1,2.5,1,\n-3,4,0,\n5,60,2,\n",                                  /* a separator behind the last field */
      "1, 2.5, 1\n-3, 4, 0\n5, 60, 2\n",                               /* blanks behind the commas */
      "\xef\xbb\xbfx,y,class\r\n1,2.5,1\r\n\r\n-3,4,0\r\n5,60,2\r\n",  /* mark, CR LF, a blank line */
      "x,y,class\r1,2.5,1\r-3,4,0\r5,60,2",                            /* CR alone */
      "# a comment, with; every\tseparator\n1,2.5,1\n# another\n-3,4,0\n5,60,2\n",
      "\"width, in cm\",height,class\n1,2.5,1\n-3,4,0\n5,60,2\n", /* a separator in a name */
      "0,1,class\n1,2.5,1\n-3,4,0\n5,60,2\n",                     /* column numbers beside a name */
      "0,1,2\n1,2.5,1\n-3,4,0\n5,60,2\n1,2.5,1\n-3,4,0\n",        /* ambiguous: label 2 occurs; see below */
  };
  enum { TEXTS = sizeof texts / sizeof *texts };
  SgdDatasetOptions o = plain;

  (void)state;
  for (int k = 0; k < TEXTS - 1; k++) {
    WriteText("a.csv", texts[k]);
    Expect(o, 3, 2, rows, labels);
  }
  WriteText("a.csv", texts[TEXTS - 1]);
  ExpectBad(o, SGD_EXIT_CASE, "the first row (0, 1, ..) may be a header of column numbers or a sample");
  o.header = 1;
  o.limit = 3;
  Expect(o, 3, 2, rows, labels);
  o.header = 2;
  o.limit = 2;
  Expect(o, 2, 2, (double[]){0, 1, 1, 2.5}, (int[]){1, 0});
}

/* A first row of column numbers is a header; one that counts by chance is a sample. */
static void test_csv_numeric_header(void **state) {
  SgdDatasetOptions o = plain;

  (void)state;
  WriteText("n.csv", "0,1,64\n1,2.5,1\n-3,4,0\n5,6e1,2\n1,2.5,1\n-3,4,0\n5,6e1,2\n");
  Expect(o, 6, 2, (double[]){1, 2.5, -3, 4, 5, 60, 1, 2.5, -3, 4, 5, 60}, (int[]){1, 0, 2, 1, 0, 2});
  o.limit = 3;
  Expect(o, 3, 2, rows, labels);
  o.limit = 0;
  WriteText("s.csv", "1,3,4\n1,2.5,4\n-3,4,0\n");
  Expect(o, 3, 2, (double[]){1, 3, 1, 2.5, -3, 4}, (int[]){1, 1, 0});
  WriteText("t.csv", "0,1\n1,1\n1,0\n0,0\n");
  Expect(o, 4, 1, (double[]){0, 1, 1, 0}, (int[]){1, 1, 0, 0});
}

/* Where two readings are possible, or the lines disagree, none is taken; the place is named. */
static void test_csv_two_readings(void **state) {
  static const char *const texts[][2] = {
      {"1,2.5,1\n-3;4;0\n", "m.csv:2: fields parted by ';', but line 1 has none"},
      {"1;2\t1\n", "m.csv:1: fields parted by ';', but line 1 has a tab"},
      {"1;2,5;1\n-3;4.5;0\n", "m.csv:2: column 2: '4.5' has a decimal point, but line 1 has a decimal comma"},
      {"1;2.5;1\n-3;4,5;0\n", "m.csv:2: column 2: '4,5' has a decimal comma, but line 1 has a decimal point"},
      {"1;2,500;1\n-3;14,125;0\n", "m.csv:1: every comma stands before three digits"},
      {"0,962,0,625,0\n0,373,0,077,1\n", "m.csv:2: column 4 begins with a zero"},
      {"-0,962,0,625,0\n", "m.csv:1: column 1 begins with a zero"},
      {"0,962 0,625 0\n", "numbers parted by blanks, and commas between digits"},
      {"a,b\n1,2,0\n", "m.csv:2: 3 columns, but the header (line 1) and the lines before it have 2"},
      {"a,b,c,d\n1,2,0\n", "m.csv:2: 3 columns, but the header (line 1) and the lines before it have 4"},
      {"width,height,class\n1,2,0\n1,tall,0\n", "m.csv:3: column 2 ('height'): 'tall' is not a number"},
      {"width,height,class\n1,2,0\n1,2,0.5\n", "m.csv:3: column 3 ('class'): label 0.5 is not an integer"},
      {"1.5,2,setosa\n", "m.csv:1: column 3: 'setosa' is not a number"},
      {",width,class\n0,2,0\n", "m.csv:1: column 1 has no name: the index of the rows?"},
      {"1,nan,0\n", "m.csv:1: column 2: 'nan' is not a number"},
      {"1,0x10,0\n", "m.csv:1: column 2: '0x10' is not a number"},
      {"1,\"2\"5,0\n", "m.csv:1: column 2: '\"2\"5' is not a number"},
      {"1,\"2,0\n", "m.csv:1: column 2: '\"2' is not a number"},
      {"1,2,0,\n1,2,0\n", "m.csv:1: column 4: '' is not a number"},
  };

  (void)state;
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
    WriteText("m.csv", texts[k][0]);
    ExpectBad(plain, SGD_EXIT_FILES, texts[k][1]);
  }
  Write(0, "u.csv",
        "\xff\xfe"
        "1\0,\0"
        "2\0",
        8);
  ExpectBad(plain, SGD_EXIT_FILES, "u.csv:1: a zero byte: this is no plain text");
}

/* Labels as they occur: from 1, with gaps, years, below zero, written 1.0. */
static void test_labels(void **state) {
  static const struct {
    const char *text;
    int classes, label[4], file[4];
  } cases[] = {{"9,1\n8,2\n7,3\n6,1\n", 3, {0, 1, 2, 0}, {1, 2, 3}},
               {"9,0\n8,7\n7,64\n6,7\n", 3, {0, 1, 2, 1}, {0, 7, 64}},
               {"9,2024\n8,1999\n7,2001\n6,1999\n", 3, {2, 0, 1, 0}, {1999, 2001, 2024}},
               {"9,1\n8,-1\n7,1\n6,-1\n", 2, {1, 0, 1, 0}, {-1, 1}},
               {"9,1.0\n8,2.0\n7,1.0\n6,2.0\n", 2, {0, 1, 0, 1}, {1, 2}}};
  SgdDataset d;

  (void)state;
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    WriteText("l.csv", cases[k].text);
    assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &plain, &d), 0);
    assert_int_equal(d.classes, cases[k].classes);
    for (int i = 0; i < 4; i++) assert_int_equal(d.label[i], cases[k].label[i]);
    for (int i = 0; i < d.classes; i++) assert_int_equal(d.class_label[i], cases[k].file[i]);
    SgdDatasetDestroy(&d);
  }
}

/* A column of numbers that are all different is hardly the label's: said, but read. */
static void test_labels_of_every_sample(void **state) {
  SgdJournal journal;
  char text[512] = "";
  SgdDataset d;

  (void)state;
  for (int i = 0; i < 30; i++) snprintf(text + strlen(text), sizeof text - strlen(text), "%d.5,%d\n", i % 7, 100 + i);
  WriteText("every.csv", text);
  assert_int_equal(SgdJournalOpen(PETSC_COMM_WORLD, PETSC_FALSE, &journal), 0);
  assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &plain, &d), 0);
  assert_int_equal(SgdWarningCount(journal), 1);
  assert_non_null(strstr(SgdWarning(journal, 0), "30 different labels in 30 samples"));
  SgdDatasetDestroy(&d);
  assert_int_equal(SgdJournalClose(&journal), 0);
}

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
  ExpectBad(o, SGD_EXIT_FILES, "a.h5: has no dataset 'images'");
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

static int MakeFolder(void **state) {
  (void)state;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  strcpy(folder, "/tmp/sgdfp_dataset_XXXXXX");
  if (!rank && !mkdtemp(folder)) return 1;
  MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, PETSC_COMM_WORLD);
  return 0;
}

static int RemoveFolder(void **state) {
  char command[128];

  (void)state;
  MPI_Barrier(PETSC_COMM_WORLD);
  snprintf(command, sizeof command, "rm -r %s", folder);
  return rank ? 0 : system(command);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_csv),
                                     cmocka_unit_test(test_csv_long_lines),
                                     cmocka_unit_test(test_csv_broken),
                                     cmocka_unit_test(test_csv_dialects),
                                     cmocka_unit_test(test_csv_numeric_header),
                                     cmocka_unit_test(test_csv_two_readings),
                                     cmocka_unit_test(test_labels),
                                     cmocka_unit_test(test_labels_of_every_sample),
                                     cmocka_unit_test(test_gzip_broken),
                                     cmocka_unit_test(test_idx),
                                     cmocka_unit_test(test_idx_broken),
                                     cmocka_unit_test(test_hdf5),
                                     cmocka_unit_test(test_pool),
                                     cmocka_unit_test(test_scale_and_standardize),
                                     cmocka_unit_test(test_digits),
                                     cmocka_unit_test(test_synthetic)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
