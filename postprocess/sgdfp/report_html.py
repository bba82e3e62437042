"""DIR/report.html: a run as a short paper on one page that needs no network: question, answer in numbers, equations with their
constants, spectrum, densities, moments, distances, what can be trusted, where it comes from.
"""
import base64
import html
import io
import math
import os
import re

import matplotlib
import numpy as np

from sgdfp import movie, plot, style

ROWS = 16  # modes listed; the table file holds all
DPI = 150

SHEET = """
body{font:16px/1.55 Georgia,'Times New Roman',serif;color:#1a1a1a;max-width:50rem;margin:0 auto;padding:1rem 1.2rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:.6rem 0 .2rem}h2{font-size:1.2rem;margin:2.2rem 0 .5rem;border-bottom:1px solid #ddd}
.sub{color:#555;margin:0 0 1rem}.warn{border-left:4px solid #D55E00;background:#fdf3ec;padding:.5rem .9rem;margin:.6rem 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;font:13px/1.4 system-ui,sans-serif;margin:.5rem 0}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #e4e4e4;white-space:nowrap}th{border-bottom:2px solid #999;white-space:normal;vertical-align:bottom}
td.words{white-space:normal;min-width:14rem;text-align:left}
th:first-child,td:first-child{text-align:left}figure{margin:1.2rem 0}img{max-width:100%;height:auto;display:block;margin:auto}
figcaption{font-size:.88rem;color:#444;margin-top:.4rem}.eq{font-size:1.02rem;margin:.2rem 0 .8rem;overflow-wrap:anywhere}
code,pre{font:12.5px/1.45 ui-monospace,Menlo,Consolas,monospace;background:#f6f6f6}pre{padding:.7rem;overflow-x:auto}
.poor,.failed{color:#B3400A;font-weight:bold}.marginal{color:#8a6100;font-weight:bold}
@media(max-width:600px){figure{overflow-x:auto}figure img{max-width:none;width:38rem}figcaption{position:sticky;left:0}}
"""

CAPTIONS = {
    "density": "Densities of the models. All panels share one colour scale; in one dimension the second row shows what parts each model from the reference.",
    "density_difference": "What parts each model from the reference: red where it has too much, blue where too little, on a range symmetric about zero.",
    "marginals": "The density of each coordinate with the others integrated out, on a log scale, where the tails are seen.",
    "variance": "Variance along each axis; below, in per cent of the reference's. Maps have a value at every step; dots: the steps that a model has values for, between which the line is drawn straight. Crosses: the closed moment equations, which know no grid.",
    "distances": "How far each model's density is from the reference's, by several measures; no model need win by all.",
    "spectrum": "Eigenvalues of the Hessian at the reference point by regime, and the variance that the linear theory predicts for each.",
    "modes": "Variance of each mode: measured by trajectories of the network (95 % of the sampling error) and predicted, nothing fitted.",
    "modes_history": "Variance of single modes against the step, with the prediction for the last step.",
    "stationary_density": "Stationary (or quasi-stationary) densities; in one dimension also on a log scale, where escape is decided.",
    "stationary_modes": "The slowest modes beyond the stationary state. Where rates coincide, any mixture of their modes is one.",
    "stationary_sets": "The metastable sets that the slow modes take apart.",
    "stationary_rates": "Decay rates, escape rates of the sets, mean first-passage times.",
    "resolution": "What the grid makes of the densities: beyond the dotted lines a verdict is marginal (orange) or poor (red).",
    "errors": "Estimated errors of the discretisation in space, from a second run on half the cells per axis.",
}
PARTS = (("Spectrum", ("spectrum",)), ("Densities", ("density", "density_difference", "marginals")), ("Moments", ("variance",)),
         ("Distances", ("distances",)), ("Spread of the modes", ("modes", "modes_history")),
         ("Stationary states", ("stationary_density", "stationary_modes", "stationary_sets", "stationary_rates")),
         ("What can be trusted", ("resolution", "errors")))
KINDS = {"stationary": "Where do the models come to rest, and how long does that take?",
         "sample": "How far does SGD on the real network spread along each Hessian mode, and does the theory say so beforehand?",
         "modes": "How far will SGD spread along each Hessian mode?", "spectrum": "What is the Hessian's spectrum, and how does SGD treat each mode?"}


def number(value):
    if isinstance(value, str):
        return html.escape(value)
    if value is None or (isinstance(value, (int, float, np.floating)) and not math.isfinite(value)):
        return "–"
    return f"{value:.5g}" if isinstance(value, (float, np.floating)) else html.escape(str(value))


