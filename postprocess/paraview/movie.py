"""The height field over the loss through all output steps, as an animated GIF (and .mp4 where ffmpeg is installed).

    postprocess/python.sh postprocess/paraview/movie.py DIR
"""
import glob
import os
import shutil
import subprocess
import sys

import height_field
import offscreen

FRAMES, MILLISECONDS = 60, 120  # no more frames than this


def frames(chosen):
    return os.path.join(chosen.folder, "paraview", "frames")


def draw(chosen, about, source, simple):
    model = chosen.model or about["reference"]
    os.makedirs(frames(chosen), exist_ok=True)
    every = -(-len(about["steps"]) // FRAMES)
    for k, (step, tau) in list(enumerate(zip(about["steps"], about["tau"])))[::every]:
        shown = offscreen.view(simple, offscreen.heading(about, f"{about['words'][model]} over the loss (grey), step {step}"), tau)
        shown.ViewSize = [1000, 750]
        height_field.height_field(chosen, about, source, simple, shown, model, tau)
        height_field.camera(shown, about)
        simple.SaveScreenshot(os.path.join(frames(chosen), f"frame_{k:05d}.png"), shown)
        simple.Delete(shown)


def assemble(chosen):
    from PIL import Image

    paths = sorted(glob.glob(os.path.join(frames(chosen), "frame_*.png")))
    images = [Image.open(path).convert("P", palette=Image.ADAPTIVE) for path in paths]
    images[0].save(chosen.output, save_all=True, append_images=images[1:], duration=MILLISECONDS, loop=0)
    if shutil.which("ffmpeg"):
        film = os.path.splitext(chosen.output)[0] + ".mp4"
        subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-framerate", "8", "-pattern_type", "glob", "-i", os.path.join(frames(chosen), "frame_*.png"),
                        "-pix_fmt", "yuv420p", film], check=False)
    shutil.rmtree(frames(chosen))


if __name__ == "__main__":
    sys.exit(offscreen.run(__doc__.splitlines()[0], "movie.gif", draw, most=2, finish=assemble))
