#!/usr/bin/python3
"""Writes the reference vectors of this folder with PyTorch on the CPU: /usr/bin/python3 generate.py (README.md)."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import torch

from vectors import layers, losses, models, optimizers


def main():
    folder = Path(__file__).resolve().parent
    torch.set_num_threads(1)
    for part in (layers, losses, optimizers, models):
        part.write(folder)


if __name__ == '__main__':
    main()
