/* density.xmf: the light data (XDMF 2, which VTK's and ParaView's XDMF readers all take) that point into density.h5.

   Every time step is a uniform mesh with cell-centred attributes: the densities of that step as hyperslabs of the
   [T, (nz,) ny, nx] datasets, and the fields of the slice, which do not change. The mesh always has three dimensions,
   one cell thick where the slice has fewer: VTK's reader swaps the axes of a 2DCoRectMesh, drops the cells of a flat
   3DCoRectMesh and frees the coordinates of a 2DRectMesh too early. Sizes, origins, spacings are slowest axis first. */
#include "solver/output/outputimpl.h"
#include "cases/base/replace_file.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define THIN 0.05 /* thickness over the shortest side, of an axis that the slice does not have */

static void Escaped(FILE *f, const char *s) {
  for (; *s; s++) {
    if (*s == '&')
      fputs("&amp;", f);
    else if (*s == '<')
      fputs("&lt;", f);
    else if (*s == '"')
      fputs("&quot;", f);
    else
      fputc(*s, f);
  }
}

/* "lead nz ny nx" with the sizes the slice has */
static void Shape(FILE *f, SgdGrid g, PetscInt lead) {
  fprintf(f, "%" PetscInt_FMT, lead);
  for (int a = g->dim - 1; a >= 0; a--) fprintf(f, " %" PetscInt_FMT, g->n[a]);
}

static void Triple(FILE *f, const double *x) {
  fprintf(f,
          "          <DataItem Format=\"XML\" Dimensions=\"3\" NumberType=\"Float\" Precision=\"8\">%.17g %.17g "
          "%.17g</DataItem>\n",
          x[2], x[1], x[0]);
}

/* Origin and spacing, which makes an image that can be volume-rendered. An axis that the slice does not have is one
   cell thick, centred on zero. */
static void Mesh(FILE *f, SgdGrid g) {
  double thin = PETSC_INFINITY, origin[3], h[3];

  for (int a = 0; a < g->dim; a++) thin = PetscMin(thin, THIN * (g->max[a] - g->min[a]));
  for (int a = 0; a < 3; a++) {
    origin[a] = a < g->dim ? g->min[a] : -0.5 * thin;
    h[a] = a < g->dim ? g->h[a] : thin;
  }
  fprintf(f,
          "        <Topology TopologyType=\"3DCoRectMesh\" Dimensions=\"%" PetscInt_FMT " %" PetscInt_FMT
          " %" PetscInt_FMT "\"/>\n",
          g->n[2] + 1, g->n[1] + 1, g->n[0] + 1);
  fprintf(f, "        <Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n");
  Triple(f, origin);
  Triple(f, h);
  fprintf(f, "        </Geometry>\n");
}

/* The cells of the mesh, slowest axis first: "1 1 nx" for a line, although the dataset has one dimension only. */
static void CellShape(FILE *f, SgdGrid g) {
  fprintf(f, "%" PetscInt_FMT " %" PetscInt_FMT " %" PetscInt_FMT, g->n[2], g->n[1], g->n[0]);
}

static void Field(FILE *f, SgdGrid g, const char *name) {
  fprintf(f, "        <Attribute Name=\"%s\" AttributeType=\"Scalar\" Center=\"Cell\">\n", name);
  fprintf(f, "          <DataItem Format=\"HDF\" NumberType=\"Float\" Precision=\"8\" Dimensions=\"");
  CellShape(f, g);
  fprintf(f, "\">" SGD_DENSITY_FILE ":/slice/%s</DataItem>\n        </Attribute>\n", name);
}

static void Fields(FILE *f, SgdGrid g) {
  char name[32];

  Field(f, g, "loss");
  for (int a = 0; a < g->dim; a++) {
    snprintf(name, sizeof name, "g_%d", a + 1);
    Field(f, g, name);
  }
  for (int a = 0; a < g->dim; a++)
    for (int b = a; b < g->dim; b++) {
      snprintf(name, sizeof name, "C_%d%d", a + 1, b + 1);
      Field(f, g, name);
    }
}

