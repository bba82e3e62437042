"""Write DIR/report.html, one page that reads as a short paper and needs no network, and DIR/report.md, its tables as text.

    postprocess/python.sh postprocess/report.py DIR
"""
import math
import os
import sys

from sgdfp import reader, report_html, report_sweep

FIGURES = (
    ("density", "Densities of the models"),
    ("density_difference", "Differences from the reference"),
    ("marginals", "Marginal densities"),
    ("variance", "Variance along each axis, with the closed theory"),
    ("distances", "Distances to the reference"),
    ("spectrum", "Hessian spectrum and regimes"),
    ("resolution", "Resolution of the grid"),
    ("errors", "Estimated errors"),
)

ROWS = 20  # modes listed


def number(value):
    if isinstance(value, str):
        return value
    return "-" if value is None or not math.isfinite(value) else f"{value:.6g}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(number(v) for v in row) + " |" for row in rows] + [""]


def heading(run):
    lines = [f"# Run in {os.path.basename(os.path.abspath(run.folder))}", ""]
    if run.label():
        lines += [run.label()[0].upper() + run.label()[1:] + ".", ""]
    if run.environment:
        e = run.environment
        lines += [f"Made by sgdfp {e.get('version')} ({e.get('git')}) on {e.get('ranks')} rank(s), {e.get('date')}:", "",
                  f"    {e.get('run_again', e.get('command'))}", ""]
    return lines


def warnings(run):
    found = run.summary.get("warnings") or []
    return ["## Warnings", "", *[f"- {text}" for text in found], ""] if found else []


def models(run):
    equations = run.summary.get("equations") or {}
    if not run.models:
        return []
    lines = ["## Models", ""]
    for model in run.models:
        mark = " (reference)" if model == run.reference else ""
        lines += [f"- **{model}**{mark}" + (f": {' '.join(str(equations[model]).split())}" if model in equations else "")]
    return lines + [""]


def moments(run):
    if not run.moments:
        return []
    first = next(iter(run.moments.values()))
    names = [n for n in first if n not in ("model", "step", "tau")]
    rows = [[name] + [run.moments[m][name][-1] for m in run.models] for name in names]
    return [f"## Moments at step {first['step'][-1]:.0f}", "", *table(["moment", *run.models], rows)]


def measured(run, model, name):
    """A distance at the last step, with its standard error where one of both densities was measured."""
    error = run.standard_error(model, name)
    return number(float(run.distances[model][name][-1])) + ("" if error is None else f" ± {error[-1]:.1g}")


def distances(run):
    """Each measure ranks the models: no single one wins by all of them."""
    if not run.distances:
        return []
    first = next(iter(run.distances.values()))
    lines = [f"## Distances to {run.reference} at step {first['step'][-1]:.0f}, closest first", ""]
    rows = []
    for name in (n for n in first if n not in ("model", "reference", "step")):
        ranked = sorted(run.distances, key=lambda m: (math.isnan(run.distances[m][name][-1]), run.distances[m][name][-1]))
        rows.append([name, ", ".join(f"{m} ({measured(run, m, name)})" for m in ranked)])
    return lines + table(["measure", "models"], rows)


def trust(run):
    """What the grid carries: the last verdict and the worst on the way; and the estimated errors."""
    order, lines = ("ok", "marginal", "poor", "failed"), []
    if run.verdicts:
        rows = []
        for model in (m for m in run.models if m in run.verdicts):
            v = run.verdicts[model]
            worst = max(v["verdict"], key=order.index)
            at = f" (first at step {v['step'][v['verdict'].index(worst)]:.0f})" if worst != "ok" else ""
            numbers = [c for c in v if c not in ("model", "step", "verdict", "failure")]
            rows.append([model, v["verdict"][-1], worst + at, *[float(v[c][-1]) for c in numbers]])
        lines += ["## Resolution at the last step", "", *table(["model", "verdict", "worst", *numbers], rows)]
    if run.errors:
        first = next(iter(run.errors.values()))
        names = [c for c in first if c not in ("model", "step", "order")]
        rows = [[name] + [float(run.errors[m][name][-1]) for m in run.models if m in run.errors] for name in names]
        lines += ["## Estimated errors of the discretisation at the last step", "",
                  *table(["quantity", *[m for m in run.models if m in run.errors]], rows)]
    return lines


def spectrum(run):
    if run.spectrum is None:
        return []
    s = run.spectrum
    columns = [c for c in ("mode", "eigenvalue", "D", "Gamma", "regime", "variance_horizon", "variance_stationary", "variance_langevin") if c in s]
    count = len(s["mode"])
    rows = [[s[c][i] for c in columns] for i in range(min(count, ROWS))]
    return [f"## Hessian modes, {len(rows)} of {count} (all: spectrum.csv)", "", *table(columns, rows)]


def agreement(run):
    """The result of the command `sample`."""
    found = run.table("modes_agreement.csv")
    if found is None:
        return []
    rows = list(zip(found["prediction"], found["relative_error"], found["log_correlation"]))
    return ["## Predicted against measured spread", "", *table(["prediction", "relative error", "log-correlation"], rows)]


def stationary(run):
    found = run.stationary
    if not found:
        return []
    rows = [[m, v.get("escape_rate"), v.get("relaxation_steps"), len(v.get("basins") or [])] for m, v in found["models"].items()]
    return ["## Stationary states", "", *table(["model", "escape rate", "relaxation [steps]", "sets"], rows)]


def figures(run):
    lines = []
    for name, text in FIGURES:
        if os.path.exists(run.path(f"figures/{name}.png")):
            lines += [f"![{text}](figures/{name}.png)", ""]
    return ["## Figures", "", *lines] if lines else []


def write(run):
    parts = (heading, warnings, models, moments, distances, agreement, stationary, trust, spectrum, figures)
    path = run.path("report.md")
    with open(path, "w") as file:
        file.write("\n".join(line for part in parts for line in part(run)))
    return path


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    try:
        if os.path.exists(os.path.join(sys.argv[1], "sweep.json")):
            return print(f"  {report_sweep.write(sys.argv[1])}")
        run = reader.Run(sys.argv[1])
        if not os.listdir(run.folder):
            raise reader.RunError(f"{run.folder}: empty; give the folder that sgdfp wrote (-o DIR)")
        print(f"  {report_html.write(run)}\n  {write(run)}")
    except reader.RunError as error:
        sys.exit(f"report.py: {error}")
    return 0


if __name__ == "__main__":
    main()
