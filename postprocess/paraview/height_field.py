"""The density of a model as a height field over the loss surface of the slice.

    postprocess/python.sh postprocess/paraview/height_field.py DIR
"""
import sys

import offscreen

GAP, LOSS_HEIGHT, CUT = 0.15, 0.35, 1e-3  # the loss lies below the density; the density is drawn above this share of its top


def surface(simple, source, name, shown, about, height, shift, table):
    """The slice warped by an array to `height` above `shift`, in units of the slice's sides; its display."""
    info = source.PointData.GetArray(name).GetRange()
    span = info[1] - info[0] or 1.0
    calculated = simple.Calculator(Input=source, ResultArrayName="height", Function=f"({name} - ({info[0]}))*{height / span} + {shift}")
    warped = simple.WarpByScalar(Input=calculated, Scalars=["POINTS", "height"], ScaleFactor=1.0)
    display = simple.Show(warped, shown)
    display.Scale = offscreen.scale(about)
    simple.ColorBy(display, ("POINTS", name))
    display.RescaleTransferFunctionToDataRange(False, True)
    simple.GetColorTransferFunction(name).ApplyPreset(table, True)
    return display, warped


def height_field(chosen, about, source, simple, shown, model, tau):
    source.UpdatePipeline(tau)
    name = f"log10_{model}" if chosen.log else model
    loss, _ = surface(simple, source, "loss", shown, about, LOSS_HEIGHT, -LOSS_HEIGHT - GAP, "Grayscale")
    loss.ColorArrayName, loss.DiffuseColor = ["POINTS", ""], [0.8, 0.8, 0.82]
    top = source.PointData.GetArray(name).GetRange()
    display, warped = surface(simple, source, name, shown, about, 1.0, 0.0, "Inferno (matplotlib)")
    if not chosen.log:  # flat wings would hide the loss
        simple.Hide(warped, shown)
        kept = simple.Threshold(Input=warped, Scalars=["POINTS", name], UpperThreshold=CUT * top[1], ThresholdMethod="Above Upper Threshold")
        display = simple.Show(kept, shown)
        display.Scale = offscreen.scale(about)
        simple.ColorBy(display, ("POINTS", name))
        simple.GetColorTransferFunction(name).InvertTransferFunction()
    offscreen.label_axes(loss, about)
    words = about["words"][model]
    offscreen.colour_bar(simple, shown, simple.GetColorTransferFunction(name), ("log10 of the density" if chosen.log else "density"))
    return words


def camera(shown, about):
    offscreen.look(shown, about, (0.35, -0.85, 0.5), (0, 0, 1), 0.95, 0.2)


def draw(chosen, about, source, simple):
    model = chosen.model or about["reference"]
    step, tau = offscreen.tau_of(chosen, about)
    shown = offscreen.view(simple, offscreen.heading(about, f"{about['words'][model]} over the loss (grey), step {step}"), tau)
    height_field(chosen, about, source, simple, shown, model, tau)
    camera(shown, about)
    simple.SaveScreenshot(chosen.output, shown)


if __name__ == "__main__":
    sys.exit(offscreen.run(__doc__.splitlines()[0], "height_field.png", draw, most=2))
