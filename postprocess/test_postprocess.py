"""The figures and the report from made-up run folders in one, two and three dimensions, whole and incomplete.

    postprocess/python.sh postprocess/test_postprocess.py
"""
import os
import struct
import tempfile
import unittest

import fake_run
import numpy as np
from sgdfp import plot
from sgdfp import reader
from sgdfp import report

EVERY = ("density", "marginals", "variance", "distances", "spectrum", "resolution", "errors")


def size_of_png(path):
    with open(path, "rb") as file:
        return struct.unpack(">II", file.read(24)[16:])


class Figures(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def draw(self, dim):
        fake_run.make(self.folder.name, dim, n=(60, 50, 20))
        done = plot.figures(reader.Run(self.folder.name))
        names = [os.path.basename(path)[:-4] for path in done]
        expected = sorted(EVERY + (("density_difference",) if dim > 1 else ()))
        self.assertEqual(sorted(names), expected)
        for path in done:
            self.assertGreater(min(size_of_png(path)), 400)
            with open(path[:-4] + ".svg") as file:
                text = file.read()
            self.assertIn("η = 0.1, batch 32", text)  # the settings are named in every figure
            if path.endswith("spectrum.png"):
                self.assertEqual("stochastic Lanczos quadrature" in text, dim > 1)

    def test_one_dimension(self):
        self.draw(1)

    def test_two_dimensions(self):
        self.draw(2)

    def test_three_dimensions(self):
        self.draw(3)

    def test_what_is_missing_is_skipped(self):
        fake_run.make(self.folder.name, 2, n=(30, 20, 1))
        for name in ("density.h5", "spectrum.csv", "summary.json", "verdict.csv", "errors.csv"):
            os.remove(os.path.join(self.folder.name, name))
        names = [os.path.basename(path) for path in plot.figures(reader.Run(self.folder.name))]
        self.assertEqual(names, ["variance.png", "distances.png"])

    def test_one_model_alone_has_no_differences(self):
        fake_run.MODELS, models = ("master",), fake_run.MODELS
        try:
            fake_run.make(self.folder.name, 2, n=(30, 20, 1))
        finally:
            fake_run.MODELS = models
        names = [os.path.basename(path) for path in plot.figures(reader.Run(self.folder.name))]
        self.assertEqual(names, ["density.png", "marginals.png", "variance.png", "spectrum.png", "resolution.png", "errors.png"])


class Reader(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        fake_run.make(self.folder.name, 3)
        self.run_read = reader.Run(self.folder.name)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        os.remove(path)  # a new file: HDF5 would find the old one open
        with open(path, "w") as file:
            file.write(text)

    def test_marginals_agree_with_the_closed_form(self):
        run = self.run_read
        for axis in range(3):
            exact = fake_run.bell(run.centres[axis], fake_run.mean(axis, 5), fake_run.variance("langevin", axis, 5))
            others = [a for a in range(3) if a != axis]
            kept = np.prod([
                fake_run.bell(run.centres[a], fake_run.mean(a, 5), fake_run.variance("langevin", a, 5)).sum() * run.h[a] for a in others
            ])
            np.testing.assert_allclose(run.marginal("langevin", 3, axis), exact * kept, rtol=1e-12)

    def test_tables(self):
        self.assertEqual(self.run_read.reference, "master")
        self.assertEqual(self.run_read.batch, 32)
        np.testing.assert_array_equal(self.run_read.moments["langevin"]["step"], fake_run.STEPS)
        self.assertEqual(self.run_read.spectrum["regime"][-1], "unstable")

    def assert_refused(self, name, text, words):
        self.write(name, text)
        with self.assertRaisesRegex(reader.RunError, words):
            reader.Run(self.folder.name)

    def test_no_folder(self):
        with self.assertRaisesRegex(reader.RunError, "no such folder"):
            reader.Run(os.path.join(self.folder.name, "nowhere"))

    def test_cut_table(self):
        self.assert_refused("moments.csv", "model,step,tau\nmaster,0\n", "moments.csv.*fewer columns")

    def test_not_json(self):
        self.assert_refused("summary.json", "{", "summary.json: not valid JSON")

    def test_not_hdf5(self):
        self.assert_refused("density.h5", "text", "density.h5: cannot be read as HDF5")


class Unfinished(unittest.TestCase):
    def test_half_way(self):
        with tempfile.TemporaryDirectory() as folder:
            fake_run.make(folder, 1, n=(30, 1, 1))
            with open(os.path.join(folder, "status_run.json"), "w") as file:
                file.write('{"command": "run", "status": "interrupted", "step": 50, "steps": 100}')
            run = reader.Run(folder)
            with open(report.write(run)) as file:
                text = file.read()
        self.assertIn("step 50 of 100, unfinished", run.label())
        self.assertIn("tep 50 of 100, unfinished", text)


class Report(unittest.TestCase):
    def test_report(self):
        with tempfile.TemporaryDirectory() as folder:
            fake_run.make(folder, 2, n=(30, 20, 1))
            run = reader.Run(folder)
            plot.figures(run)
            with open(report.write(run)) as file:
                text = file.read()
        self.assertIn("the slice drifts by 0.3", text)
        self.assertIn("**langevin**: dp/dtau", text)
        self.assertIn("| l1 | discrete_fokker_planck (0.02), langevin (0.04) |", text)
        self.assertIn("| discrete_fokker_planck | marginal | marginal (first at step 20) |", text)
        self.assertIn("| l1 | 1e-09 | 0.0001 | 0.0001 |", text)
        self.assertIn("![Densities of the models](figures/density.png)", text)


if __name__ == "__main__":
    unittest.main()
