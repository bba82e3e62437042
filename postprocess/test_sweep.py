"""Figures and fits of a sweep, from a table made here.

    postprocess/python.sh postprocess/test_sweep.py
"""
import json
import os
import tempfile
import unittest

import numpy as np
from matplotlib.figure import Figure

import sgdfp
from sgdfp import plot_sweep, report_sweep

RATES, BATCHES = (0.1, 0.2, 0.4, 0.8), (1, 4)


def make(folder, failed=(), rows=None):
    """cov_11 = 3 rate^1.5 / batch of one model, the same with a factor 1.1 of another."""
    with open(os.path.join(folder, "sweep.json"), "w") as file:
        json.dump({"keys": {"sgd.batch_size": [str(b) for b in BATCHES], "sgd.learning_rate": [str(r) for r in RATES]}}, file)
    lines = ["run,folder,exit,warnings,seconds,message,sgd.batch_size,sgd.learning_rate,master.cov_11,langevin.cov_11,langevin.word"]
    for run, (b, r) in enumerate((b, r) for b in BATCHES for r in RATES):
        value = 3 * r**1.5 / b
        end = f'3,0,1.0,"a, ""b"""' if run in failed else "0,0,1.0,"
        lines.append(f"{run},f{run},{end},{b},{r},{value!r},{'' if run in failed else repr(1.1 * value)},ok")
    with open(os.path.join(folder, "sweep.csv"), "w") as file:
        file.write("\n".join(lines[:rows]) + "\n")


class Sweeps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_arrays_and_exponent(self):
        make(self.folder)
        s = sgdfp.sweep(self.folder)
        self.assertEqual((s.shape, s.models), ((2, 4), ["master", "langevin"]))
        np.testing.assert_allclose(s["master.cov_11"], 3 * np.array(RATES) ** 1.5 / np.array(BATCHES)[:, None])
        slope, error = s.exponent("master.cov_11", "sgd.learning_rate")
        self.assertAlmostEqual(slope, 1.5, 12)
        self.assertLess(error, 1e-12)
        self.assertAlmostEqual(s.exponent("master.cov_11", "sgd.batch_size")[0], -1, 12)

    def test_untrusted_runs_do_not_count(self):
        make(self.folder, failed=(1, 6))
        s = sgdfp.sweep(self.folder)
        self.assertEqual(int(s.trusted.sum()), 6)
        self.assertTrue(np.isnan(s["langevin.cov_11"][0, 1]))
        self.assertAlmostEqual(s.exponent("langevin.cov_11", "sgd.learning_rate")[0], 1.5, 12)

    def test_a_model_that_failed_leaves_the_others(self):
        make(self.folder, failed=(1,))
        s = sgdfp.sweep(self.folder)
        s.columns.append("langevin.failed.step")
        for row in s.rows:
            row["langevin.failed.step"] = "70" if row["exit"] == "3" else ""
            row["message"] = "1 of 2 models failed (the first: langevin, at step 70)" if row["exit"] == "3" else ""
        self.assertEqual((int(s.trusts("master").sum()), int(s.trusts("langevin").sum())), (8, 7))
        figure = plot_sweep.figures(s, ["cov_11"])["sweep_cov_11_map"]
        crosses = [sum(line.get_marker() == "x" for line in axes.lines) for axes in figure.axes[:2]]
        self.assertEqual(crosses, [0, 1])

    def test_figures(self):
        make(self.folder, failed=(1,))
        made = plot_sweep.figures(sgdfp.sweep(self.folder))
        self.assertEqual(list(made), ["sweep_cov_11_sgd.learning_rate", "sweep_cov_11_map"])
        legend = made["sweep_cov_11_sgd.learning_rate"].legends[0]
        texts = [text.get_text() for text in legend.get_texts()]
        self.assertTrue(any("exponent 1.500" in text for text in texts), texts)
        self.assertTrue(any("not to be trusted" in text for text in texts), texts)
        axes = made["sweep_cov_11_sgd.learning_rate"].axes[0]
        made["sweep_cov_11_sgd.learning_rate"].draw_without_rendering()
        names = [text for text in axes.texts if text.get_text()]
        self.assertEqual(len(names), 2)
        for text in names:  # beside the panel: no line lies below a name
            self.assertGreater(text.get_window_extent().x0, axes.bbox.x1)

    def test_lines_that_lie_together_share_a_name(self):
        """Names that would be printed over each other, and values that are lists, which are ticks as they stand."""
        self.assertEqual(plot_sweep._heaps(np.array([0.0, 1.0, 0.01, np.nan, 0.99]), np.array([0.0, 1.0])), [[0, 2], [1, 4]])
        axes = Figure().subplots()
        plot_sweep._values_as_ticks(axes, "x", np.arange(9.0), [f"[{n}]" for n in range(9)])
        self.assertEqual([text.get_text() for text in axes.get_xticklabels()][:2], ["[0]", "[1]"])

    def test_report(self):
        """One page: what was varied, figures with captions, exponents, and why runs have failed, which come first."""
        make(self.folder, failed=(1,))
        with open(report_sweep.write(self.folder), encoding="utf-8") as file:
            page = file.read()
        for words in ("over 8 runs", "7 of 8 runs ended without a failure", "exponent 1.500", "Variance of a1 [parameter units²] at the end against learning rate", "a, &quot;b&quot;"):
            self.assertIn(words, page)
        self.assertEqual(page.count("<img "), 2)

    def test_no_power_law(self):
        make(self.folder)
        s = sgdfp.sweep(self.folder)
        for row in s.rows:
            row["langevin.cov_11"] = str(np.exp(-1 / float(row["sgd.learning_rate"])))
        label = plot_sweep._exponent(s, "langevin.cov_11", "sgd.learning_rate")
        self.assertIn("no power law", label)
        for row in s.rows[3::4]:
            row["exit"] = "3"
        self.assertRegex(plot_sweep._exponent(s, "langevin.cov_11", "sgd.learning_rate"), r"slope [\d.]+ to [\d.]+\)")
        self.assertIn("exponent 1.5", plot_sweep._exponent(s, "master.cov_11", "sgd.learning_rate"))

    def test_refused(self):
        for words, prepare in (("sgdfp sweep writes it", lambda: None), ("no grid of 2 x 4", lambda: make(self.folder, rows=6))):
            prepare()
            with self.assertRaisesRegex(sgdfp.RunError, words):
                sgdfp.sweep(self.folder)
        make(self.folder)
        with self.assertRaisesRegex(sgdfp.RunError, "no model has a column cov_99"):
            plot_sweep.figures(sgdfp.sweep(self.folder), ["cov_99"])


if __name__ == "__main__":
    unittest.main()
