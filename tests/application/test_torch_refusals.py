"""What the PyTorch exporter must get right or refuse in one line: recurrent networks, losses that are no means, randomness,
chunks of every size, odd data sets, odd parameters, boxes without an end. Each against torch's own autograd. Exit 77 (skipped)
without torch.

    test_torch_refusals.py FOLDER [EXPORTER]
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_refusals"))
from faults import failures, torch  # noqa: E402
from data_sets import data_sets, kinds_of_data  # noqa: E402
from exports import arguments, exports, ways_of_work  # noqa: E402
from losses import foreign, losses  # noqa: E402
from models import models  # noqa: E402
from script import command, files  # noqa: E402


def main():
    folder = os.path.abspath(sys.argv[1])
    subprocess.run(["rm", "-rf", folder], check=True)
    os.makedirs(folder)
    torch.set_num_threads(1)
    losses()
    models()
    data_sets()
    foreign()
    kinds_of_data()
    exports(folder)
    ways_of_work(folder)
    arguments(folder)
    files(folder)
    command(folder)
    sys.exit(f"{len(failures)} failed: {', '.join(failures)}" if failures else 0)


if __name__ == "__main__":
    main()
