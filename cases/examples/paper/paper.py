#!/usr/bin/env python3
"""Write the table of the paper's experiments from the folders that paper.sh filled: paper.md, paper.csv, figures.
paper.py FOLDER. Exit code 3 where ours misses its closed form."""
import csv
import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "postprocess"))
sys.dont_write_bytecode = True

import figures  # noqa: E402
import rows  # noqa: E402
import verdict as rule  # noqa: E402
from claims import CLAIMS  # noqa: E402

HEAD = """# The experiments of "Why SGD is not Brownian Motion", computed

arXiv 2605.22644, its published figures beside densities and closed moments of sgdfp. *ours* carries the estimated error of its
discretisation where there is one; *should be* is a closed form, a derivation without the program (`closed_forms.py`) or, of trajectories, the closure along their mean path.
Verdicts follow from the numbers by one rule (`verdict.py`). A row votes if it states a claim, or a published figure with what that may be
off by (*allowed*: three standard errors of the published sample, or rounding): **confirmed** where it holds; else, where a cause is named and its
number is beyond its bar, that cause, **limited by sampling**, **under-resolved** or **artefact** (of the estimator), with the way it acts: a claim *does not
hold*, a published figure is *too high* or *too low*; else **refuted**. Rows without a vote are there to be read.

*SGD* is the master equation, *the discrete equation* the discrete Fokker-Planck equation through eta^2, *Langevin* the usual generator, *corrected* the
generator whose exponential is one step through eta^2 (`log_matched`, order 2).

%s

| experiment | claim | verdict |
|---|---|---|
"""


def number(value, digits=7):
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.{digits}g}"


def missed(entry):
    return entry["closed"] is not None and not abs(entry["ours"] - entry["closed"]) <= entry["tolerance"]


def voted(entry):
    """The row's word, with the number of its cause where that decided."""
    word, found = rule.word(entry), entry["cause"]
    return "" if word is None else f"{rule.said(entry)}: {found['what']}: {number(found['number'], 2)}" if found and word == found["word"] else word


def table(entries):
    lines = ["| quantity | published | allowed | ours | error | should be | |", "|---|---|---|---|---|---|---|"]
    for e in entries:
        lines.append(f"| {e['quantity']} | {number(e['published'])} | {number(e['allowed'], 2)} | {number(e['ours'])}"
                     f"{' **missed**' if missed(e) else ''} | {number(e['error'], 2)} | {number(e['closed'], 10)} | {voted(e)} |")
    return "\n".join(lines)


def standing(found):
    """Which claims stand, in a few lines; where an experiment states none, its figures."""
    lists = {"Stand as stated": [], "Stand in part": [], "Do not stand": []}
    for name, _, entries, _, _ in found:
        words = [rule.word(e) for e in entries if e["claim"] is not None] or [w for e in entries if (w := rule.word(e))]
        kept = words.count(rule.CONFIRMED)
        lists["Stand as stated" if kept == len(words) else "Stand in part" if kept else "Do not stand"].append(name)
    return "\n".join(f"* **{what}**: {'; '.join(names)}." for what, names in lists.items() if names)


def write(out, found, drawn):
    with open(os.path.join(out, "paper.md"), "w") as file:
        file.write(HEAD % standing(found))
        for name, claim, _, verdict, _ in found:
            file.write(f"| {name} | {claim} | {verdict} |\n")
        for name, claim, entries, verdict, why in found:
            file.write(f"\n## {name}: {claim}\n\n{table(entries)}\n\n**{verdict[0].upper() + verdict[1:]}**: {why}.\n")
            if name in drawn:
                file.write(f"\n![{name}](figures/{drawn[name]})\n")
    with open(os.path.join(out, "paper.csv"), "w", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(["experiment", "claim", "quantity", "published", "ours", "error", "closed_form", "tolerance", "allowed", "word", "verdict", "why"])
        for name, claim, entries, verdict, why in found:
            for e in entries:
                sheet.writerow([name, claim, e["quantity"], e["published"], e["ours"], e["error"], e["closed"], e["tolerance"], e["allowed"], rule.word(e), verdict,
                                why])


def main(out):
    rows.OUT = out
    found = [(name, claim, entries, rule.verdict(entries), why) for name, claim, make, why in CLAIMS for entries in [make()]]
    write(out, found, figures.draw(out))
    wrong = [f"{name}: {e['quantity']}: {e['ours']!r}, should be {e['closed']!r}" for name, _, entries, _, _ in found for e in entries if missed(e)]
    for line in wrong:
        print(f"MISSED {line}", file=sys.stderr)
    print(f"{os.path.join(out, 'paper.md')}: {len(found)} claims, {sum(len(f[2]) for f in found)} figures, {len(wrong)} missed")
    return 3 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
