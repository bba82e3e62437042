"""Surfaces that hold 50, 90 and 99 % of a model's mass at the last step, in three dimensions.

    postprocess/python.sh postprocess/paraview/isosurfaces.py DIR --model langevin
"""
import sys

import offscreen

LOOKS = (([0.75, 0.15, 0.1], 1.0), ([0.95, 0.55, 0.2], 0.35), ([0.2, 0.45, 0.75], 0.18))


def draw(chosen, about, source, simple):
    model = chosen.model or about["reference"]
    step, tau = offscreen.tau_of(chosen, about)
    title = f"{about['words'][model]}, step {step}: 50 % (red), 90 % (orange), 99 % (blue) of the mass"
    shown = offscreen.view(simple, offscreen.heading(about, title), tau)
    source.UpdatePipeline(tau)
    for level, (colour, opacity) in zip(about["levels"][model], LOOKS):
        contour = simple.Contour(Input=source, ContourBy=["POINTS", model], Isosurfaces=[level])
        display = simple.Show(contour, shown)
        display.ColorArrayName = ["POINTS", ""]
        display.DiffuseColor = display.AmbientColor = colour
        display.Opacity, display.Specular = opacity, 0.2
        display.Scale = offscreen.scale(about)
    box = simple.Show(source, shown)
    box.SetRepresentationType("Outline")
    box.AmbientColor = [0, 0, 0]
    box.ColorArrayName = ["POINTS", ""]
    box.Scale = offscreen.scale(about)
    offscreen.label_axes(box, about)
    offscreen.look(shown, about, (0.6, -0.8, 0.4), (0, 0, 1), 0.95)
    simple.SaveScreenshot(chosen.output, shown)


if __name__ == "__main__":
    sys.exit(offscreen.run(__doc__.splitlines()[0], "isosurfaces.png", draw, least=3))
