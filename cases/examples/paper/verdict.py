"""Verdicts from numbers, by one rule.

A row of the table votes if it holds a published figure with `allowed`, how far that may be from ours by the published method's own doings
(three standard errors of its sample, or rounding), or a `claim`, an inequality that the paper states of a number that is computed here:

    a claim that holds, a published figure within what is allowed      confirmed
    else, where a cause is named and its number is beyond its bar       that cause: limited by sampling, under-resolved, artefact
    else                                                               refuted

Rows that do neither are there to be read. The verdict of an experiment counts the words of its claims, and of its figures; a cause alone would not say
which way it acts, so a claim with one "does not hold", and a figure with one is "too high" or "too low"."""
import math

CONFIRMED, REFUTED, SAMPLING, RESOLUTION, ARTEFACT = "confirmed", "refuted", "limited by sampling", "under-resolved", "artefact"
WORDS = (CONFIRMED, REFUTED, SAMPLING, RESOLUTION, ARTEFACT)
RELATIONS = {"<": lambda a, b: a < b, ">": lambda a, b: a > b}


def cause(word, what, number, relation, bar):
    """Why a figure may be off, or a claim fail: `what` is a number, and it counts where number relation bar."""
    return {"word": word, "what": what, "number": number, "relation": relation, "bar": bar}


def acts(found):
    return found is not None and RELATIONS[found["relation"]](found["number"], found["bar"])


def word(entry):
    """The vote of a row; None where it has none."""
    if entry["claim"] is not None:
        relation, bar = entry["claim"]
        holds = RELATIONS[relation](entry["ours"], bar)
    elif entry["allowed"] is not None and entry["published"] is not None and not math.isnan(entry["ours"]):
        holds = abs(entry["published"] - entry["ours"]) <= entry["allowed"]
    else:
        return None
    if holds:
        return CONFIRMED
    return entry["cause"]["word"] if acts(entry["cause"]) else REFUTED


def said(entry):
    """The row's word with the way it goes."""
    found = word(entry)
    if found in (None, CONFIRMED, REFUTED):
        return found
    if entry["claim"] is not None:
        return f"does not hold, {found}"
    return f"too {'high' if entry['published'] > entry['ours'] else 'low'}, {found}"


def count(words):
    kinds = sorted(set(words), key=lambda w: [w.endswith(each) for each in WORDS].index(True))
    if len(kinds) == 1:
        return kinds[0]
    return ", ".join(f"{w.replace(', ', ' (') + ')' if ', ' in w else w} {words.count(w)} of {len(words)}" for w in kinds)


def verdict(entries):
    claims = [said(e) for e in entries if e["claim"] is not None]
    figures = [w for e in entries if e["claim"] is None and (w := said(e))]
    parts = ([f"claim {count(claims)}"] if claims else []) + ([f"figures {count(figures)}"] if figures else [])
    return "; ".join(parts)
