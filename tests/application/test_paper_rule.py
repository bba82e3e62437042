#!/usr/bin/env python3
"""The rule by which the paper's rows vote: each word from numbers on either side of its bar."""
import math
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cases", "examples", "paper"))
import verdict as rule  # noqa: E402


def row(published=None, ours=1.0, allowed=None, claim=None, why=None):
    return {"published": published, "ours": ours, "allowed": allowed, "claim": claim, "cause": why}


def main():
    few = [rule.cause(rule.SAMPLING, "runs", number, "<", 1) for number in (0.5, 2)]
    expected = ((row(), None), (row(published=1.0), None), (row(published=1.1, allowed=0.2), rule.CONFIRMED),
                (row(published=1.3, allowed=0.2), rule.REFUTED), (row(published=1.3, allowed=0.2, why=few[0]), rule.SAMPLING),
                (row(published=1.3, allowed=0.2, why=few[1]), rule.REFUTED), (row(published=1.1, allowed=0.2, why=few[0]), rule.CONFIRMED),
                (row(claim=("<", 2)), rule.CONFIRMED), (row(claim=(">", 2)), rule.REFUTED), (row(claim=(">", 2), why=few[0]), rule.SAMPLING),
                (row(published=1.0, ours=math.nan, allowed=0.2), None), (row(ours=math.nan, claim=("<", 2)), rule.REFUTED))
    wrong = [f"{entry}: {rule.word(entry)}, expected {word}" for entry, word in expected if rule.word(entry) != word]
    text = rule.verdict([row(claim=("<", 2)), row(claim=(">", 2)), row(published=1.1, allowed=0.2), row()])
    if text != "claim confirmed 1 of 2, refuted 1 of 2; figures confirmed":
        wrong.append(text)
    text = rule.verdict([row(claim=("<", 2)), row(claim=(">", 2), why=few[0]), row(published=1.3, allowed=0.2, why=few[0])])
    if text != "claim confirmed 1 of 2, does not hold (limited by sampling) 1 of 2; figures too high, limited by sampling":
        wrong.append(text)
    if rule.said(row(published=0.7, allowed=0.2, why=few[0])) != "too low, limited by sampling":
        wrong.append("a figure that is too low")
    print("\n".join(wrong) or f"{len(expected)} rows vote as they should")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
