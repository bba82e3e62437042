#!/usr/bin/env python3
"""Nothing that was computed is wiped in silence: what a command does with a folder that is not empty.
folder.py SGDFP FOLDER"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

CASE = """name: base
landscape: {family: quadratic, eigenvalues: [1.0, 0.5], gradient_noise: [1.0, 1.0]}
sgd: {learning_rate: 0.1, steps: 40}
slice: {axes: [sharpest], cells: [96]}
models: [master, langevin]
"""
LONG = ["--set", "sgd.steps=400000", "--set", "output.every=400"]


def run(program, *arguments, command="run"):
    return subprocess.run([program, command, *arguments], capture_output=True, text=True, timeout=120)


def expect(done, code, *words):
    text = done.stdout + done.stderr
    assert done.returncode == code, f"exit {done.returncode}, expected {code}\n{text}"
    for word in words:
        assert word in text, f"no '{word}' in\n{text}"
    if code:
        assert done.stderr.count("sgdfp: ") == 1, f"more than one line\n{text}"


def content(folder):
    """What the files hold, but for the times."""
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            found[name] = file.read()
    return found


def interrupted(program, folder, which=signal.SIGUSR1):
    """Started, and stopped a few output steps later."""
    process = subprocess.Popen([program, "run", "case.yaml", "-o", folder, *LONG], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    lines, outputs = [], 0
    for line in process.stdout:
        lines.append(line)
        outputs += line.startswith("  step ")
        if outputs == 3:
            break
    process.send_signal(which)
    out, err = process.communicate(timeout=60)
    return "".join(lines) + out + err


def status(folder, command="run"):
    with open(os.path.join(folder, f"status_{command}.json")) as file:
        return json.load(file)


def finished_results(program):
    expect(run(program, "case.yaml", "-o", "done"), 0)
    before = content("done")
    assert status("done")["status"] == "finished" and status("done")["step"] == status("done")["steps"] == 40
    expect(run(program, "case.yaml", "-o", "done"), 4, "done", "--overwrite", "finished")
    expect(run(program, "case.yaml", "-o", "done", "--set", "sgd.learning_rate=0.2"), 4, "sgd.learning_rate", "--overwrite")
    expect(run(program, "case.yaml", "-o", "done", "--set", "sgd.learning_rate=0.2", command="stationary"), 4, "sgd.learning_rate")
    assert content("done") == before, "a refused run has changed files"
    expect(run(program, "case.yaml", "-o", "done", command="stationary"), 0)
    assert content("done")["density.h5"] == before["density.h5"]
    expect(run(program, "case.yaml", "-o", "done", command="stationary"), 4, "--overwrite")
    expect(run(program, "case.yaml", "-o", "done", "--set", "sgd.learning_rate=0.2", "--overwrite"), 0)
    left = content("done")
    assert "stationary.json" not in left, "results of two cases in one folder"
    assert left["case.yaml"] != before["case.yaml"] and left["moments.csv"] != before["moments.csv"]
    os.remove("done/status_run.json")  # as left by earlier versions
    expect(run(program, "case.yaml", "-o", "done"), 4, "--overwrite")


def checkpoints(program):
    text = interrupted(program, "stopped")
    assert "stopped by signal 10" in text, text
    assert status("stopped")["status"] == "interrupted" and 0 < status("stopped")["step"] < status("stopped")["steps"]
    at = status("stopped")["step"]
    before = content("stopped")
    expect(run(program, "case.yaml", "-o", "stopped"), 4, "sgd.steps", "--restart stopped", "--overwrite")
    expect(run(program, "case.yaml", "-o", "stopped", *LONG, command="stationary"), 4, "run", "--restart stopped")
    assert content("stopped") == before, "a refused run has changed files"
    text = interrupted(program, "stopped")
    assert "going on from the checkpoint" in text and "--overwrite" in text, text
    assert status("stopped")["step"] > at, f"began anew: step {status('stopped')['step']} after {at}"
    expect(run(program, "case.yaml", "-o", "stopped", "--overwrite"), 0)
    assert not os.path.exists("stopped/checkpoint.h5")


def killed(program):
    """No checkpoint is there yet: started anew, with a word; but not by another case."""
    interrupted(program, "killed", signal.SIGKILL)
    assert status("killed")["status"] == "running"
    expect(run(program, "case.yaml", "-o", "killed"), 4, "sgd.steps", "--overwrite")
    text = interrupted(program, "killed")
    assert "started anew" in text, text


def holder(host, process, start, boot, beat="beat: 30\n", silent=0):
    with open("busy/sgdfp.lock", "w") as file:
        file.write(f"host: {host}\nprocess: {process}\nstart: {start}\nsince: 2026-01-01T00:00:00Z\nboot: {boot}\nspace: "
                   f"{os.readlink('/proc/self/ns/pid')}\n{beat}")
    os.utime("busy/sgdfp.lock", (time.time() - silent,) * 2)


def locks(program):
    """Two programs in one folder; a dead one's lock; another host's."""
    first = subprocess.Popen([program, "run", "case.yaml", "-o", "busy", *LONG], stdout=subprocess.PIPE, text=True)
    while not first.stdout.readline().startswith("  step "):
        pass
    for command in ("run", "stationary", "spectrum"):
        expect(run(program, "case.yaml", "-o", "busy", "--overwrite", command=command), 4, socket.gethostname(), str(first.pid), "since")
    first.kill()
    first.communicate()
    assert "taking over the lock" in run(program, "case.yaml", "-o", "busy", "--overwrite").stdout
    assert not os.path.exists("busy/sgdfp.lock")
    with open("/proc/sys/kernel/random/boot_id") as file:
        boot = file.read().strip()
    holder("elsewhere", 17, 1, boot)
    expect(run(program, "case.yaml", "-o", "busy", "--overwrite"), 4, "elsewhere", "17", "2026-01-01", "sgdfp.lock")
    holder("elsewhere", 17, 1, boot, silent=600)
    expect(run(program, "case.yaml", "-o", "busy", "--overwrite"), 4, "elsewhere", "last sign of life 60", "15 minutes")
    holder("elsewhere", 17, 1, boot, silent=-3600)  # a clock that goes back
    expect(run(program, "case.yaml", "-o", "busy", "--overwrite"), 4, "elsewhere")
    holder("elsewhere", 17, 1, boot, beat="", silent=10**6)  # of an earlier version, which gave no signs
    expect(run(program, "case.yaml", "-o", "busy", "--overwrite"), 4, "elsewhere")
    holder("elsewhere", 17, 1, boot, silent=1000)
    expect(run(program, "case.yaml", "-o", "busy", "--overwrite"), 0, "taking over", "elsewhere")
    holder(socket.gethostname(), os.getpid(), 1, boot)  # the number of a living process, which is another one
    expect(run(program, "case.yaml", "-o", "busy", "--overwrite"), 0, "taking over")
    other = "00000000-0000-0000-0000-000000000000"  # another machine of the same name, alive; or this one, started anew
    holder(socket.gethostname(), 17, 1, other)
    expect(run(program, "case.yaml", "-o", "busy", "--overwrite"), 4, "another program works there")
    holder(socket.gethostname(), 17, 1, other, silent=120)
    expect(run(program, "case.yaml", "-o", "busy", "--overwrite"), 0, "taking over")
    assert not [name for name in os.listdir("busy") if "lock" in name]


def removed(program):
    """The folder goes while the program works in it."""
    first = subprocess.Popen([program, "run", "case.yaml", "-o", "gone", *LONG], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    while not first.stdout.readline().startswith("  step "):
        pass
    os.rename("gone", "moved")
    _, err = first.communicate(timeout=60)
    assert first.returncode == 4 and "gone" in err and "PETSC ERROR" not in err, f"exit {first.returncode}\n{err}"


def places(program):
    """Tried before the work, which would take a minute."""
    long = ["--set", "sgd.steps=4000000"]
    expect(run(program, "case.yaml", "-o", "case.yaml", *long), 4, "case.yaml")
    expect(run(program, "case.yaml", "-o", "a" * 60 + "/" + "b" * 200, *long), 4, "characters")
    expect(run(program, "case.yaml", "-o", "there", "--set", "spectrum.file=no/such/s.h5", *long), 4, "spectrum.file", "no/such")
    expect(run(program, "case.yaml", "-o", "there", "--set", "reference_point.save=no/such/w.h5", *long), 4, "reference_point.save")
    for length in (200, 219):
        name = ("c" * 100 + "/" + "d" * 119)[:length]
        expect(run(program, "case.yaml", "-o", name), 0)


def forgotten(program):
    """A --set that was misspelt is refused before the work; other unknown options are told before the first step."""
    key = "sgd.learning_rate"
    for words in ([f"--{key}", "0.2"], [f"-{key}=0.2"], [f"{key}=0.2"], ["--set", key, "0.2"], ["-set", f"{key}=0.2"], ["-s", f"{key}=0.2"]):
        expect(run(program, "case.yaml", "-o", "forgotten", *words), 2, "did you mean --set")
        assert not os.path.exists("forgotten"), words
    expect(run(program, "case.yaml", "-o", "forgotten", "--set=sgd.learning_rate=0.2"), 0)
    done = run(program, "case.yaml", "-o", "unasked", "-steps", "5")
    expect(done, 2, "-steps")
    assert done.stdout.index("no solver has asked for so far") < done.stdout.index("  step      0/")


def surroundings(program):
    """Without open streams, home or place for temporary files; and in a folder that is gone."""
    words = " ".join([program, "run", "case.yaml", "-o", "closed"])
    assert subprocess.run(["/bin/sh", "-c", words + " >&- 2>&- <&-"]).returncode == 0
    assert status("closed")["status"] == "finished"
    with open("closed/density.h5", "rb") as file:
        assert file.read(4) == b"\x89HDF"
    homeless = {name: value for name, value in os.environ.items() if name != "HOME"}
    expect(subprocess.run([program, "run", "case.yaml", "-o", "homeless"], env={**homeless, "TMPDIR": "/nonexistent"}, capture_output=True, text=True), 0)
    gone = subprocess.run(["/bin/sh", "-c", f"mkdir gone_now && cd gone_now && rmdir ../gone_now && {program} run ../case.yaml"], capture_output=True, text=True)
    expect(gone, 4, "the folder it was started in")


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    with open("case.yaml", "w") as file:
        file.write(CASE)
    failed = 0
    for test in (finished_results, checkpoints, killed, locks, removed, places, forgotten, surroundings):
        try:
            test(program)
            print("ok  ", test.__name__)
        except (AssertionError, OSError, subprocess.TimeoutExpired) as fault:
            failed += 1
            print("FAIL", test.__name__, fault)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
