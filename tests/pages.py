#!/usr/bin/env python3
"""What the project says of itself leads somewhere: fails on

    - a citation of a page that is not in the project, of an equation that THEORY.md does not number, or of a section
      that it does not have;
    - an equation number of THEORY.md that is given twice or left out;
    - a Markdown link to a file that is missing;
    - a table cell above 200 characters in a Markdown page, which nobody reads;
    - a path, a C name (Sgd...) or a unit test named in a Markdown page in `backquotes` that is not there (NAME stands for any).

    tests/pages.py [ROOT]     ROOT: the project (default: the one this script is in)
"""
import os
import re
import sys

TEXT = (".c", ".h", ".py", ".sh", ".md", ".cmake", ".yaml", ".yml", ".txt", ".in", ".json")
ROOMS = "cases|meshes|operators|solver|tests|postprocess"
# Capital words with a number, in brackets, are taken for pages; these words anywhere.
PAGES = r"\b(NUMERICS|ARCHITECTURE|PERFORMANCE|PETSC_NOTES|exact_cases|PEERS|STYLE|THEORY)\b(?!\.md)"
CASES = r"\b([Ee]xact[ _-]cases?)(?= \d)"
NUMBERED = r"(?<!\w)\(([A-Z][A-Z_]{4,})(?= \d+[,;:.)])"


def files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "build", "out")) and f != "__pycache__")
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def equations(theory):
    """Numbers at the ends of indented lines."""
    return [int(n) for n in re.findall(r"^ {4,}.*\((\d+)\)[ .]*$", theory, re.M)]


def wrong_numbers(numbers):
    for n in sorted(set(numbers)):
        if numbers.count(n) > 1:
            yield f"operators/THEORY.md: equation ({n}) is given twice"
    for n in sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers)):
        yield f"operators/THEORY.md: there is no equation ({n})"


def wrong_citations(path, text, pages, numbers, sections):
    where = lambda at: f"{path}:{line_of(text, at)}"
    for match in re.finditer(r"\b([A-Z][A-Z_]*\.md)\b", text):
        if match[1] not in pages:
            yield f"{where(match.start())}: {match[1]} is not in the project"
    for match in re.finditer(r"THEORY\.md((?:[\s*#]*(?:,|-|and|to)?[\s*#]*\(\d+\))+)", text):
        for n in map(int, re.findall(r"\((\d+)\)", match[1])):
            if n not in numbers:
                yield f"{where(match.start())}: THEORY.md has no equation ({n})"
    for match in re.finditer(r"THEORY\.md,?[\s*#]+section[\s*#]+(\d+)", text):
        if int(match[1]) not in sections:
            yield f"{where(match.start())}: THEORY.md has no section {match[1]}"
    for pattern in (PAGES, CASES, NUMBERED):
        for match in re.finditer(pattern, text, re.M):
            yield f"{where(match.start())}: {match[1]} names no page of the project (NAME.md)"


def missing_links(root, path, text):
    prose = re.sub(r"^    .*$", "", text, flags=re.M)
    for match in re.finditer(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose):
        target = os.path.normpath(os.path.join(os.path.dirname(path), match[1]))
        if "://" not in match[1] and not os.path.exists(os.path.join(root, target)):
            yield f"{path}:{line_of(prose, match.start())}: a link to {match[1]}, which is missing"


def missing_names(root, path, text, names, tests):
    for match in re.finditer(r"`([^`\n]+)`", text):
        said, where = match[1], f"{path}:{line_of(text, match.start())}"
        for file in re.findall(rf"(?:^|[\s(])((?:{ROOMS})/[\w./-]*\w)(?=$|[\s,:)])", said):
            if "NAME" not in file and not os.path.exists(os.path.join(root, file)):
                yield f"{where}: {file} is missing"
        for name in re.findall(r"\bSgd[A-Z]\w+\b", said):
            if name not in names:
                yield f"{where}: no {name} in the code"
        if re.fullmatch(r"unit_\w+", said) and said[5:] not in tests:
            yield f"{where}: no unit test {said}"


LONGEST = 200  # characters of a table cell


def long_cells(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        for part in re.split(r"(?<!\\)\|", line.strip().strip("|")) if line.startswith("|") else ():
            if len(part.strip()) > LONGEST:
                yield f"{path}:{number}: a table cell of {len(part.strip())} characters: {part.strip()[:40]}.."


def faults(root):
    texts = {path: read(root, path) for path in files(root) if path.endswith(TEXT)}
    own = os.path.join("tests", "pages.py")
    theory = texts.get("operators/THEORY.md", "")
    numbers, sections = equations(theory), {int(n) for n in re.findall(r"^## (\d+)\.", theory, re.M)}
    pages = {os.path.basename(path) for path in texts if path.endswith(".md")}
    names = {name for path, text in texts.items() if path.endswith((".c", ".h"))
             for name in re.findall(r"\bSgd[A-Z]\w+\b", text)}
    tests = {os.path.basename(path)[5:-2] for path in texts if re.match(r"tests/unit/.*/test_\w+\.c$", path)}
    yield from wrong_numbers(numbers)
    for path, text in texts.items():
        if path != own:
            yield from wrong_citations(path, text, pages, set(numbers), sections)
        if path.endswith(".md"):
            yield from missing_links(root, path, text)
            yield from long_cells(path, text)
            yield from missing_names(root, path, text, names, tests)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    found = list(faults(root))
    for fault in found:
        print(fault)
    print(f"{len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
