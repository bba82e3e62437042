"""The one reader of what a run leaves in its folder (solver/ARCHITECTURE.md, "What a run leaves").

    run = sgdfp.open("out")
    run["master"]                                      density [T, (nz,) ny, nx] with coordinates step, tau, a1 ..
    run.field("loss")                                  the landscape on the slice, with coordinates (run.fields: names)
    run.models, run.reference, run.steps, run.tau      names; name; [T] steps and times
    run.density("master", -1)                          [(nz,) ny, nx] density at an output step
    run.moments["master"]["cov_11"]                    columns of moments.csv, by model
    run.every_step("master")["cov_11"]                the same at every step where the model stood: mass, mean, cov
    run.distances["langevin"]["l1"]                    columns of distances.csv, by model
    run.verdicts["master"]["verdict"], run.errors      of verdict.csv and errors.csv, by model
    run.spectrum["eigenvalue"], run.summary, ...       None where the run left no such file

Files that are missing are None; files that are there and cannot be understood raise RunError with a readable message.
"""
import csv
import json
import os
import re

import h5py
import numpy as np

from sgdfp.arrays import labelled

FORMAT = "sgdfp-density-1"
SUMMARY = "sgdfp-summary-1"
MASS_TOLERANCE = 1e-8  # moments.csv is written with more digits
WORDS = ("model", "reference", "regime", "name", "group", "verdict", "failure", "prediction", "passage")  # columns of the tables that hold text


class RunError(Exception):
    """Something about the folder that the user should know; the message names the file."""


def _text(value):
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _number(text):
    try:
        return float(text)
    except ValueError:
        return float("nan")


def read_table(path):
    """A CSV file as {column: array or list of words}; None if there is none."""
    if not os.path.exists(path):
        return None
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
        if not rows:
            return None
    if any(None in row or None in row.values() for row in rows):
        raise RunError(f"{path}: a line has more or fewer columns than the header; was the run cut short?")
    return {
        name: [row[name] for row in rows] if name in WORDS else np.array([_number(row[name]) for row in rows])
        for name in rows[0]
    }


def by_model(table):
    """Split a table by its column `model`, in order of appearance."""
    if table is None:
        return {}
    parts = {}
    for model in dict.fromkeys(table["model"]):
        rows = [i for i, m in enumerate(table["model"]) if m == model]
        parts[model] = {k: [v[i] for i in rows] if isinstance(v, list) else v[rows] for k, v in table.items()}
    return parts


def read_json(path):
    if not os.path.exists(path):
        return None
    try:
        with open(path) as file:
            return json.load(file)
    except ValueError as error:
        raise RunError(f"{path}: not valid JSON ({error})") from None


