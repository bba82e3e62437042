"""Show a run's densities in ParaView and save a picture, without a display.

    pvpython --force-offscreen-rendering postprocess/paraview_view.py DIR [MODEL] [PICTURE.png]

Debian's ParaView needs an X server even so: put `xvfb-run -a` (packages xvfb, xauth) in front where there is none.

Loads DIR/density.xmf, goes to the last step, colours by MODEL (the first one by default), writes the picture
(DIR/figures/paraview_MODEL.png by default). Debian: python3-paraview. In ParaView itself, open density.xmf with the
"XDMF Reader". The picture stretches the axes to equal lengths: sharp and flat directions differ by orders of magnitude.
"""
import os
import sys

from paraview import simple

FIELDS = ("loss", "g_", "C_")


def load(folder):
    path = os.path.join(folder, "density.xmf")
    if not os.path.exists(path):
        sys.exit(f"paraview_view.py: {path}: no such file")
    source = simple.XDMFReader(FileNames=[path])
    source.UpdatePipelineInformation()
    return source


def choose_model(source, wanted):
    models = [n for n in source.CellArrayStatus.Available if not n.startswith(FIELDS)]
    if wanted and wanted not in models:
        sys.exit(f"paraview_view.py: no model '{wanted}'; there are: {', '.join(models)}")
    return wanted or models[0]


def show(source, model, picture):
    view = simple.CreateRenderView(ViewSize=[1000, 800], Background=[1, 1, 1], OrientationAxesVisibility=0)
    view.UseColorPaletteForBackground = 0
    view.ViewTime = source.TimestepValues[-1]
    display = simple.Show(source, view)
    source.UpdatePipeline(view.ViewTime)
    extent = source.GetDataInformation().GetExtent()
    volume = extent[5] - extent[4] > 1  # a plane or a line is one cell thick
    display.SetRepresentationType("Volume" if volume else "Surface")
    display.Ambient, display.Diffuse = 1.0, 0.0  # colours are values: no shading
    bounds = source.GetDataInformation().GetBounds()
    display.Scale = [1.0 / (bounds[2 * a + 1] - bounds[2 * a]) for a in range(2)] + [1.0 / (bounds[5] - bounds[4]) if volume else 1e-3]
    simple.ColorBy(display, ("CELLS", model))
    display.RescaleTransferFunctionToDataRange(False, True)
    simple.GetColorTransferFunction(model).ApplyPreset("Viridis (matplotlib)", True)
    display.SetScalarBarVisibility(view, True)
    bar = simple.GetScalarBar(simple.GetColorTransferFunction(model), view)
    bar.TitleColor = bar.LabelColor = [0, 0, 0]
    bar.Title, bar.ComponentTitle = f"{model}, tau = {view.ViewTime:g}", ""
    if volume:
        camera = simple.GetActiveCamera()
        camera.Azimuth(30)
        camera.Elevation(25)
    simple.ResetCamera(view)
    simple.SaveScreenshot(picture, view)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    source = load(folder)
    model = choose_model(source, sys.argv[2] if len(sys.argv) > 2 else None)
    picture = sys.argv[3] if len(sys.argv) > 3 else os.path.join(folder, "figures", f"paraview_{model}.png")
    os.makedirs(os.path.dirname(os.path.abspath(picture)), exist_ok=True)
    show(source, model, picture)
    print(f"  {picture}")


main()
