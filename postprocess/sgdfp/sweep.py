"""The table of a sweep, and its figures: a quantity against one varied key with its exponent, or over two keys.

    import sgdfp
    s = sgdfp.sweep("out/sweep")
    s.keys, s.models                        varied keys with their values; models
    s["master.cov_11"]                      array over the keys' grid, NaN where a run has no such number
    s.exponent("master.cov_11", "sgd.learning_rate")      (slope, standard error) in logarithms
"""
import csv
import json
import os
import re

import numpy as np

from sgdfp.reader import RunError


OTHERS = re.compile(r"\d+ of \d+ models failed ")  # why a run ended with exit code 3: not by all of its numbers


def number(text):
    try:
        return float(text)
    except ValueError:
        return np.nan


class Sweep:
    """keys {name: [values as text]} in the order of the table; the last key's value changes first from row to row."""

    FIXED = ("run", "folder", "exit", "warnings", "seconds", "message")

    def __init__(self, folder):
        self.folder = folder
        path = os.path.join(folder, "sweep.csv")
        try:
            with open(os.path.join(folder, "sweep.json"), encoding="utf-8") as file:
                self.keys = json.load(file)["keys"]
            with open(path, newline="", encoding="utf-8") as file:
                self.rows = list(csv.DictReader(file))
        except OSError as error:
            raise RunError(f"{error.filename}: cannot read it: {error.strerror}; sgdfp sweep writes it") from error
        except (ValueError, KeyError) as error:
            raise RunError(f"{folder}/sweep.json: no list of keys is in it") from error
        self.shape = tuple(len(values) for values in self.keys.values())
        if int(np.prod(self.shape)) != len(self.rows):
            raise RunError(f"{path}: {len(self.rows)} rows are no grid of {' x '.join(map(str, self.shape))} runs")
        self.columns = [name for name in self.rows[0] if name not in self.FIXED]

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def models(self):
        names = [name.split(".")[0] for name in self.columns if name not in self.keys and "." in name]
        return list(dict.fromkeys(names))

    def values(self, key):
        """The values of a key as numbers, or their numbers 0, 1, .. where they are words."""
        found = np.array([number(value) for value in self.keys[key]])
        return found if np.isfinite(found).all() else np.arange(len(found), dtype=float)

    def text(self, column):
        return np.array([row[column] for row in self.rows], dtype=object).reshape(self.shape)

    def __getitem__(self, column):
        if column not in self.columns and column not in self.FIXED:
            raise RunError(f"{self.folder}/sweep.csv: no column {column}")
        return np.array([number(row[column]) for row in self.rows]).reshape(self.shape)

    @property
    def trusted(self):
        """Where a run ended with exit code 0."""
        return self.text("exit") == "0"

    def trusts(self, model):
        """Where a model's numbers are: a run in which another model failed keeps this one's."""
        name = f"{model}.failed.step"
        own = self.text(name) == "" if name in self.columns else np.full(self.shape, True)
        others = np.vectorize(lambda message: bool(OTHERS.match(message)), otypes=[bool])(self.text("message"))
        return self.trusted | (own & others)

    def exponent(self, column, key):
        """Slope of log(column) against log(key) over all other keys' values together, each with a constant of its own,
        and its standard error from the residuals (NaN where they leave none); only trusted, positive values count."""
        axis = list(self.keys).index(key)
        y = np.moveaxis(np.where(self.trusts(column.split(".")[0]), self[column], np.nan), axis, 0).reshape(self.shape[axis], -1)
        x = np.broadcast_to(self.values(key)[:, None], y.shape)
        good = np.isfinite(y) & (y > 0) & (x > 0)
        lx, ly = np.log(np.where(good, x, 1)), np.log(np.where(good, y, 1))
        count = np.maximum(good.sum(0), 1)
        lx, ly = ((v - np.where(good, v, 0).sum(0) / count) * good for v in (lx, ly))
        spread, free = (lx**2).sum(), good.sum() - (good.sum(0) > 0).sum() - 1
        if spread == 0:
            return np.nan, np.nan
        slope = (lx * ly).sum() / spread
        residual = ((ly - slope * lx) ** 2).sum()
        return slope, np.sqrt(residual / free / spread) if free > 0 else np.nan

    def slopes(self, column, key):
        """Slopes in logarithms between neighbouring values of a key, [values - 1, combinations of the others]; and by how much
        (root mean square, in logarithms) the numbers are off one common power law."""
        axis = list(self.keys).index(key)
        y = np.moveaxis(np.where(self.trusts(column.split(".")[0]), self[column], np.nan), axis, 0).reshape(self.shape[axis], -1)
        x = self.values(key)
        with np.errstate(all="ignore"):
            lx, ly = np.log(x)[:, None], np.log(y)
            off = ly - self.exponent(column, key)[0] * lx
            off = off - np.nanmean(np.where(np.isfinite(off), off, np.nan), axis=0)
            return np.diff(ly, axis=0) / np.diff(lx, axis=0), float(np.sqrt(np.nanmean(off[np.isfinite(off)] ** 2)))


def sweep(folder):
    """The sweep in `folder` (sgdfp sweep -o DIR); RunError with a readable message where it cannot be read."""
    return Sweep(folder)
