/* Tables of numbers as text: dialects, headers, labels, and what broken files are told. */
#include "dataset_fixture.h"

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
  ExpectBad(o, SGD_EXIT_CASE, "has no column 3: there are 3 columns, counted from 0");
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
  ExpectBad(o, SGD_EXIT_CASE, "the first row (0, 1, ..) may be a header of numbers or a sample");
  o.header = 1;
  o.limit = 3;
  Expect(o, 3, 2, rows, labels);
  o.header = 2;
  o.limit = 2;
  Expect(o, 2, 2, (double[]){0, 1, 1, 2.5}, (int[]){1, 0});
}

/* The label's column by its name in the header. */
static void test_csv_label_by_name(void **state) {
  SgdDatasetOptions o = plain;

  (void)state;
  o.label_name = "class";
  WriteText("n.csv", "class,x,y\n1,1,2.5\n0,-3,4\n2,5,6e1\n");
  Expect(o, 3, 2, rows, labels);
  o.label_name = "clas";
  ExpectBad(o, SGD_EXIT_CASE, "n.csv has no column 'clas'; did you mean \"class\"?");
  o.label_name = "target";
  ExpectBad(o, SGD_EXIT_CASE, "n.csv has no column 'target'; known: class, x, y");
  o.label_name = "x";
  WriteText("n.csv", "class,x,x\n1,1,2.5\n");
  ExpectBad(o, SGD_EXIT_CASE, "n.csv has 2 columns of the name 'x'");
  WriteText("n.csv", "1,2.5,1\n-3,4,0\n");
  ExpectBad(o, SGD_EXIT_CASE, "n.csv has no header with names: 'x' must be a column's number");
}

/* What can be read but is probably meant otherwise is said. */
static void test_csv_doubts(void **state) {
  static const char *const words[] = {"column 1 counts the rows", "the last 3 columns hold a single 1 in every row"};
  SgdJournal journal;
  SgdDataset d;

  (void)state;
  assert_int_equal(SgdJournalOpen(PETSC_COMM_WORLD, PETSC_FALSE, &journal), 0);
  for (int k = 0; k < 3; k++) {
    char text[4096] = "";
    for (int i = 0; i < 12; i++) {
      char *end = text + strlen(text);
      if (k == 0) sprintf(end, "%d,%d.5,%d\n", i + 7, i * i % 7, i % 3);
      if (k == 1) sprintf(end, "0.%d,%d,%d,%d\n", i, i % 3 == 0, i % 3 == 1, i % 3 == 2);
      if (k == 2) sprintf(end, "%d.5,%d,%d\n", i * i % 7, i % 3 == 0, i % 3 == 2);
    }
    WriteText("d.csv", text);
    assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &plain, &d), 0);
    assert_int_equal(SgdWarningCount(journal), PetscMin(k + 1, 2));
    if (k < 2) assert_non_null(strstr(SgdWarning(journal, k), words[k]));
    SgdDatasetDestroy(&d);
  }
  assert_int_equal(SgdJournalClose(&journal), 0);
  Write(0, "z.csv", "PK\3\4\0\0", 6);
  ExpectBad(plain, SGD_EXIT_FILES, "a zip archive (.npz, .xlsx)");
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
      {"1,\"2,0\n", "m.csv:1: a quote (\") that is not closed on its line"},
      {"\"width\nin cm\",height,class\n1,2,0\n", "m.csv:1: a quote (\") that is not closed on its line"},
      {"1,NA,0\n", "'NA' is not a number: a missing value?"},
      {"1,?,0\n", "'?' is not a number: a missing value?"},
      {"1.5,2,True\n", "'True' is not a number: write 1 and 0"},
      {"1.5,2,cat\n", "'cat' is not a number: text must be numbered"},
      {"1;1 234,5;0\n", "'1 234,5' is not a number: digits must not be grouped"},
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

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_csv),
                                     cmocka_unit_test(test_csv_long_lines),
                                     cmocka_unit_test(test_csv_broken),
                                     cmocka_unit_test(test_csv_dialects),
                                     cmocka_unit_test(test_csv_label_by_name),
                                     cmocka_unit_test(test_csv_doubts),
                                     cmocka_unit_test(test_csv_numeric_header),
                                     cmocka_unit_test(test_csv_two_readings),
                                     cmocka_unit_test(test_labels),
                                     cmocka_unit_test(test_labels_of_every_sample)};

  RunDatasetTests(argc, argv, tests);
}
