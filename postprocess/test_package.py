"""The package sgdfp: arrays with coordinates, fields, landscapes written and refused, installation by pip.

    postprocess/python.sh postprocess/test_package.py
"""
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import fake_run
import h5py
import numpy as np

import sgdfp
from sgdfp import arrays, vtk

HERE = os.path.dirname(os.path.abspath(__file__))


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name


class Arrays(Folder):
    def check(self):
        fake_run.make(self.folder, 2, n=(30, 20, 1))
        run = sgdfp.open(self.folder)
        p = run["langevin"]
        self.assertEqual(tuple(p.dims), ("step", "a2", "a1"))
        np.testing.assert_array_equal(np.asarray(p["step"]), fake_run.STEPS)
        np.testing.assert_allclose(np.asarray(p["a1"]), run.centres[0])
        np.testing.assert_array_equal(np.asarray(p)[-1], run.density("langevin", -1))
        with self.assertRaisesRegex(sgdfp.RunError, "no density of 'lang'; there are: master, discrete"):
            run["lang"]

    def test_coordinates(self):
        self.check()

    def test_coordinates_without_xarray(self):
        with mock.patch.object(arrays, "xarray", None):
            self.check()


class Landscape(Folder):
    def write(self, *args, **more):
        path = os.path.join(self.folder, "own.h5")
        sgdfp.write_landscape(path, *args, **more)
        return h5py.File(path)

    def test_one_dimension(self):
        x = np.linspace(-1, 1, 9)
        with self.write(x, x**2, covariance=1 + x**2, third=0.5) as file:
            np.testing.assert_array_equal(file["covariance"][:, 0, 0], 1 + x**2)
            self.assertEqual((file["third"].shape, file["nodes_1"].attrs["kind"]), ((9, 1, 1, 1), "uniform"))
            self.assertNotIn("gradient", file)

    def test_two_dimensions(self):
        x, y = sgdfp.chebyshev_nodes(9, -1, 2), np.linspace(0, 1, 5)
        X, Y = np.meshgrid(x, y, indexing="ij")
        with self.write([x, y], X * Y, np.stack([Y, X], axis=-1), np.eye(2)) as file:
            self.assertEqual([file[f"nodes_{a}"].attrs["kind"] for a in (1, 2)], ["chebyshev", "uniform"])
            np.testing.assert_array_equal(file["covariance"][3, 2], np.eye(2))

    def test_refused(self):
        x = np.linspace(-1, 1, 9)
        for words, args in (
            ("loss has the shape", (x, x[1:], x, 1)),
            ("covariance: that of one draw", (x, x**2)),
            ("not finite", (x, np.where(x > 0.9, np.inf, x), x, 1)),
            ("neither uniform nor Chebyshev", (x**3, x**2, x, 1)),
            ("not symmetric", ([x, x], np.zeros((9, 9)), np.zeros((9, 9, 2)), [[1, 0.5], [0, 1]])),
            (r"node \[0, 0\] is no covariance", ([x, x], np.zeros((9, 9)), np.zeros((9, 9, 2)), [[1, 2], [2, 1]])),
            (r"node \[8\] is no covariance", (x, x**2, x, 0.5 - x)),
            ("nodes: an array of numbers", (5.0, x**2, x, 1)),
            ("nodes: an array of numbers", ([], x**2, x, 1)),
        ):
            with self.assertRaisesRegex(ValueError, words):
                self.write(*args)
        with self.assertRaisesRegex(ValueError, "name it .h5"):
            sgdfp.write_landscape(os.path.join(self.folder, "own.npz"), x, x**2, covariance=1)
        self.assertEqual(os.listdir(self.folder), [])

    def test_from_npz(self):
        x, path = np.linspace(-1, 1, 9), os.path.join(self.folder, "own.npz")
        np.savez(path, nodes_1=x, loss=x**2, covariance=1 + x**2, name="mine")
        sgdfp.convert_landscape(path, os.path.join(self.folder, "own.h5"))
        with h5py.File(os.path.join(self.folder, "own.h5")) as file:
            np.testing.assert_array_equal(file["loss"], x**2)
            self.assertEqual(file.attrs["name"], "mine")
        np.savez(path, x=x, loss=x**2)
        with self.assertRaisesRegex(ValueError, "expected nodes_1 .., loss"):
            sgdfp.convert_landscape(path, os.path.join(self.folder, "other.h5"))
        asked = [sys.executable, "-m", "sgdfp", path, os.path.join(self.folder, "other.h5")]
        done = subprocess.run(asked, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": HERE})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Asgdfp: \S*own.npz: expected nodes_1 .., loss[^\n]*\n\Z")


class Vtkhdf(Folder):
    def test_in_time(self):
        """The numbers of the run in the arrays and at the offsets that the format's page names."""
        for dim in (2, 3):
            folder = os.path.join(self.folder, str(dim))
            os.makedirs(folder)
            fake_run.make(folder, dim, n=(12, 10, 8))
            run = sgdfp.open(folder)
            with h5py.File(vtk.write_hdf(run)) as file:
                root, n = file["VTKHDF"], len(run.steps)
                self.assertEqual((root.attrs["Type"], list(root.attrs["Version"]), root["Steps"].attrs["NSteps"]), (b"ImageData", [2, 0], n))
                self.assertEqual(list(root.attrs["WholeExtent"]), [v for n in [*[len(x) for x in run.centres], 1][:3] for v in (0, n - 1)])
                np.testing.assert_array_equal(root["Steps/Values"], run.tau)
                for t in range(n):
                    at = root["Steps/PointDataOffsets/langevin"][t]
                    np.testing.assert_array_equal(root["PointData/langevin"][at].reshape(run.density("langevin", t).shape), run.density("langevin", t))
                    self.assertEqual(root["Steps/PointDataOffsets/loss"][t], 0)
                self.assertEqual(root["PointData/loss"].shape[0], 1)


class Installed(Folder):
    def test_pip(self):
        """By pip, without a network, into a folder of its own: imported from there."""
        build = subprocess.run([sys.executable, "-c", "import setuptools, wheel, pip"], capture_output=True)
        if build.returncode:
            self.skipTest("no pip, setuptools and wheel here (Debian: python3-pip python3-wheel)")
        import shutil

        copy = os.path.join(self.folder, "source")
        shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("bench", "__pycache__"))
        where = os.path.join(self.folder, "site")
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--no-index", "--target", where, copy],
                       check=True, capture_output=True)
        found = subprocess.run([sys.executable, "-c", "import sgdfp; print(sgdfp.__file__)"], env={**os.environ, "PYTHONPATH": where},
                               cwd=self.folder, check=True, capture_output=True, text=True)
        self.assertIn(where, found.stdout)


if __name__ == "__main__":
    unittest.main()
