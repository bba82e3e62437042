"""The images for ParaView hold what density.h5 holds; the four scripts draw without a display (where ParaView and Xvfb are).

    postprocess/python.sh postprocess/test_paraview.py
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import fake_run
import numpy as np

import sgdfp
from sgdfp import vtk

HERE = os.path.dirname(os.path.abspath(__file__))


def read_image(path):
    """(extent, {name: values}) of a file that vtk.py wrote."""
    with open(path, "rb") as file:
        head, _, data = file.read().partition(b'<AppendedData encoding="raw">_')
    extent = re.search(rb'WholeExtent="([^"]*)"', head)[1].split()
    found = {}
    for name, offset in re.findall(rb'Name="([^"]*)" format="appended" offset="(\d+)"', head):
        size = int(np.frombuffer(data, "<u8", 1, int(offset))[0])
        found[name.decode()] = np.frombuffer(data, "<f8", size // 8, int(offset) + 8)
    return [int(i) for i in extent], found


class Images(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_arrays(self):
        for dim, cells in ((1, 30), (2, 600), (3, 48 * 40 * 36)):
            with tempfile.TemporaryDirectory() as folder:
                fake_run.make(folder, dim, n=(30, 20, 1))
                run = sgdfp.open(folder)
                vtk.write(run)
                extent, found = read_image(os.path.join(folder, "paraview", "step_20.vti"))
            self.assertEqual(np.prod([b - a + 1 for a, b in zip(extent[::2], extent[1::2])]), cells)
            t = list(run.steps).index(20)
            master, langevin = run.density("master", t).ravel(), run.density("langevin", t).ravel()
            np.testing.assert_array_equal(found["langevin"], langevin)
            np.testing.assert_array_equal(found["langevin_minus_master"], langevin - master)
            top = master > 1e-6 * master.max()
            np.testing.assert_allclose(found["log10_master"][top], np.log10(master[top]))

    def test_vtk_reads_them(self):
        try:
            from vtkmodules.util.numpy_support import vtk_to_numpy
            from vtkmodules.vtkIOXML import vtkXMLImageDataReader
        except ImportError:
            self.skipTest("no VTK (Debian: python3-paraview)")
        fake_run.make(self.folder, 2, n=(30, 20, 1))
        run = sgdfp.open(self.folder)
        vtk.write(run)
        reader = vtkXMLImageDataReader()
        reader.SetFileName(os.path.join(self.folder, "paraview", "step_100.vti"))
        reader.Update()
        image = reader.GetOutput()
        np.testing.assert_allclose(image.GetBounds()[:4], [run.centres[0][0], run.centres[0][-1], run.centres[1][0], run.centres[1][-1]])
        self.assertEqual(image.GetDataDimension(), 2)  # a plane: it opens as a surface
        np.testing.assert_array_equal(vtk_to_numpy(image.GetPointData().GetArray("master")), run.density("master", -1).ravel())

    def test_mass_levels(self):
        x = np.linspace(-6, 6, 2001)
        half, most = vtk.mass_levels(np.exp(-x * x / 2), (0.5, 0.99))
        np.testing.assert_allclose([half, most], np.exp(-np.array([0.67449, 2.57583]) ** 2 / 2), rtol=2e-2)


class Scripts(unittest.TestCase):
    def draw(self, dim, script, *more):
        if not (shutil.which("pvbatch") and shutil.which("Xvfb")):
            self.skipTest("no pvbatch or no Xvfb (Debian: python3-paraview, xvfb)")
        with tempfile.TemporaryDirectory() as folder:
            fake_run.make(folder, dim, n=(30, 20, 1))
            environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
            done = subprocess.run([sys.executable, os.path.join(HERE, "paraview", script + ".py"), folder, *more], env=environment,
                                  capture_output=True, text=True, timeout=200)
            self.assertEqual(done.returncode, 0, done.stderr)
            picture = done.stdout.split()[-1]
            self.assertGreater(os.path.getsize(picture), 10000)
            with open(os.path.join(folder, "paraview", script + ".pvsm")) as file:  # the state, for File > Load State
                state = file.read()
            if script != "movie":  # it opens at the step that its title names
                time, shown = (float(re.search(rf'name="{name}".*?value="([^"]*)"', state, re.S)[1]) for name in ("AnimationTime", "ViewTime"))
                self.assertEqual(time, shown)
                self.assertGreater(time, 0)

    def test_height_field(self):
        self.draw(2, "height_field", "--step", "20")

    def test_difference(self):
        self.draw(2, "difference", "--model", "langevin")

    def test_isosurfaces(self):
        self.draw(3, "isosurfaces")

    def test_movie(self):
        self.draw(2, "movie")

    def test_what_cannot_be_drawn_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            fake_run.make(folder, 1, n=(30, 1, 1))
            done = subprocess.run([sys.executable, os.path.join(HERE, "paraview", "height_field.py"), folder], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("has 1 axis, this picture needs 2", done.stderr)


if __name__ == "__main__":
    unittest.main()