class Run:
    """One run's folder. Densities are read when asked for; everything else at once."""

    def __init__(self, folder):
        self.folder = folder
        if not os.path.isdir(folder):
            raise RunError(f"{folder}: no such folder; give the folder that sgdfp wrote (-o DIR)")
        self.summary = read_json(self.path("summary.json")) or {}
        if self.summary.get("format", SUMMARY) != SUMMARY:
            raise RunError(f"{self.path('summary.json')}: format '{self.summary['format']}', this reader knows '{SUMMARY}'")
        self.environment = read_json(self.path("environment.json")) or {}
        names = [f"status_{command}.json" for command in ("run", "sample", "stationary", "modes", "spectrum")]
        self.status = next((found for found in (read_json(self.path(name)) for name in names) if found), {})
        self.moments = by_model(read_table(self.path("moments.csv")))
        self.between = by_model(read_table(self.path("moments_every_step.csv")))
        self.distances = by_model(read_table(self.path("distances.csv")))
        self.verdicts = by_model(read_table(self.path("verdict.csv")))
        self.errors = by_model(read_table(self.path("errors.csv")))
        self.sampling = by_model(read_table(self.path("sampling_errors.csv")))  # where a model was measured
        self.spectrum = read_table(self.path("spectrum.csv"))
        self.spectral_density = read_table(self.path("spectral_density.csv"))
        self.case = self._read_case()
        self.file = self._open_density()
        self.models, self.dim, self.fields = [], 0, []
        if self.file:
            try:
                self._read_density_file()
            except (OSError, AttributeError, KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
                raise RunError(f"{self.path('density.h5')}: damaged, or not written by sgdfp ({error})") from None
        else:
            self.reference = next((d["reference"][0] for d in self.distances.values()), None)
            self.models = list(self.moments)
            self.learning_rate = self.sgd_number("learning_rate")
        if self.reference in self.models:  # the reference first, in every figure and table
            self.models.sort(key=lambda model: model != self.reference)
        self.batch = self.sgd_number("batch_size")

    def path(self, name):
        return os.path.join(self.folder, name)

    def _read_case(self):
        if not os.path.exists(self.path("case.yaml")):
            return ""
        with open(self.path("case.yaml")) as file:
            return file.read()

    def case_name(self):
        found = re.search(r"^name:\s*(\S.*)$", self.case, re.MULTILINE)
        return found.group(1).strip("'\" ") if found else ""

    def sgd_number(self, key):
        """A number of the summary or else of the case's section `sgd` (no YAML reader is needed for that); or None."""
        if isinstance(self.summary.get(key), (int, float)):
            return float(self.summary[key])
        section = re.search(r"^sgd:\s*\n((?:[ \t]+.*\n?)*)", self.case, re.MULTILINE)
        found = section and re.search(rf"^\s*{key}:\s*([-+0-9.eE]+)\s*$", section.group(1), re.MULTILINE)
        return float(found.group(1)) if found else None

    def _open_density(self):
        path = self.path("density.h5")
        if not os.path.exists(path):
            return None
        os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
        try:
            file = h5py.File(path, "r")
        except OSError as error:
            raise RunError(f"{path}: cannot be read as HDF5 ({error})") from None
        found = _text(file.attrs.get("format", "none"))
        if found != FORMAT:
            raise RunError(f"{path}: format '{found}', this reader knows '{FORMAT}'")
        return file

    def _read_density_file(self):
        attributes, grid = self.file.attrs, self.file["grid"]
        self.dim = len(np.atleast_1d(grid.attrs["n"]))
        self.h = np.atleast_1d(grid.attrs["h"])
        self.centres = [grid[a][()] for a in "xyz"[: self.dim]]
        self.edges = [grid[a + "_edges"][()] for a in "xyz"[: self.dim]]
        self.steps = self.file["steps/n"][()]
        self.tau = self.file["steps/tau"][()]
        self.models = list(self.moments) or list(self.file["density"])
        self.reference = _text(attributes["reference"])
        self.learning_rate = float(attributes["learning_rate"])
        self.case = self.case or _text(attributes["case"])
        shape = tuple(len(x) for x in reversed(self.centres))
        self.fields = [k for k, v in self.file["slice"].items() if v.shape == shape and k != "lambda"]  # loss, g_1 .., C_11 ..
        for model, density in self.file["density"].items():
            if density.shape[1:] != shape or len(density) < len(self.steps):
                raise ValueError(f"/density/{model} has the shape {density.shape}, for {len(self.steps)} steps on {shape} cells")

        self._check_steps_and_grid(grid.attrs)

    def _check_steps_and_grid(self, attributes):
        """What is there twice must agree."""
        for k, (x, ends) in enumerate(zip(self.centres, self.edges)):
            low, high, n = (np.atleast_1d(attributes[name])[k] for name in ("min", "max", "n"))
            if len(x) != n or len(ends) != n + 1 or not np.allclose([x[0] - self.h[k] / 2, x[-1] + self.h[k] / 2, high], [low, high, low + n * self.h[k]], rtol=1e-12, atol=1e-9 * self.h[k]):
                raise ValueError(f"/grid: min, max, n, h and the cells of axis {k + 1} do not agree")
        for model, table in self.moments.items():
            n = min(len(self.steps), len(table["step"]))
            if not (np.array_equal(self.steps[:n], table["step"][:n]) and np.allclose(self.tau[:n], table["tau"][:n], rtol=1e-12, atol=0)):
                raise ValueError(f"/steps does not agree with moments.csv of {model}")

    def _coordinates(self):
        return {f"a{k + 1}": (f"a{k + 1}", x) for k, x in enumerate(self.centres)}

    def _axes(self):
        return [f"a{k + 1}" for k in reversed(range(self.dim))]

    def __getitem__(self, model):
        """The density of a model at all output steps, with coordinates."""
        if self.file is None or model not in self.file["density"]:
            raise RunError(f"{self.folder}: no density of '{model}'; there are: {', '.join(self.densities()) or 'none'}")
        coords = {"step": ("step", self.steps), "tau": ("step", self.tau), **self._coordinates()}
        unit = "1/parameter unit" + (f"^{self.dim}" if self.dim > 1 else "")
        return labelled(self._checked(model, slice(len(self.steps))), ["step", *self._axes()], coords, model, unit)

    def densities(self):
        """Names of the models whose density is in the file."""
        return [m for m in self.models if self.file and m in self.file["density"]]

    def field(self, name):
        """A field on the slice, [(nz,) ny, nx] with coordinates: loss, mean gradient g_a, covariance C_ab of the batch."""
        if name not in self.fields:
            raise RunError(f"{self.folder}: no field '{name}'; there are: {', '.join(self.fields) or 'none'}")
        unit = {"l": "loss", "g": "loss/parameter unit", "C": "(loss/parameter unit)^2"}.get(name[0], "")
        values = self._read(self.file["slice"][name], (), f"{self.path('density.h5')}: /slice/{name}")
        return labelled(values, self._axes(), self._coordinates(), name, unit)

    def standard_error(self, model, name):
        """Of a column of moments.csv or distances.csv at all output steps; None where the model has no sampling error."""
        error = self.sampling.get(model, {}).get(name)
        return error if error is not None and np.any(error > 0) else None

    def table(self, name):
        """A table of the folder as {column: array}, or None."""
        return read_table(self.path(name))

    @property
    def modes(self):
        return self.table("modes.csv")

    @property
    def stationary(self):
        """stationary.json of the command `stationary`, or None."""
        return read_json(self.path("stationary.json"))

    def stationary_density(self, model, which="density"):
        """The stationary density of a model (or eigenfunction_K, membership_K, passage..), with coordinates, or None."""
        if not os.path.exists(self.path("stationary.h5")):
            return None
        with h5py.File(self.path("stationary.h5"), "r") as file:
            if model not in file or which not in file[model]:
                raise RunError(f"{self.path('stationary.h5')}: no {model}/{which}")
            axes = [a for a in "xyz" if a in file["grid"]]
            coords = {f"a{k + 1}": (f"a{k + 1}", file["grid"][a][()]) for k, a in enumerate(axes)}
            return labelled(file[model][which][()], list(reversed(coords)), coords, f"{model} {which}", "")

    def density(self, model, index):
        """Density at output step `index` (negative counts from the end), [(nz,) ny, nx], per parameter unit^d."""
        return self._checked(model, range(len(self.steps))[index])

    def _checked(self, model, which):
        """Densities of a model at one output step or a slice of them, whose mass must be that of moments.csv."""
        path, moments = f"{self.path('density.h5')}: /density/{model}", self.moments.get(model, {})
        density = self._read(self.file["density"][model], which, path)
        mass = np.atleast_1d(density.sum(axis=tuple(range(-self.dim, 0)))) * np.prod(self.h)
        known = dict(zip(moments.get("step", ()), moments.get("mass", ())))
        for step, found in zip(np.atleast_1d(self.steps[which]), mass):
            if step in known and not abs(found - known[step]) <= MASS_TOLERANCE * max(1, abs(known[step])) and known[step] == known[step]:
                raise RunError(f"{path} at step {step}: mass {found:.9g}, where moments.csv has {known[step]:.9g}: one of the two is damaged or another run's")
        return density

    def _read(self, data, which, path):
        try:
            return data[which]
        except (OSError, TypeError, ValueError, RuntimeError) as error:
            raise RunError(f"{path} cannot be read, it is damaged ({error})") from None

    def marginal(self, model, index, axis):
        """Density of one coordinate: the others integrated out."""
        return self.projection(model, index, (axis,))

    def projection(self, model, index, axes):
        """Density of some of the coordinates, slowest first: the others integrated out."""
        density = self.density(model, index)
        away = [a for a in range(self.dim) if a not in axes]
        width = np.prod([self.h[a] for a in away])  # 1 for none
        return density.sum(axis=tuple(self.dim - 1 - a for a in away)) * width

    def axis_lambda(self, axis):
        """Hessian eigenvalue of a slice axis; None if the file does not say."""
        values = self.file and self.file["slice"].get("lambda")
        return float(values[axis]) if values is not None else None

    def axis_name(self, axis):
        """What an axis is, e.g. 'sharpest (mode 1)'; empty if the file does not say."""
        return _text(self.file["slice"].attrs.get(f"axis_{axis + 1}", "")) if self.file else ""

    def unfinished(self):
        """"step 50 of 100, unfinished (interrupted)", or nothing where the run is complete."""
        status = self.status.get("status", "finished")
        if status == "finished":
            return ""
        if status == "running" and not os.path.exists(self.path("sgdfp.lock")):
            status = "stopped"  # between two checkpoints, where nothing could be written any more
        if self.status.get("command", "run") != "run":
            return f"{self.status['command']}: {status}"
        return f"step {self.status.get('step')} of {self.status.get('steps')}, unfinished ({status})"

    def failed(self, model):
        """(step, reason) of a model that failed on the way, else None (verdict.csv)."""
        table = self.verdicts.get(model)
        if table is None or "failed" not in table["verdict"]:
            return None
        row = table["verdict"].index("failed")
        step = (self.summary.get("models", {}).get(model, {}).get("failed") or {}).get("step", table["step"][row])
        return int(step), table.get("failure", [""] * (row + 1))[row]

    def every_step(self, model):
        """The moments of a model at every step where the run kept them, else at the output steps."""
        return self.between.get(model) or self.moments[model]

    def label(self):
        """The settings that every figure names, and whether the run is complete."""
        parts = [self.unfinished()] if self.unfinished() else []
        if self.learning_rate is not None:
            parts.append(f"learning rate η = {self.learning_rate:g}")
        if self.batch is not None:
            parts.append(f"batch {self.batch:g}")
        return ", ".join(parts)