/* start, stride, count of the hyperslab that is time step t */
static void Slab(FILE *f, SgdGrid g, PetscInt t) {
  fprintf(f, "            <DataItem Dimensions=\"3 %d\" Format=\"XML\" NumberType=\"Int\">%" PetscInt_FMT, g->dim + 1,
          t);
  for (int a = 0; a < g->dim; a++) fputs(" 0", f);
  for (int a = 0; a <= g->dim; a++) fputs(" 1", f);
  fputs(" ", f);
  Shape(f, g, 1);
  fputs("</DataItem>\n", f);
}

static void Density(FILE *f, SgdGrid g, const char *model, PetscInt t, PetscInt count) {
  fputs("        <Attribute Name=\"", f);
  Escaped(f, model);
  fputs("\" AttributeType=\"Scalar\" Center=\"Cell\">\n          <DataItem ItemType=\"HyperSlab\" Dimensions=\"", f);
  CellShape(f, g);
  fputs("\" Type=\"HyperSlab\">\n", f);
  Slab(f, g, t);
  fputs("            <DataItem Format=\"HDF\" NumberType=\"Float\" Precision=\"8\" Dimensions=\"", f);
  Shape(f, g, count);
  fputs("\">" SGD_DENSITY_FILE ":/density/", f);
  Escaped(f, model);
  fputs("</DataItem>\n          </DataItem>\n        </Attribute>\n", f);
}

/* How far the run goes, and which models have failed. */
static PetscErrorCode State(FILE *f, const SgdOutputContext *c, const SgdHistory *h) {
  char status[200];

  PetscFunctionBegin;
  fprintf(f, "      <Information Name=\"steps\" Value=\"%" PetscInt_FMT "\"/>\n", c->last);
  for (int m = 0; h && m < h->models; m++) {
    PetscCall(SgdHistoryStatus(h, m, h->steps - 1, status, sizeof status));
    if (!strcmp(status, "ok")) continue;
    fprintf(f, "      <Information Name=\"%s\" Value=\"", c->model[m]);
    Escaped(f, status);
    fputs("\"/>\n", f);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Document(FILE *f, const SgdOutputContext *c, PetscInt count, const PetscInt *steps,
                               const SgdHistory *h) {
  PetscFunctionBegin;
  fputs("<?xml version=\"1.0\" ?>\n<!DOCTYPE Xdmf SYSTEM \"Xdmf.dtd\" []>\n<Xdmf Version=\"2.0\">\n  <Domain>\n", f);
  fputs("    <Grid Name=\"density\" GridType=\"Collection\" CollectionType=\"Temporal\">\n", f);
  PetscCall(State(f, c, h));
  for (PetscInt t = 0; t < count; t++) {
    fprintf(f, "      <Grid Name=\"step %" PetscInt_FMT "\" GridType=\"Uniform\">\n", steps[t]);
    fprintf(f, "        <Time Value=\"%.17g\"/>\n", SgdTau(c, steps[t]));
    Mesh(f, c->grid);
    for (int m = 0; m < c->models; m++) Density(f, c->grid, c->model[m], t, count);
    if (c->fields) Fields(f, c->grid);
    fputs("      </Grid>\n", f);
  }
  fputs("    </Grid>\n  </Domain>\n</Xdmf>\n", f);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdXdmfWrite(const SgdOutputContext *c, PetscInt count, const PetscInt *steps, const SgdHistory *h) {
  char temporary[PETSC_MAX_PATH_LEN], path[PETSC_MAX_PATH_LEN];
  MPI_Comm comm = c->grid->comm;
  PetscBool writer;
  int error = 0;
  FILE *f;

  PetscFunctionBegin;
  SgdJoinPath(c->folder, "density.xmf.tmp", temporary);
  SgdJoinPath(c->folder, "density.xmf", path);
  PetscCall(SgdOpenText(comm, c->folder, "density.xmf.tmp", &f));
  writer = (PetscBool)(f != NULL);
  if (writer) PetscCall(Document(f, c, count, steps, h));
  PetscCall(SgdCloseText(comm, c->folder, "density.xmf.tmp", &f));
  if (writer && rename(temporary, path)) error = errno;
  PetscCall(SgdWritten(comm, path, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
