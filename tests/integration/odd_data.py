#!/usr/bin/env python3
"""Data files as they come from other programs: read right, or refused in one line that names the file and the place.
    odd_data.py SGDFP FOLDER"""
import gzip
import os
import shutil
import subprocess
import sys

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"skipped: {error} (apt-get install python3-h5py)")
    sys.exit(77)

CASE = """landscape: {family: softmax, l2: 1.0e-2, data: {source: %s, %s}}
reference_point: {minimize: true}
sgd: {learning_rate: 0.1, steps: 1, batch_size: 1}
models: [master]
"""
RNG = np.random.default_rng(1)
X = np.round(RNG.normal(size=(60, 2)) + np.arange(60)[:, None] % 3, 3)
Y = np.arange(60) % 3
X = np.vstack([X, X[:1]])
Y = np.append(Y, 0)


def csv(header="", separator=",", decimal=".", label=lambda y: f"{y}", cell=lambda x: x, end="\n", x=X):
    rows = [separator.join([cell(f"{v:.3f}".replace(".", decimal)) for v in row] + [label(y)]) for row, y in zip(x, Y)]
    return (header + end.join(rows) + end).encode()


def hdf5(path, x=X, y=Y, **storage):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=x, **storage)
        file["y"] = y


def idx(path, data, magic=(0, 0, 8)):
    data = np.asarray(data, dtype=np.uint8)
    with open(path, "wb") as file:
        file.write(bytes([*magic, data.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in data.shape) + data.tobytes())


def hole(at, text):
    lines = csv().decode().splitlines()
    lines[at] = lines[at].replace(lines[at].split(",")[1], text)
    return "\n".join(lines).encode()


# (what, content of the CSV file, words of the error or None: the numbers of the plain table)
TABLES = [
    ("plain", csv(), None),
    ("semicolons, decimal points", csv(separator=";"), None),
    ("semicolons, decimal commas", csv(separator=";", decimal=","), None),
    ("semicolons, decimal commas, exponents", csv(separator=";", decimal=",", cell=lambda v: v + "e0"), None),
    ("tabs", csv(separator="\t"), None),
    ("tabs, decimal commas, CR LF", csv(separator="\t", decimal=",", end="\r\n"), None),
    ("blanks", csv(separator=" "), None),
    ("quoted labels", csv(label=lambda y: f'"{y}"'), None),
    ("every cell quoted, decimal commas", csv(decimal=",", cell=lambda v: f'"{v}"'), None),
    ("float labels", csv(label=lambda y: f"{y}.0"), None),
    ("labels from 1", csv(label=lambda y: f"{y + 1}"), None),
    ("labels with gaps", csv(label=lambda y: f"{10 * y * y - 7}"), None),
    ("years", csv(label=lambda y: f"{1990 + 8 * y}"), None),
    ("a header", csv(header="a,b,class\n"), None),
    ("a header of column numbers", csv(header="0,1,64\n"), None),
    ("a header of column numbers and a name", csv(header="0,1,class\n"), None),
    ("a header of sizes", csv(header="64,64,10\n"), ["landscape.data.header", "(64, 64, ..)"]),
    ("a mark, comments, blank lines", b"\xef\xbb\xbf# a comment\n\n" + csv(header="a,b,class\n"), None),
    ("gzip", gzip.compress(csv()), None),
    ("separators mixed", csv() + b"1.0;2.0;0\n", [":62:", "';'"]),
    ("nan", hole(4, "nan"), [":5:", "column 2", "'nan'"]),
    ("NA", hole(4, "NA"), [":5:", "column 2", "'NA'"]),
    ("an empty cell", hole(4, ""), [":5:", "is not a number"]),
    ("a header of another width", csv(header="a,b\n"), [":2:", "3 columns", "header (line 1)"]),
    ("thousands", csv(separator=";") + b"1,234.5;2.0;0\n", [":62:", "column 1"]),
    ("names as labels", csv(label=lambda y: "abc"[y] + "x"), [":1:", "column 3", "is not a number"]),
    ("UTF-16", csv().decode().encode("utf-16"), [":1:", "UTF-16"]),
    ("the index of pandas", b",a,b,class\n0,1.5,2,0\n1,2,3,1\n", [":1:", "column 1 has no name"]),
]


def hdf5_files(folder):
    h = os.path.join(folder, "d.h5")
    yield "HDF5, double", lambda: hdf5(h), None
    yield "HDF5, big-endian", lambda: hdf5(h, X.astype(">f8"), Y.astype(">i4")), None
    yield "HDF5, single precision", lambda: hdf5(h, X.astype("f4")), 1e-6
    yield "HDF5, half precision", lambda: hdf5(h, X.astype("f2")), 1e-2
    yield "HDF5, labels as floats, from 1", lambda: hdf5(h, X, Y + 1.0), None
    yield "HDF5, gzip", lambda: hdf5(h, compression="gzip"), None
    yield "HDF5, lzf", lambda: hdf5(h, compression="lzf"), ["lzf", "32000", "'x'"]
    yield "HDF5, complex", lambda: hdf5(h, X + 1j), ["'x'", "not an array of numbers"]
    yield "HDF5, dimensions exchanged", lambda: hdf5(h, X.T.copy()), ["2 samples", "61 labels"]
    yield "HDF5, labels one-hot", lambda: hdf5(h, X, np.eye(3)[Y]), ["3 numbers a sample: one label a sample is expected"]
    yield "HDF5, labels with nan", lambda: hdf5(h, X, np.where(Y == 1, np.nan, Y)), ["label nan of sample 1"]
    yield "HDF5, features with nan", lambda: hdf5(h, np.where(X == X[7], np.nan, X)), ["sample 7", "not a finite number"]


def idx_files(folder):
    a, b = os.path.join(folder, "images"), os.path.join(folder, "labels")
    pictures = RNG.integers(0, 256, size=(61, 2, 2))
    yield "IDX", lambda: (idx(a, pictures), idx(b, Y)), "any"
    yield "IDX of another type", lambda: (idx(a, pictures, (0, 0, 13)), idx(b, Y)), ["images", "not an IDX file"]
    yield "IDX, labels for images", lambda: (idx(a, Y), idx(b, Y)), ["images", "not an IDX file of images"]
    yield "IDX, fewer labels", lambda: (idx(a, pictures), idx(b, Y[:-1])), ["61 images", "60 labels"]
    yield "IDX, more bytes than its header says", lambda: (idx(a, pictures), idx(b, Y), open(a, "ab").write(b"1")), ["images", "more"]


def run(program, folder, source, keys):
    case = os.path.join(folder, "case.yaml")
    with open(case, "w") as file:
        file.write(CASE % (source, keys))
    shutil.rmtree(os.path.join(folder, "out"), ignore_errors=True)
    done = subprocess.run([program, "spectrum", case, "-o", os.path.join(folder, "out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    losses = [line for line in done.stdout.splitlines() if line.startswith("Reference point: loss")]
    return done, float(losses[0].split("loss")[1].split(",")[0]) if losses else None


def verdict(what, done, loss, expected, truth):
    """expected: words of an error, or a relative tolerance, or None (to the printed digits), or "any"."""
    if isinstance(expected, list):
        lines = done.stderr.splitlines()
        lines = [line for line in lines if "warning" not in line]
        bad = done.returncode not in (2, 4) or len(lines) != 1 or not all(word in done.stderr for word in expected)
    else:
        bad = done.returncode != 0 or loss is None
        bad = bad or (expected != "any" and abs(loss - truth) > (expected or 1e-9) * truth)
    print(f"{'FAILED' if bad else 'ok'}: {what}")
    if bad:
        print(f"  exit {done.returncode}, loss {loss}, expected {expected or truth}\n  {done.stderr[-400:]}")
    return bad


def main():
    program, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    os.makedirs(folder, exist_ok=True)
    failed, truth, path = 0, None, os.path.join(folder, "d.csv")
    for what, content, words in TABLES:
        with open(path, "wb") as file:
            file.write(content)
        done, loss = run(program, folder, "csv", f"file: {path}")
        truth = truth or loss
        failed += verdict(what, done, loss, words, truth)
    for what, write, expected in hdf5_files(folder):
        write()
        done, loss = run(program, folder, "hdf5", f"file: {folder}/d.h5")
        failed += verdict(what, done, loss, expected, truth)
    for what, write, expected in idx_files(folder):
        write()
        done, loss = run(program, folder, "idx", f"file: {folder}/images, labels: {folder}/labels")
        failed += verdict(what, done, loss, expected, truth)
    sys.exit(f"{failed} failed" if failed else 0)


if __name__ == "__main__":
    main()