def table(head, rows):
    line = lambda cells, tag: "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"
    body = "".join(line([number(v) if not str(v).startswith("<") else v for v in row], "td") for row in rows)
    body = re.sub(r"<td>(?=[^<]{40})", '<td class="words">', body)  # sentences are broken
    return f'<div class="scroll"><table>{line([html.escape(str(h).replace("_", " ")) for h in head], "th")}{body}</table></div>'


def mathematics(text):
    """The program's plain equations with their symbols and indices."""
    text = html.escape(" ".join(str(text).split()))
    for pattern, to in ((r"\^\{?(-?\w+)\}?", r"<sup>\1</sup>"), (r"\bd_tau\b", "∂<sub>τ</sub>"), (r"\bd_([ijk])\b", r"∂<sub>\1</sub>"),
                        (r"_\{?(n\+1|[ijn]+|batch)\}?(?![\w])", r"<sub>\1</sub>"), (r"\beta\b", "η"), (r"\btau\b", "τ"),
                        (r"\bint\b", "∫"), (r"\bdelta\b", "δ"), (r"\b([gCRD])_(ij|i)", r"\1<sub>\2</sub>")):
        text = re.sub(pattern, to, text)
    return text


def image(kind, data, text):
    return f'<img alt="{html.escape(text)}" src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'


def figure(name, drawn, caption=None):
    stream = io.BytesIO()
    drawn.savefig(stream, format="png", dpi=DPI)
    caption = caption or CAPTIONS.get(name, name.replace("_", " "))
    return f"<figure>{image('png', stream.getvalue(), caption)}<figcaption>{html.escape(caption)}</figcaption></figure>"


def verdict(word):
    return f'<span class="{word}">{word}</span>'


def heading(run):
    name = run.summary.get("name") or run.case_name() or os.path.basename(os.path.abspath(run.folder))
    label = run.label()
    return [f"<h1>{html.escape(name.replace('_', ' '))}</h1>", f'<p class="sub">{html.escape(label[:1].upper() + label[1:])}</p>']


def question(run):
    command = run.status.get("command", "run")
    lines = ["<h2>The question</h2>"]
    if command in KINDS:
        return [*lines, f"<p>{KINDS[command]}</p>"]
    axes = run.summary.get("axes") or []
    where = "; ".join(f"<i>a</i><sub>{k + 1}</sub>, {html.escape(a['name'])}, λ = {number(a['eigenvalue'])}, ηλ = {number(a['eta_lambda'])}"
                      for k, a in enumerate(axes))
    steps = run.status.get("steps") or run.summary.get("steps") or run.sgd_number("steps")
    if not run.case and not run.moments:
        return [*lines, '<p class="warn">Nothing was kept in this folder: the run ended before its first output, or is still at work on it.</p>']
    batch = "" if run.batch is None else f" and batches of {run.batch:g}"
    eta = "" if run.learning_rate is None else f" with learning rate {run.learning_rate:g}"
    many = "" if steps is None else f"{steps:g} "
    lines.append(f"<p>How does the density of the parameters move in {many}steps of SGD{eta}{batch}, and where do the usual models part from "
                 f"the {html.escape(style.words(run.reference or 'reference'))}?</p>")
    return lines + ([f"<p>The slice: {where}.</p>"] if where else [])


def rest(run):
    """The answer of the command `stationary`: rates and times beside the first model's."""
    models = (run.stationary or {}).get("models", {})
    if not models:
        return []
    poor = [m for m, v in models.items() if (v.get("certificate") or {}).get("resolved") is False]
    first = next((m for m in models if m not in poor), next(iter(models)))
    base, lines = models[first], []
    for m, v in models.items():
        if m in poor:
            lines.append(f"<li><b>{html.escape(style.words(m))}</b>: not resolved by the grid; its numbers are not to be trusted.</li>")
            continue
        said = []
        for name, words, unit in (("escape_rate", "escape rate", "1/τ"), ("relaxation_steps", "relaxation in", "steps")):
            if isinstance(v.get(name), (int, float)) and math.isfinite(v[name]):
                other = f" ({v[name] / base[name]:.3g} times)" if v is not base and base.get(name) else ""
                said.append(f"{words} {v[name]:.4g} {unit}{other}")
        lines.append(f"<li><b>{html.escape(style.words(m))}</b>: {'; '.join(said) or 'no slow mode was found'}.</li>")
    return ["<h2>The answer in numbers</h2>", f"<p>Factors are beside the {html.escape(style.words(first))}.</p>", "<ul>", *lines, "</ul>"]


