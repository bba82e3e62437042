"""What is done and about how long the rest takes: a bar on a terminal, lines now and then in a log."""
import sys
import time

WIDTH = 24  # of the bar


class Progress:
    """say(line) prints a line; None stays silent. total may be a guess: what goes beyond it says so."""

    def __init__(self, say, what, every=5.0):
        self.say, self.what, self.every = say, what, every
        self.started = self.said = time.time()
        self.bar = say is not None and sys.stdout.isatty()

    def __call__(self, done, total):
        now = time.time()
        if self.say is None or now - self.said < (0.2 if self.bar else self.every):
            return
        self.said = now
        self.every = min(60.0, 1.5 * self.every)
        left = (now - self.started) / max(done, 1) * (total - done)
        rest = f"about {left:.0f} s left" if done < total else "more than was expected"
        if self.bar:
            full = min(WIDTH, WIDTH * done // total)
            print(f"\r{self.what} [{'#' * full}{'.' * (WIDTH - full)}] {done} of {total}, {rest}   ", end="", flush=True)
        else:
            self.say(f"{self.what}: {done} of {total}, {rest}")

    def close(self):
        if self.bar:
            print("\r" + " " * 78 + "\r", end="", flush=True)
