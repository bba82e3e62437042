"""What the ParaView scripts share. A script is started by any Python with h5py; it writes the images (sgdfp.vtk), then starts
itself again inside pvbatch, on an X server of its own that no display is needed for (Xvfb, which says itself when it is ready),
or without one where ParaView renders off screen by itself (EGL, OSMesa).

    postprocess/python.sh postprocess/paraview/height_field.py DIR [--model MODEL] [--step N] [-o PICTURE.png]

Debian: apt-get install python3-paraview xvfb.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys

INSIDE = "SGDFP_INSIDE_PARAVIEW"


def arguments(description, picture):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", metavar="DIR", help="the folder that sgdfp wrote (-o DIR)")
    parser.add_argument("--model", help="the model shown (default: the reference; for differences the model after it)")
    parser.add_argument("--step", type=int, help="an output step (default: the last)")
    parser.add_argument("--log", action="store_true", help="the density's logarithm")
    parser.add_argument("-o", "--output", help=f"default: DIR/figures/{picture}")
    chosen = parser.parse_args()
    chosen.output = chosen.output or os.path.join(chosen.folder, "figures", picture)
    return chosen


def private_display():
    """(process, ":N") of an Xvfb of our own, once it is ready; (None, None) where there is none."""
    if not shutil.which("Xvfb"):
        return None, None
    ready, tell = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(tell), "-screen", "0", "1600x1200x24", "-nolisten", "tcp", "-noreset"], pass_fds=[tell],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(tell)
    with os.fdopen(ready) as pipe:
        number = pipe.readline().strip()
    return (server, f":{number}") if number else (None, None)


def start_inside():
    """This script again, in ParaView; its exit code."""
    program = shutil.which("pvbatch") or shutil.which("pvpython")
    if not program:
        sys.exit("no pvbatch and no pvpython found (Debian: apt-get install python3-paraview xvfb)")
    server, display = private_display()
    more = {"DISPLAY": display} if display else {}
    try:
        done = subprocess.run([program, "--force-offscreen-rendering", *sys.argv], env={**os.environ, INSIDE: "1", **more},
                              stdout=None, stderr=subprocess.PIPE, text=True)
    finally:
        if server:
            server.terminate()
            server.wait()
    if done.returncode:
        why = "" if server else " (no display: apt-get install xvfb, or a ParaView that renders off screen)"
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        sys.exit("\n".join(lines[-6:]) + f"\n{os.path.basename(sys.argv[0])}: ParaView ended with {done.returncode}{why}")
    return 0


def run(description, picture, draw, least=2, most=3, finish=None):
    """The whole of a script: draw(chosen, about, source, simple) happens inside ParaView, finish(chosen) after it."""
    chosen = arguments(description, picture)
    if os.environ.get(INSIDE):
        inside(chosen, draw)
        return 0
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    import sgdfp
    from sgdfp import vtk

    try:
        opened = sgdfp.open(chosen.folder)
        vtk.write(opened)
    except sgdfp.RunError as error:
        sys.exit(str(error))
    check(chosen, opened, least, most)
    os.makedirs(os.path.dirname(os.path.abspath(chosen.output)), exist_ok=True)
    start_inside()
    if finish:
        finish(chosen)
    print(f"  {chosen.output}")
    return 0


def check(chosen, opened, least, most):
    if opened.dim > most:
        sys.exit(f"{chosen.folder} has {opened.dim} axes, this picture is of {most}: take isosurfaces.py or difference.py")
    if opened.dim < least:
        sys.exit(f"{chosen.folder} has {opened.dim} ax{'is' if opened.dim == 1 else 'es'}, this picture needs {least}: plot.py draws it")
    if chosen.model and chosen.model not in opened.densities():
        sys.exit(f"no model '{chosen.model}'; there are: {', '.join(opened.densities())}")
    if chosen.step is not None and chosen.step not in opened.steps:
        sys.exit(f"no output step {chosen.step}; there are: {', '.join(str(n) for n in opened.steps)}")


def inside(chosen, draw):
    from paraview import simple

    simple._DisableFirstRenderCameraReset()
    folder = os.path.join(chosen.folder, "paraview")
    with open(os.path.join(folder, "about.json")) as file:
        about = json.load(file)
    source = simple.PVDReader(FileName=os.path.abspath(os.path.join(folder, "density.pvd")))
    source.UpdatePipelineInformation()
    draw(chosen, about, crop(source, about, simple), simple)
    simple.SaveState(os.path.join(folder, os.path.splitext(os.path.basename(sys.argv[0]))[0] + ".pvsm"))
    sys.stdout.flush()
    os._exit(0)  # all is written; taking the graphics down again is where some X servers fail



def tau_of(chosen, about):
    step = about["steps"][-1] if chosen.step is None else chosen.step
    return step, about["tau"][about["steps"].index(step)]


def scale(about):
    """Slice to unit square or cube: sharp and flat directions differ by orders of magnitude."""
    return ([1.0 / (high - low) for low, high in about["ends"]] + [1.0])[:3]


def crop(source, about, simple):
    """The part of the slice where some density is seen."""
    return simple.ExtractSubset(Input=source, VOI=[i for pair in (about["cells"] + [[0, 0]] * 2)[:3] for i in pair])


def look(shown, about, direction, up, wide, middle=0.0):
    """The camera on the middle of the unit square or cube, from `direction`, with `wide` of it in view."""
    centre = ([(low + high) / 2 / (high - low) for low, high in about["ends"]] + [middle])[:3]
    shown.CameraParallelProjection, shown.CameraParallelScale = 1, wide
    shown.CameraFocalPoint, shown.CameraViewUp = centre, up
    shown.CameraPosition = [c + 5 * d for c, d in zip(centre, direction)]


def heading(about, text):
    """What is shown, of which run, along which axes."""
    return f"{text}\n{about['label']}\n{'; '.join(about['axes'])}"


def view(simple, title, time=None):
    shown = simple.CreateRenderView(ViewSize=[1400, 1000], Background=[1, 1, 1], OrientationAxesVisibility=0)
    shown.UseColorPaletteForBackground = 0
    if time is not None:
        scene = simple.GetAnimationScene()  # which a state that is loaded goes by
        scene.UpdateAnimationUsingDataTimeSteps()
        scene.AnimationTime = shown.ViewTime = time
    text = simple.Text(Text=title)
    simple.Show(text, shown, Color=[0, 0, 0], FontSize=20, WindowLocation="Upper Center")
    return shown


def label_axes(display, about):
    """A box around it whose sides say from where to where they go: it is drawn as a unit cube, the units are the slice's."""
    axes = display.DataAxesGrid
    axes.GridAxesVisibility = 1
    for k, (letter, (low, high)) in enumerate(zip("XYZ", about["ends"])):
        setattr(axes, f"{letter}Title", f"a{k + 1}: {low:.3g} to {high:.3g}")
        setattr(axes, f"{letter}TitleColor", [0, 0, 0])
        setattr(axes, f"{letter}TitleFontSize", 18)
    for letter in "XYZ":
        setattr(axes, f"{letter}AxisUseCustomLabels", 1)
        setattr(axes, f"{letter}AxisLabels", [])
    if about["dim"] == 2:
        axes.ZTitle = ""
    axes.AxesToLabel = 2 + 8  # a1 at the lower end of a2, a2 at the upper end of a1: not at every side that is seen
    axes.GridColor = [0.5, 0.5, 0.5]


def colour_bar(simple, shown, table, title):
    bar = simple.GetScalarBar(table, shown)
    bar.Title, bar.ComponentTitle = title, ""
    bar.TitleColor = bar.LabelColor = [0, 0, 0]
    bar.TitleFontSize = bar.LabelFontSize = 18
    bar.WindowLocation = "Lower Right Corner"
    bar.Visibility = 1
    return bar
