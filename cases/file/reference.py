#!/usr/bin/env python3
"""The tables of cases/CASE_FILE.md, from the program's own words (`sgdfp help all`), so that they cannot drift.

    cases/file/reference.py SGDFP            compare; fails where page and program differ, or a section has no table
    cases/file/reference.py SGDFP --write    write the tables anew; the prose between them stays
"""
import os
import re
import subprocess
import sys

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "CASE_FILE.md")
BLOCK = re.compile(r"<!-- keys of ([\w.]+) -->\n.*?<!-- end -->\n", re.S)
ALIKE = {"landscape.softmax": "landscape.mlp", "models.gaussian_closure": "models.master", "models.jump": "models.master",
         "models.compound_poisson": "models.master"}
EVERY = ("family", "model")  # said once, above the sections


def sections(text):
    """{name: (what, [(key, meaning, type and values, default)], example)} in the program's order."""
    found, name = {}, None
    lines = text.splitlines()
    for at, line in enumerate(lines):
        head = re.match(r"([a-z_]+(?:\.[a-z_]+)*): (.+)", line)
        key = re.match(r"  ([a-z_][\w.]*) {1,}(\S.*)", line)
        if head:
            name = head[1]
            found[name] = [head[2], [], ""]
        elif line == "  Example:":
            found[name][2] = lines[at + 1].strip()
        elif key and at + 1 < len(lines) and lines[at + 1].startswith(" " * 21):
            kind, _, default = lines[at + 1].strip().partition("; default: ")
            required = kind.endswith("; required")
            kind = kind.removesuffix("; required")
            found[name][1].append((key[1], key[2], kind, "required" if required else default))
    return found


def cell(text):
    return text.replace("|", "\\|")


def table(name, found):
    what, rows, example = found[name]
    other = ALIKE.get(name)
    same = [row for row in rows if other and row in found[other][1] and row[0] not in EVERY]
    rest = [row for row in rows if row not in same and row[0] not in EVERY]
    lines = [f"<!-- keys of {name} -->", f"{what[0].upper()}{what[1:]}.", "", f"    {example}", ""]
    if rest:
        lines += ["| key | what it is | values | default |", "|---|---|---|---|"]
        lines += [f"| `{key}` | {cell(text)} | {cell(kind)} | {default if default in ('', 'required', 'none') else f'`{cell(default)}`'} |" for key, text, kind, default in rest]
        lines.append("")
    if same:
        lines += [f"{'And the' if rest else 'The'} keys of [{other}](#{other.replace('.', '')}): {', '.join(f'`{row[0]}`' for row in same)}.", ""]
    return "\n".join(lines + ["<!-- end -->", ""])


def main():
    program = sys.argv[1]
    found = sections(subprocess.run([program, "help", "all"], capture_output=True, text=True, check=True).stdout)
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    there = BLOCK.findall(page)
    faults = [f"CASE_FILE.md has no table of {name}" for name in found if name not in there]
    faults += [f"CASE_FILE.md has a table of {name}, which the program does not know" for name in there if name not in found]
    new = BLOCK.sub(lambda match: table(match[1], found) if match[1] in found else match[0], page)
    if "--write" in sys.argv and new != page:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(new)
    elif new != page:
        faults += [f"CASE_FILE.md, {match[1]}: not what the program says (cases/file/reference.py SGDFP --write)"
                   for match in BLOCK.finditer(page) if match[1] in found and match[0] != table(match[1], found)]
    print("\n".join(faults) or f"{len(there)} sections, as the program has them")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
