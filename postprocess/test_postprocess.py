"""The figures and the report from made-up run folders in one, two and three dimensions, whole and incomplete.

    postprocess/python.sh postprocess/test_postprocess.py
"""
import json
import os
import struct
import tempfile
import unittest
from unittest import mock

import fake_run
import h5py
import numpy as np
from sgdfp import plot
from sgdfp import reader
from sgdfp import report, report_html, style

EVERY = ("density", "marginals", "variance", "distances", "spectrum", "resolution", "errors")


def size_of_png(path):
    with open(path, "rb") as file:
        return struct.unpack(">II", file.read(24)[16:])


def labels(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


class Figures(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def draw(self, dim):
        fake_run.make(self.folder.name, dim, n=(60, 50, 20))
        run = reader.Run(self.folder.name)
        done = plot.figures(run)
        expected = sorted(EVERY + (("density_difference",) if dim > 1 else ()))
        self.assertEqual(sorted(done), expected)
        for figure in done.values():
            self.assertIn("η = 0.1, batch 32", figure._suptitle.get_text())  # the settings are named in every figure
        self.assertEqual("stochastic Lanczos quadrature" in labels(done["spectrum"]), dim > 1)
        (path,) = plot.save_all(run, plot.Options(names=["variance"], formats=("png",)))["variance"]
        self.assertGreater(min(size_of_png(path)), 400)

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
        self.assertEqual(list(plot.figures(reader.Run(self.folder.name))), ["variance", "distances"])

    def test_every_step_is_drawn_where_a_model_stood_on_it(self):
        """A map has a row a step, the diffusion one an output step: the two are compared where both have one."""
        fake_run.make(self.folder.name, 1, n=(30, 1, 1))
        last = fake_run.STEPS[-1]
        with open(os.path.join(self.folder.name, "moments_every_step.csv"), "w") as file:
            file.write("model,step,tau,mass,mean_1,cov_11\n")
            for n in range(last + 1):
                for m in ("master", "langevin") if n in fake_run.STEPS else ("master",):
                    file.write(f"{m},{n},{n * fake_run.ETA},1,0,{fake_run.variance(m, 0, n)}\n")
        figure = plot.variance(reader.Run(self.folder.name))["variance"]
        above, below = figure.axes[0].lines, figure.axes[1].lines
        self.assertEqual([len(line.get_xdata()) for line in above[:1]], [last + 1])
        away = next(line for line in below if list(line.get_xdata()) == list(fake_run.STEPS) and line.get_color() == style.line(reader.Run(self.folder.name), "langevin")["color"])
        expected = [100 * (fake_run.variance("langevin", 0, n) / fake_run.variance("master", 0, n) - 1) for n in fake_run.STEPS]
        np.testing.assert_allclose(away.get_ydata(), expected, atol=1e-9)

    def test_eigenvalues_that_lie_together_have_ticks(self):
        """Of a factor of three a logarithmic axis would show one power of ten."""
        fake_run.make(self.folder.name, 2, n=(30, 20, 1))
        run = reader.Run(self.folder.name)
        self.assertEqual(plot.spectrum(run)["spectrum"].axes[1].get_xscale(), "symlog")
        run.spectrum = {name: values[:3] for name, values in run.spectrum.items()}  # 12, 5, 3
        self.assertEqual(plot.spectrum(run)["spectrum"].axes[1].get_xscale(), "linear")

    def test_a_measured_model_has_error_bars(self):
        fake_run.make(self.folder.name, 1, n=(60, 1, 1))
        with open(os.path.join(self.folder.name, "sampling_errors.csv"), "w") as file:
            file.write("model,step,cov_11,l1\n")
            file.writelines(f"{m},{n},{0.001 if m == 'langevin' else 0},{0.01 if m == 'langevin' else 0}\n" for n in fake_run.STEPS for m in fake_run.MODELS)
        with open(os.path.join(self.folder.name, "marginal_errors.csv"), "w") as file:
            file.write("axis,x,model,density,error\n1,0,langevin,2,0.5\n1,0.1,langevin,1.5,0.4\n")
        run = reader.Run(self.folder.name)
        done = plot.figures(run, plot.Options(names=["marginals", "distances", "variance"]))
        (area,) = done["marginals"].axes[0].collections
        self.assertAlmostEqual(area.get_paths()[0].vertices[:, 1].max(), 3.0)  # two standard errors
        self.assertEqual([len(done[name].axes[0].containers) for name in ("distances", "variance")], [1, 1])
        self.assertIn("± 0.01", report.measured(run, "langevin", "l1"))

    def test_one_model_alone_has_no_differences(self):
        fake_run.MODELS, models = ("master",), fake_run.MODELS
        try:
            fake_run.make(self.folder.name, 2, n=(30, 20, 1))
        finally:
            fake_run.MODELS = models
        names = list(plot.figures(reader.Run(self.folder.name)))
        self.assertEqual(names, ["density", "marginals", "variance", "spectrum", "resolution", "errors"])

    def test_options(self):
        """Steps, ranges, models, sizes and formats are those asked for; what is not there is refused by name."""
        fake_run.make(self.folder.name, 1, n=(30, 1, 1))
        more = ["--steps", "2,50", "--range", "a1=-0.5:0.25", "--models", "master,langevin", "--size", "one", "--format", "pdf,svg",
                "--figures", "density", "--log"]
        plot.main([self.folder.name, *more])
        self.assertEqual(sorted(os.listdir(os.path.join(self.folder.name, "figures"))), ["density.pdf", "density.svg"])
        run = reader.Run(self.folder.name)
        figure = plot.figures(run, plot.from_arguments(plot.parse([self.folder.name, *more]), run))["density"]
        self.assertEqual([ax.get_title()[:7] for ax in figure.axes[:4:2]], ["step 2,", "step 50"])
        self.assertEqual((figure.get_figwidth(), figure.axes[0].get_xlim(), figure.axes[0].get_yscale()), (3.4, (-0.5, 0.25), "log"))
        self.assertNotIn("discrete Fokker-Planck", labels(figure))
        for words, wrong in (("no output step '3'", ["--steps", "3"]), ("no model 'lang'", ["--models", "lang"]), ("expected AXIS", ["--range", "1"]),
                             ("2 is not below 1", ["--range", "a1=2:1"]), ("the box reaches from", ["--range", "a1=50:60"]), ("has the axes a1", ["--range", "a2=0:1"])):
            with self.assertRaisesRegex(SystemExit, words):
                plot.main([self.folder.name, *wrong])

    def test_words_have_room(self):
        """In a journal's column no word leaves the page, no title or tick label lies on its neighbour."""
        makers = [(lambda f: fake_run.make(f, 1, n=(60, 1, 1)), ["density", "distances", "resolution"]),
                  (lambda f: fake_run.make(f, 2, n=(30, 20, 1)), ["density", "marginals"]),
                  (lambda f: fake_run.make_stationary(f, 1), ["stationary"]), (fake_run.make_sample, ["modes", "agreement"])]
        for make, names in makers:
            with tempfile.TemporaryDirectory() as folder:
                make(folder)
                run = reader.Run(folder)
                options = plot.Options(size=(style.WIDTHS["one"], None), titles=False, names=names)
                for name, figure in plot.figures(run, options).items():
                    with self.subTest(name=name, dim=run.dim if run.file else None):
                        self.words_have_room(figure)

    def test_rates_of_many_models_have_room(self):
        """In a column the legend takes a line a model: it lies below the panels, not in their place."""
        fake_run.make_stationary(self.folder.name, 1)
        with h5py.File(os.path.join(self.folder.name, "stationary.h5"), "a") as file, open(os.path.join(self.folder.name, "stationary.json")) as found:
            found = json.load(found)
            for k in range(8):
                file.copy("master", f"a_model_with_a_long_name_{k}")
                found["models"][f"a_model_with_a_long_name_{k}"] = {"eigenvalues": found["models"]["master"]["eigenvalues"]}
        for model in found["models"].values():
            model.pop("basins", None), model.pop("passages", None)
        with open(os.path.join(self.folder.name, "stationary.json"), "w") as file:
            json.dump(found, file)
        options = plot.Options(size=(style.WIDTHS["one"], None), names=["stationary"])
        figure = plot.figures(reader.Run(self.folder.name), options)["stationary_rates"]
        self.words_have_room(figure)
        self.assertGreater(figure.axes[0].get_window_extent().height / figure.dpi, 0.8)

    def test_many_models_leave_the_panels_their_height(self):
        """In a column, of ten models as of three: where no height is asked for, the figure is higher by the legend's lines."""
        models = fake_run.MODELS
        fake_run.MODELS = models + tuple(f"a_model_with_a_long_name_{k}" for k in range(8))
        try:
            fake_run.make(self.folder.name, 1, n=(60, 1, 1))
        finally:
            fake_run.MODELS = models
        names = ["density", "marginals", "variance", "distances", "resolution"]
        options = plot.Options(size=(style.WIDTHS["one"], None), names=names)
        done = plot.figures(reader.Run(self.folder.name), options)
        self.assertEqual(sorted(done), sorted(names))
        for name, figure in done.items():
            with self.subTest(name=name):
                self.words_have_room(figure)
                self.assertGreater(figure.axes[0].get_window_extent().height / figure.dpi, 0.45)

    def test_report_of_an_empty_folder(self):
        with mock.patch("sys.argv", ["report.py", self.folder.name]), self.assertRaisesRegex(SystemExit, "empty; give the folder"):
            report.main()
        self.assertEqual(os.listdir(self.folder.name), [])

    def words_have_room(self, figure):
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        with plot.matplotlib.rc_context(style.SETTINGS):
            FigureCanvasAgg(figure).draw()
        box = lambda text: text.get_window_extent()  # noqa: E731
        axes = [ax for ax in figure.axes if ax.get_visible()]
        rows = [[ax.title for ax in axes]] + [[t for t in axis.get_ticklabels() if axis.get_view_interval()[0] <= t.get_position()[k] <= axis.get_view_interval()[1]]
                                             for ax in axes for k, axis in enumerate((ax.xaxis, ax.yaxis)) if axis.get_scale() == "linear"]
        for row in rows:
            shown = [t for t in row if t.get_text() and t.get_visible()]
            for k, t in enumerate(shown):
                for other in shown[:k]:
                    self.assertFalse(box(t).overlaps(box(other)), f"'{t.get_text()}' lies on '{other.get_text()}'")
        for text in [ax.title for ax in axes] + [axis.label for ax in axes for axis in (ax.xaxis, ax.yaxis)]:
            if text.get_text() and text.get_visible():
                low, high = box(text).min, box(text).max
                inside = low.min() > -2 and (high < np.array(figure.bbox.size) + 2).all()
                self.assertTrue(inside, f"'{text.get_text()}' leaves the page")

    def test_one_look_for_each_model(self):
        """Colour and dashes belong to the model's name, not to its place in the case."""
        fake_run.make(self.folder.name, 1, n=(30, 1, 1))
        run = reader.Run(self.folder.name)
        first = style.line(run, "langevin")
        run.models = ["langevin", "mine", "master"]
        self.assertEqual((first["color"], first["linestyle"]), (style.line(run, "langevin")["color"], style.line(run, "langevin")["linestyle"]))
        looks = [(c, str(d)) for c, d, _ in style.MODELS.values()] + [(c, str(d)) for c, d in style.OTHERS]
        self.assertEqual(len({c for c, _ in looks}) + 1, len(looks))  # log_matched and log_matched_2 are one

    def test_a_failed_model_is_marked(self):
        fake_run.make(self.folder.name, 1, n=(30, 1, 1))
        path = os.path.join(self.folder.name, "verdict.csv")
        with open(path) as file:
            head, *rows = file.read().splitlines()
        marked = [head + ",failure"] + [row.rsplit(",", 1)[0] + ",failed,a variance is negative" if row.startswith("langevin,50") else row + ","
                                        for row in rows]
        with open(path, "w") as file:
            file.write("\n".join(marked) + "\n")
        run = reader.Run(self.folder.name)
        self.assertEqual(run.failed("langevin"), (50, "a variance is negative"))
        self.assertIn("Langevin, failed at step 50", labels(plot.variance(run)["variance"]))


class Stationary(unittest.TestCase):
    def test_complex_modes(self):
        """A complex pair leaves an imaginary part beside the field; the figure is of the real parts."""
        import h5py

        with tempfile.TemporaryDirectory() as folder:
            fake_run.make_stationary(folder, 1)
            with h5py.File(os.path.join(folder, "stationary.h5"), "r+") as file:
                model = next(name for name in file if name != "grid")
                file[model]["eigenfunction_2_imaginary"] = file[model]["eigenfunction_2"][()]
            self.assertIn("stationary_modes", plot.figures(reader.Run(folder)))

    def test_waves_of_the_grid_are_left_out(self):
        """A function that changes sign from cell to cell is no mode of the equation, and would paint the panel."""
        import h5py

        with tempfile.TemporaryDirectory() as folder:
            fake_run.make_stationary(folder, 1)
            with h5py.File(os.path.join(folder, "stationary.h5"), "r+") as file:
                model = [name for name in file if name != "grid"][-1]
                values = file[model]["eigenfunction_2"]
                values[...] = (-1.0) ** np.arange(len(values))
            axes = plot.figures(reader.Run(folder))["stationary_modes"].axes
        self.assertIn(f"not resolved: {style.words(model)}", axes[0].get_title().replace("\n", " "))
        self.assertEqual(len(axes[0].lines), len(axes[1].lines) - 1)

    def test_densities_modes_sets_and_rates(self):
        for dim in (1, 2):
            with tempfile.TemporaryDirectory() as folder:
                fake_run.make_stationary(folder, dim)
                done = plot.figures(reader.Run(folder))
            self.assertEqual(list(done), ["stationary_density", "stationary_modes", "stationary_sets", "stationary_rates"])


class Sample(unittest.TestCase):
    def test_the_result_is_in_the_figure(self):
        with tempfile.TemporaryDirectory() as folder:
            fake_run.make_sample(folder)
            done = plot.figures(reader.Run(folder))
        self.assertEqual(list(done), ["modes", "modes_history"])
        self.assertIn("path-linearised (relative error 0.044)", labels(done["modes"]))


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

    def test_of_another_version(self):
        self.assert_refused("summary.json", '{"format": "sgdfp-summary-9"}', "summary.json: format 'sgdfp-summary-9', this reader knows")

    def test_not_hdf5(self):
        self.assert_refused("density.h5", "text", "density.h5: cannot be read as HDF5")

    def test_numbers_changed(self):
        """As valid HDF5, but no longer what the run measured."""
        with tempfile.TemporaryDirectory() as folder:
            fake_run.make(folder, 1, n=(30, 1, 1))
            with h5py.File(os.path.join(folder, "density.h5"), "r+") as file:
                file["density/langevin"][2] = np.nan
                file["density/master"][3] *= 1.001
            run = reader.Run(folder)
            run.density("langevin", 1)
            for model, index in (("langevin", 2), ("master", 3)):
                with self.assertRaisesRegex(reader.RunError, f"density.h5.*{model} at step.*moments.csv"):
                    run.density(model, index)


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

    def test_stopped_is_not_running(self):
        """A program that ended without a last word has left no lock; one that still writes has."""
        with tempfile.TemporaryDirectory() as folder:
            fake_run.make(folder, 1, n=(30, 1, 1))
            with open(os.path.join(folder, "status_run.json"), "w") as file:
                file.write('{"command": "run", "status": "running", "step": 50, "steps": 100}')
            self.assertIn("unfinished (stopped)", reader.Run(folder).label())
            with open(os.path.join(folder, "sgdfp.lock"), "w"):
                self.assertIn("unfinished (running)", reader.Run(folder).label())

    def test_no_answer_from_the_start(self):
        with tempfile.TemporaryDirectory() as folder:
            fake_run.make(folder, 1, n=(30, 1, 1))
            run = reader.Run(folder)
            run.moments = {m: {name: column[:1] for name, column in table.items()} for m, table in run.moments.items()}
            self.assertIn("None yet", " ".join(report_html.answer(run)))


class Report(unittest.TestCase):
    def test_report(self):
        with tempfile.TemporaryDirectory() as folder:
            fake_run.make(folder, 2, n=(30, 20, 1))
            run = reader.Run(folder)
            plot.save_all(run, plot.Options(names=["density"], formats=("png",)))
            with open(report.write(run)) as file:
                text = file.read()
        self.assertIn("the slice drifts by 0.3", text)
        self.assertIn("**langevin**: dp/dtau", text)
        self.assertIn("| l1 | discrete_fokker_planck (0.02), langevin (0.04) |", text)
        self.assertIn("| discrete_fokker_planck | marginal | marginal (first at step 20) |", text)
        self.assertIn("| l1 | 1e-09 | 0.0001 | 0.0001 |", text)
        self.assertIn("![Densities of the models](figures/density.png)", text)


class Page(unittest.TestCase):
    """report.html: one page, nothing from a network, for every command and for runs that are not finished."""

    def page(self, make, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            make(folder, *arguments)
            with open(report_html.write(reader.Run(folder)), encoding="utf-8") as file:
                text = file.read()
        self.assertNotRegex(text, r'(src|href)="(?!data:)')
        return text

    def test_run(self):
        text = self.page(fake_run.make, 1, (30, 1, 1))
        for words in ("learning rate 0.1 and batches of 32", "<b>Langevin</b>: variance", "∂<sub>i</sub>", "the slice drifts by 0.3",
                      'class="marginal"', "data:image/gif;base64,", "data:image/png;base64,", "5 confined, 2 diffusive, 1 unstable"):
            self.assertIn(words, text)

    def test_stationary(self):
        text = self.page(fake_run.make_stationary, 1)
        self.assertIn("Where do the models come to rest", text)
        self.assertRegex(text, r"<b>Langevin</b>: escape rate [^<]* times\)")
        self.assertIn("<td>to_the_left</td><td>master equation</td><td>20000</td>", text)

    def test_a_state_the_grid_does_not_carry(self):
        """Its numbers are not given beside the others', its density is not drawn, and the factors are to one that is carried."""
        def make(folder):
            fake_run.make_stationary(folder, 1)
            path = os.path.join(folder, "stationary.json")
            with open(path) as file:
                found = json.load(file)
            next(iter(found["models"].values()))["certificate"] = {"resolved": False}
            with open(path, "w") as file:
                json.dump(found, file)
            done = plot.figures(reader.Run(folder), plot.Options(names=["stationary"]))
            self.assertIn("master equation, not resolved", labels(done["stationary_density"]))
            self.assertTrue(np.isnan(done["stationary_density"].axes[0].lines[0].get_ydata()).all())

        text = self.page(make)
        self.assertIn("<b>master equation</b>: not resolved by the grid", text)
        self.assertNotRegex(text, r"<b>master equation</b>: escape rate")
        self.assertNotIn("Factors are beside the master equation", text)

    def test_nothing_was_kept(self):
        text = self.page(lambda folder: None)
        self.assertIn("Nothing was kept in this folder", text)
        self.assertNotIn("steps of SGD", text)

    def test_sample_shows_its_result_and_not_every_mode(self):
        text = self.page(fake_run.make_sample, 610)
        self.assertIn("<td>path</td><td>0.044</td><td>0.985</td>", text)
        self.assertIn("The first 16 of 610 modes", text)
        self.assertLess(text.count("<tr>"), 40)

    def test_unfinished(self):
        def make(folder):
            fake_run.make(folder, 1, n=(30, 1, 1))
            with open(os.path.join(folder, "status_run.json"), "w") as file:
                file.write('{"command": "run", "status": "interrupted", "step": 50, "steps": 100}')

        self.assertIn("This run is not complete: step 50 of 100, unfinished (interrupted).", self.page(make))


if __name__ == "__main__":
    unittest.main()
