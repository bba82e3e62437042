"""What tests of many short tries of the program share: a folder to start from, what is wrong with a refusal, and one line
a try, with the program's own words below it where it went wrong."""
import os
import shutil
import subprocess
import time


def fresh(folder):
    """An empty folder to work in."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)


def refusal(done, code, words, messages=None):
    """What is wrong with a finished program that should have ended with this exit code, these words on stderr and no
    trace; messages: how many lines of its own, warnings apart, it should have written."""
    faults = [] if done.returncode == code else [f"exit {done.returncode}, expected {code}"]
    own = [line for line in done.stderr.splitlines() if line.startswith("sgdfp: ") and "warning" not in line]
    if messages is not None and len(own) != messages:
        faults.append(f"{len(own)} messages, expected {messages}")
    faults += [f"no '{word}'" for word in words if word not in done.stderr]
    if "PETSC ERROR" in done.stderr or "Traceback" in done.stderr:
        faults.append("a stack trace")
    return faults


def told(what, faults, done):
    """Print how a try went; True if it went wrong."""
    print("ok  " if not faults else "FAIL", what, *faults, sep=" | ")
    if faults:
        print(done.stderr)
    return bool(faults)


def summed_up(total, failed):
    """The exit code of a script of so many tries."""
    print(f"{total - failed} passed, {failed} failed")
    return 1 if failed else 0


def answer(process, which):
    """Seconds from a signal until the program had ended, and what it had said on stderr."""
    began = time.time()
    process.send_signal(which)
    try:
        _, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError("no answer in a minute")
    return time.time() - began, err
