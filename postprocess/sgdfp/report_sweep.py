"""DIR/report.html of a sweep: what was varied, its figures, the exponents, every run with its end."""
import html

import matplotlib

from sgdfp import plot_sweep, reader, report_html, style
from sgdfp.sweep import Sweep

ROWS = 100  # runs listed; the table file holds all


def plain(name):
    """As figures name it, without their mathematics."""
    return plot_sweep._words(name).replace("$a_", "a").replace("$", "")


def caption(s, name):
    quantity, _, _ = name.removeprefix("sweep_").rpartition("_map")
    if quantity:
        return f"{plain(quantity)[:1].upper()}{plain(quantity)[1:]} over both keys; white: no number."
    key = next(k for k in s.keys if name.endswith(f"_{k}"))
    quantity = name.removeprefix("sweep_").removesuffix(f"_{key}")
    return f"{plain(quantity)[:1].upper()}{plain(quantity)[1:]} at the end against {plain(key)}; a line for each combination of the other keys."


def question(s):
    values = "; ".join(f"{html.escape(plot_sweep.WORDS.get(key, key))} in {html.escape(found[0])} .. {html.escape(found[-1])} ({len(found)} values)"
                       for key, found in s.keys.items())
    models = ", ".join(html.escape(style.words(m)) for m in s.models) or "no model"
    return ["<h2>The question</h2>", f"<p>How do the results change over {len(s.rows)} runs with {values}? Models: {models}.</p>"]


def ends(s):
    done = sum(row["exit"] == "0" for row in s.rows)
    waiting = sum(row["message"] == "not done" for row in s.rows)
    text = f"{done} of {len(s.rows)} runs ended without a failure" + (f"; {waiting} are not done" if waiting else "")
    lines = [f"<p>{text}.</p>"] if done == len(s.rows) else [f'<p class="warn">{text}: the column message below says why.</p>']
    found = [row for row in s.rows if row["exit"] != "0"] + [row for row in s.rows if row["exit"] == "0"]
    rows = [[*[row[key] for key in s.keys], row["exit"], row["warnings"], row["seconds"], row["message"].partition(";")[0] or "–"] for row in found[:ROWS]]
    more = f"<p>The first {ROWS}, failures first; all: sweep.csv.</p>" if len(found) > ROWS else ""
    return ["<h2>The runs</h2>", *lines, more, report_html.table([*map(plain, s.keys), "exit", "warnings", "seconds", "message"], rows)]


def exponents(s):
    rows = []
    for key in (k for k, values in s.keys.items() if len(values) > 2 and plot_sweep._ratio(s.values(k))):
        for quantity in (q for q in plot_sweep.DEFAULT if plot_sweep._models(s, q)):
            rows += [[plain(quantity), plain(key), style.words(m),
                      plot_sweep._exponent(s, f"{m}.{quantity}", key).lstrip(", ") or "–"] for m in plot_sweep._models(s, quantity)]
    return ["<h2>Exponents</h2>", report_html.table(["quantity", "against", "model", "fit in logarithms"], rows)] if rows else []


def write(folder):
    """Draw and write DIR/report.html; its path."""
    s, run = Sweep(folder), reader.Run(folder)
    with matplotlib.rc_context(style.SETTINGS):
        drawn = plot_sweep.figures(s)
        figures = [report_html.figure(name, figure, caption(s, name)) for name, figure in drawn.items()]
    parts = [f"<h1>Sweep of {html.escape((run.case_name() or folder).replace('_', ' '))}</h1>", *question(s), "<h2>Results</h2>", *(figures or ["<p>No key has two values with numbers to draw.</p>"]),
             *exponents(s), *ends(s), *report_html.provenance(run)]
    return report_html.page(run, parts)