def answer(run):
    """One sentence a model, from the last step: variance against the reference's, and the L1 distance."""
    if run.reference not in run.moments:
        return []
    dim = sum(name.startswith("mean_") for name in run.moments[run.reference])
    lines, base = [], run.moments[run.reference]
    for m in (m for m in run.models if m != run.reference and m in run.moments):
        failed = run.failed(m)
        if failed:
            lines.append(f"<li><b>{html.escape(style.words(m))}</b> failed at step {failed[0]}: {html.escape(failed[1])}.</li>")
            continue
        last = min(len(base["step"]), len(run.moments[m]["step"])) - 1
        names = [f"cov_{a + 1}{a + 1}" for a in range(dim)]
        ratio = [run.moments[m][n][last] / base[n][last] for n in names if base[n][last]]
        ratio = ", ".join(f"{100 * (r - 1):+.3g} % along <i>a</i><sub>{a + 1}</sub>" for a, r in enumerate(ratio) if math.isfinite(r))
        far = run.distances.get(m, {}).get("l1")
        far = f"; L1 distance {far[-1]:.3g} of at most 2" if far is not None and math.isfinite(far[-1]) else ""
        lines.append(f"<li><b>{html.escape(style.words(m))}</b>: variance {ratio or 'without a finite value'}{far}.</li>")
    if not lines:
        return []
    if base["step"][-1] == base["step"][0]:
        return ["<h2>The answer in numbers</h2>", "<p>None yet: no step beyond the start has been computed.</p>"]
    return ["<h2>The answer in numbers</h2>", f"<p>At step {base['step'][-1]:.0f}, beside the {html.escape(style.words(run.reference))}:</p>",
            "<ul>", *lines, "</ul>"]


def warnings(run):
    found = list(run.summary.get("warnings") or [])
    if run.unfinished():
        failed = run.status.get("status") == "failed"
        found.insert(0, f"This run {'ended with a failure' if failed else 'is not complete'}: {run.unfinished()}.")
    shown = [f'<p class="warn">{html.escape(text)}</p>' for text in found[:8]]
    return shown + ([f"<p>.. and {len(found) - 8} warnings more in summary.json.</p>"] if len(found) > 8 else [])


def equations(run):
    found = run.summary.get("equations") or {}
    if not found:
        return []
    lines = ["<h2>The equations</h2>", "<p><i>g</i>: mean gradient; <i>C</i>: covariance of a batch's gradient; τ = η<i>n</i>.</p>"]
    for m in [m for m in run.models if m in found]:
        mark = " (reference)" if m == run.reference else ""
        lines.append(f'<p class="eq"><b>{html.escape(style.words(m))}</b>{mark} {mathematics(found[m])}</p>')
    return lines


def spectrum(run):
    s = run.spectrum
    if s is None:
        return []
    count = len(s["mode"])
    kinds = {r: s["regime"].count(r) for r in dict.fromkeys(s["regime"])}
    columns = [c for c in ("mode", "eigenvalue", "D", "Gamma", "regime", "variance_horizon", "variance_stationary", "variance_langevin") if c in s]
    rows = [[int(s[c][i]) if c == "mode" else s[c][i] for c in columns] for i in range(min(count, ROWS))]
    text = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    noun = "eigenvalue" if count == 1 else "eigenvalues"
    more = f"; the first {ROWS} are listed, the rest is in spectrum.csv" if count > ROWS else ""
    return [f"<p>{count} {noun} computed: {text}{more}. D and Gamma: variance of one draw's gradient and curvature along the mode.</p>", table(columns, rows)]


def moments(run):
    if not run.moments:
        return []
    models = [m for m in run.models if m in run.moments]
    first = run.moments[models[0]]
    names = [n for n in first if n not in ("model", "step", "tau", "steps", "status")]
    return [f"<p>At step {first['step'][-1]:.0f}:</p>", table(["moment", *map(style.words, models)], [[n] + [float(run.moments[m][n][-1]) for m in models] for n in names])]


def distances(run):
    if not run.distances:
        return []
    models = [m for m in run.models if m in run.distances]
    names = [n for n in run.distances[models[0]] if n not in ("model", "reference", "step")]
    return [table([f"distance at step {run.distances[models[0]]['step'][-1]:.0f}", *map(style.words, models)],
                  [[n] + [float(run.distances[m][n][-1]) for m in models] for n in names])]


