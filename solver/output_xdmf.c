/* density.xmf: the light data (XDMF 2, which VTK's and ParaView's XDMF readers all take) that point into density.h5.

   Every time step is a uniform mesh with cell-centred attributes: the densities of that step as hyperslabs of the
   [T, (nz,) ny, nx] datasets, and the fields of the slice, which do not change. A one-dimensional density is shown as a
   band a twentieth as wide as it is long. XDMF lists sizes, origins and spacings slowest axis first. */
#include "outputimpl.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BAND 0.05 /* width over length of what shows a one-dimensional density */

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

/* Three dimensions: origin and spacing, which makes an image that can be volume-rendered. */
static void Box(FILE *f, SgdGrid g) {
  fprintf(f,
          "        <Topology TopologyType=\"3DCoRectMesh\" Dimensions=\"%" PetscInt_FMT " %" PetscInt_FMT
          " %" PetscInt_FMT "\"/>\n",
          g->n[2] + 1, g->n[1] + 1, g->n[0] + 1);
  fprintf(f, "        <Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n");
  Triple(f, g->min);
  Triple(f, g->h);
  fprintf(f, "        </Geometry>\n");
}

static void Edges(FILE *f, SgdGrid g, int axis) {
  fprintf(f,
          "          <DataItem Format=\"HDF\" NumberType=\"Float\" Precision=\"8\" Dimensions=\"%" PetscInt_FMT
          "\">" SGD_DENSITY_FILE ":/grid/%c_edges</DataItem>\n",
          g->n[axis] + 1, "xyz"[axis]);
}

/* One and two dimensions: the edges along x and y. (The readers get the axes of a 2DCoRectMesh wrong.) */
static void Plane(FILE *f, SgdGrid g) {
  double half = 0.5 * BAND * (g->max[0] - g->min[0]);

  fprintf(f, "        <Topology TopologyType=\"2DRectMesh\" Dimensions=\"%" PetscInt_FMT " %" PetscInt_FMT "\"/>\n",
          g->n[1] + 1, g->n[0] + 1);
  fprintf(f, "        <Geometry GeometryType=\"VXVY\">\n");
  Edges(f, g, 0);
  if (g->dim == 2)
    Edges(f, g, 1);
  else
    fprintf(f,
            "          <DataItem Format=\"XML\" NumberType=\"Float\" Precision=\"8\" Dimensions=\"2\">%.17g "
            "%.17g</DataItem>\n",
            -half, half);
  fprintf(f, "        </Geometry>\n");
}

/* The cells of the mesh, slowest axis first: "1 nx" for a band, although the dataset has one dimension only. */
static void CellShape(FILE *f, SgdGrid g) {
  if (g->dim == 3) fprintf(f, "%" PetscInt_FMT " ", g->n[2]);
  fprintf(f, "%" PetscInt_FMT " %" PetscInt_FMT, g->n[1], g->n[0]);
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

static void Document(FILE *f, const SgdOutputContext *c, PetscInt count, const PetscInt *steps) {
  fputs("<?xml version=\"1.0\" ?>\n<!DOCTYPE Xdmf SYSTEM \"Xdmf.dtd\" []>\n<Xdmf Version=\"2.0\">\n  <Domain>\n", f);
  fputs("    <Grid Name=\"density\" GridType=\"Collection\" CollectionType=\"Temporal\">\n", f);
  for (PetscInt t = 0; t < count; t++) {
    fprintf(f, "      <Grid Name=\"step %" PetscInt_FMT "\" GridType=\"Uniform\">\n", steps[t]);
    fprintf(f, "        <Time Value=\"%.17g\"/>\n", SgdTau(c, steps[t]));
    if (c->grid->dim == 3)
      Box(f, c->grid);
    else
      Plane(f, c->grid);
    for (int m = 0; m < c->models; m++) Density(f, c->grid, c->model[m], t, count);
    if (c->fields) Fields(f, c->grid);
    fputs("      </Grid>\n", f);
  }
  fputs("    </Grid>\n  </Domain>\n</Xdmf>\n", f);
}

PetscErrorCode SgdXdmfWrite(const SgdOutputContext *c, PetscInt count, const PetscInt *steps) {
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
  if (writer) Document(f, c, count, steps);
  PetscCall(SgdCloseText(comm, c->folder, "density.xmf.tmp", &f));
  if (writer && rename(temporary, path)) error = errno;
  PetscCall(SgdAgree(comm, &error));
  if (error) return SgdFail(comm, SGD_EXIT_FILES, "%s: cannot write: %s", path, strerror(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
