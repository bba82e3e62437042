#!/usr/bin/env python3
"""The rooms and their wings may use only those listed before them: reads every include and fails on a wrong arrow.

    tests/order.py [ROOT]     ROOT: the project (default: the one this script is in)

Also fails on an include that does not name its room, on a circle of includes, on a wing that is not listed, on a folder
of more than 40 C files, and on a declaration whose linkage does not say who uses it: PETSC_EXTERN is for what another
room uses, PETSC_INTERN for what stays in its room.
"""
import os
import re
import sys

ORDER = """
cases/base cases/file cases/noise cases/noise/laws cases/data cases/networks cases/landscapes cases/landscapes/families
meshes
operators/step operators/matrices operators/nufft operators/noise operators/push_forward operators/fokker_planck operators/generators
operators/linearised operators/master operators/models
solver/settings solver/measures solver/output solver/restart solver/reference_point solver/hessian solver/long_time
solver/evolution solver/ensemble solver/modes solver/problem solver/comparison solver/stationary solver/commands solver
""".split()
RANK = {wing: i for i, wing in enumerate(ORDER)}
MOST_FILES = 40


def sources(root):
    for room in ("cases", "meshes", "operators", "solver"):
        for folder, _, names in os.walk(os.path.join(root, room)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def includes(root, path):
    with open(os.path.join(root, path)) as file:
        return re.findall(r'^#include "([^"]+)"', file.read(), re.M)


def wrong_arrows(root, graph):
    for path, used in graph.items():
        wing = os.path.dirname(path)
        if wing not in RANK:
            yield f"{path}: the wing {wing} is not in the order"
            continue
        for other in used:
            if not os.path.exists(os.path.join(root, other)):
                yield f'{path}: "{other}" is no path from the root of the project'
            elif RANK.get(os.path.dirname(other), len(ORDER)) > RANK[wing]:
                yield f"{path} uses {other}, which comes after it"


def circles(graph):
    """Circles among the concepts: x.h, ximpl.h and x.c are one."""
    concept = lambda path: re.sub(r"(impl)?\.[ch]$", "", path)
    edges = {}
    for path, used in graph.items():
        edges.setdefault(concept(path), set()).update(concept(u) for u in used if concept(u) != concept(path))
    state = {}

    def visit(node, way):
        state[node] = "open"
        for other in sorted(edges.get(node, ())):
            if state.get(other) == "open":
                yield "a circle: " + " -> ".join(way[way.index(other):] + [other])
            elif other not in state:
                yield from visit(other, way + [other])
        state[node] = "done"

    for node in sorted(edges):
        if node not in state:
            yield from visit(node, [node])


def full_folders(graph):
    count = {}
    for path in graph:
        count[os.path.dirname(path)] = count.get(os.path.dirname(path), 0) + 1
    return [f"{folder}: {n} C files, more than {MOST_FILES}" for folder, n in count.items() if n > MOST_FILES]


def code(root, path):
    """The file without its comments, which keep their length."""
    with open(os.path.join(root, path)) as file:
        return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), file.read(), flags=re.S)


def wrong_linkage(root, paths):
    text = {path: code(root, path) for path in paths}
    words = {}
    for path, content in text.items():
        words.setdefault(path.split("/")[0], set()).update(re.findall(r"\w+", content))
    for path, content in text.items():
        room = path.split("/")[0]
        for m in re.finditer(r"\bPETSC_(EXTERN|INTERN)\s+([^;{]+)", content) if path.endswith(".h") else ():
            name = re.search(r"(\w+)\s*(?:[(\[]|$)", re.sub(r"^(const\s+)?\w+[\s*]+", "", m[2].strip()))[1]
            users = [other for other in words if other != room and name in words[other]]
            if bool(users) != (m[1] == "EXTERN"):
                yield f"{path}: {name} is PETSC_{m[1]}, but " + (f"used in {users[0]}" if users else f"stays in {room}")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    graph = {path: includes(root, path) for path in sources(root)}
    faults = list(wrong_arrows(root, graph)) + list(circles(graph)) + full_folders(graph) + list(wrong_linkage(root, graph))
    for fault in faults:
        print(fault)
    print(f"{len(graph)} files, {sum(map(len, graph.values()))} includes, {len(faults)} faults")
    return 1 if faults or not graph else 0


if __name__ == "__main__":
    sys.exit(main())