def modes(run):
    agreement, found = run.table("modes_agreement.csv"), run.modes
    lines = []
    if agreement is not None:
        lines.append("<p>The result: how far each prediction is from the measured variances.</p>")
        lines.append(table(["prediction", "relative error", "log-correlation"], [row for row in zip(agreement["prediction"], agreement["relative_error"], agreement["log_correlation"]) if math.isfinite(row[1])]))
    if found is not None:
        columns = [c for c in ("mode", "eigenvalue", "regime", "measured_variance", "error_jackknife", "variance_path", "variance_coupled", "variance_proxy") if c in found]
        count = len(found["mode"])
        lines.append(f"<p>The first {min(ROWS, count)} of {count} modes (all: modes.csv):</p>")
        lines.append(table(columns, [[int(found[c][i]) if c == "mode" else found[c][i] for c in columns] for i in range(min(ROWS, count))]))
    return lines


def stationary(run):
    found = run.stationary
    if not found:
        return []
    models = found["models"]
    rows = []
    for m, v in models.items():
        sound = (v.get("certificate") or {}).get("resolved")
        rows.append([style.words(m), "quasi-stationary" if v.get("quasi_stationary") else "stationary", v.get("escape_rate"), v.get("relaxation_steps"), v.get("leak_per_step"),
                     len(v.get("basins") or []), "–" if sound is None else verdict("ok") if sound else verdict("poor")])
    lines = [table(["model", "state", "escape rate [1/τ]", "relaxation [steps]", "leak [1/step]", "sets", "certificate"], rows)]
    passages = [[p["name"], style.words(m), p.get("mean_steps"), p.get("error_bound")] for m, v in models.items() for p in v.get("passages") or []]
    if passages:
        lines.append(table(["first passage", "model", "mean steps", "error bound"], passages))
    return lines


def trust(run):
    rows = []
    order = ("ok", "marginal", "poor", "failed")
    for m in (m for m in run.models if m in run.verdicts):
        v = run.verdicts[m]
        worst = max(v["verdict"], key=lambda word: order.index(word) if word in order else 0)
        first = v["step"][v["verdict"].index(worst)]
        mass, out = (run.moments[m][n][-1] if m in run.moments else math.nan for n in ("mass", "outflow"))
        rows.append([style.words(m), verdict(v["verdict"][-1]), verdict(worst) + ("" if worst == "ok" else f" (first at step {first:.0f})"), float(mass), float(out)])
    return [table(["model", "at the end", "worst on the way", "mass", "outflow"], rows)] if rows else []


TEXT = {"Spectrum": spectrum, "Moments": moments, "Distances": distances, "Spread of the modes": modes, "Stationary states": stationary, "What can be trusted": trust}


def body(run, drawn):
    lines = []
    for title, names in PARTS:
        figures = [figure(name, drawn[name]) for name in names if name in drawn]
        text = TEXT[title](run) if title in TEXT else []
        if not figures and not text:
            continue
        lines += [f"<h2>{title}</h2>", *figures, *text]
        if title == "Densities":
            film = movie.gif(run)
            if film:
                lines.append(f"<figure>{image('gif', film, 'the densities through the steps')}<figcaption>All output steps.</figcaption></figure>")
    return lines


def provenance(run):
    e, lines = run.environment, ["<h2>Where it comes from</h2>"]
    if not e and not run.case:
        return []
    if e:
        lines.append(f"<p>sgdfp {html.escape(str(e.get('version')))} ({html.escape(str(e.get('git')))}), {e.get('ranks')} rank(s) on {html.escape(str(e.get('processor') or e.get('host')))}, "
                     f"{html.escape(str(e.get('date')))}. The same run again:</p><pre>{html.escape(str(e.get('run_again', e.get('command'))))}</pre>")
        lines.append("<p>" + html.escape("; ".join(" ".join(s.split()) for s in e.get("software", []))) + ".</p>")
    seconds = {style.words(m): v.get("seconds") for m, v in run.summary.get("models", {}).items() if v.get("seconds")}
    if seconds:
        lines.append("<p>Time of the models: " + ", ".join(f"{html.escape(m)} {t:.3g} s" for m, t in seconds.items()) + ".</p>")
    if run.case:
        lines.append(f"<details><summary>The case with every default</summary><pre>{html.escape(run.case)}</pre></details>")
    return lines


def write(run):
    """Draw and write DIR/report.html; its path."""
    with matplotlib.rc_context(style.SETTINGS):
        drawn = plot.figures(run, style.Options(titles=False))
        parts = [*heading(run), *question(run), *warnings(run), *answer(run), *rest(run), *equations(run), *body(run, drawn), *provenance(run)]
    return page(run, parts)


def page(run, parts):
    path = run.path("report.html")
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{html.escape(run.folder)}</title><style>{SHEET}</style></head><body>'
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + "\n".join(parts) + "</body></html>\n")
    return path
