"""Trains the MNIST network of figures/mnist-torch.ts by PyTorch, one thread, in turns with the caller.

Argument: a safetensors file with start values, images and labels. Each line of standard input is a memory layout and a
number of steps, as in "channels_last 10"; the answer is a line of JSON with the milliseconds and the loss of each step.
The first line out tells the version. Each layout trains a model of its own.
"""

import json
import re
import struct
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    types = {"F32": torch.float32, "I32": torch.int32}
    return {
        name: torch.frombuffer(data[slice(*entry["data_offsets"])], dtype=types[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def libraries():
    """Files of the linear algebra in this process: how fast products are depends on them."""
    try:
        with open("/proc/self/maps") as maps:
            return sorted(set(re.findall(r"/((?:lib)?(?:[a-z]*blas|mkl_[a-z0-9]+)[^/\s]*\.so[^/\s]*)$", maps.read(), re.M)))
    except OSError:
        return []


tensors = read_safetensors(sys.argv[1])
images = tensors.pop("images").reshape(-1, 1, 28, 28)  # [batch, height, width, 1] there
labels = tensors.pop("labels").long()
# The last weights meet [height, width, channels] there and [channels, height, width] here.
last = "9.weight"
tensors[last] = tensors[last].reshape(10, 7, 7, 32).permute(0, 3, 1, 2).reshape(10, 1568)


class Training:
    def __init__(self, layout):
        self.model = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(1568, 10),
        )
        self.model.load_state_dict(tensors)
        self.model.to(memory_format=layout)
        self.images = images.contiguous(memory_format=layout)
        self.adam = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.cross_entropy = nn.CrossEntropyLoss()

    def step(self):
        self.adam.zero_grad(set_to_none=True)
        loss = self.cross_entropy(self.model(self.images), labels)
        loss.backward()
        self.adam.step()
        return loss.item()


trainings = {name: Training(getattr(torch, name)) for name in ("contiguous_format", "channels_last")}
print(json.dumps({"version": torch.__version__, "libraries": libraries()}), flush=True)
for line in sys.stdin:
    layout, count = line.split()
    times, losses = [], []
    for _ in range(int(count)):
        start = time.perf_counter()
        losses.append(trainings[layout].step())
        times.append((time.perf_counter() - start) * 1000)
    print(json.dumps({"times": times, "losses": losses}), flush=True)
