"""A model's density minus the reference's, on a range symmetric about zero.

    postprocess/python.sh postprocess/paraview/difference.py DIR --model langevin
"""
import sys

import offscreen


def draw(chosen, about, source, simple):
    others = [m for m in about["models"] if m != about["reference"]]
    model = chosen.model if chosen.model in others else others[0] if others else None
    if model is None:
        sys.exit("only one model: no difference")
    step, tau = offscreen.tau_of(chosen, about)
    title = f"{about['words'][model]} minus {about['words'][about['reference']]}, step {step}"
    shown = offscreen.view(simple, offscreen.heading(about, title), tau)
    source.UpdatePipeline(tau)
    name = f"{model}_minus_{about['reference']}"
    most = max(abs(end) for end in source.PointData.GetArray(name).GetRange()) or 1.0
    display = simple.Show(source, shown)
    display.SetRepresentationType("Surface" if about["dim"] == 2 else "Volume")
    simple.ColorBy(display, ("POINTS", name))
    table = simple.GetColorTransferFunction(name)
    table.ApplyPreset("Cool to Warm", True)
    table.RescaleTransferFunction(-most, most)
    opacity = simple.GetOpacityTransferFunction(name)  # a volume: nothing where they agree
    opacity.Points = [-most, 0.6, 0.5, 0, 0, 0.0, 0.5, 0, most, 0.6, 0.5, 0]
    display.Scale = offscreen.scale(about)
    if about["dim"] == 2:
        display.Ambient, display.Diffuse = 1.0, 0.0  # colours are values: no shading
    offscreen.label_axes(display, about)
    offscreen.colour_bar(simple, shown, table, "difference")
    if about["dim"] == 2:
        offscreen.look(shown, about, (0, 0, 1), (0, 1, 0), 0.68)
    else:
        middle = sum(about["ends"][2]) / 2 / (about["ends"][2][1] - about["ends"][2][0])
        offscreen.look(shown, about, (0.6, -0.8, 0.4), (0, 0, 1), 0.95, middle)
    simple.SaveScreenshot(chosen.output, shown)


if __name__ == "__main__":
    sys.exit(offscreen.run(__doc__.splitlines()[0], "difference.png", draw))
