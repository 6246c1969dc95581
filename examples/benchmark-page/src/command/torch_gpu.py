"""Times the cases of the benchmark page by PyTorch: eager, float32, on the GPU.

Argument: a JSON list of {"name", "kind", "sizes"}; a second one names the device, "cuda" if it is not there. Prints one JSON
object: the GPU's name, PyTorch's version, and for each case its name and the milliseconds of a call as the page measures them:
turns of many calls in a row, each ended by a synchronization, the median of 15 turns. Float32 means float32: TF32 is off.
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

DEVICE = sys.argv[2] if len(sys.argv) > 2 else "cuda"
TURN, ROUNDS, MOST_CALLS = 0.1, 15, 1000

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.manual_seed(1)


def random(*shape):
    return torch.rand(*shape, device=DEVICE) * 2 - 1


def without_gradient(f):
    def call():
        with torch.no_grad():
            f()

    return call


def matrix_product(size):
    a, b = random(size, size), random(size, size)
    return without_gradient(lambda: a @ b)


def softmax(rows, columns):
    x = random(rows, columns)
    return without_gradient(lambda: torch.softmax(x, -1))


def attention(heads, length, channels):
    q, k, v = (random(1, heads, length, channels) for _ in range(3))
    if hasattr(F, "scaled_dot_product_attention"):
        return without_gradient(lambda: F.scaled_dot_product_attention(q, k, v))
    return without_gradient(lambda: torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(channels), -1) @ v)


def layer_norm(rows, columns):
    x, gamma, beta = random(rows, columns), random(columns), random(columns)
    return without_gradient(lambda: F.layer_norm(x, (columns,), gamma, beta, 1e-5))


def elementwise_chain(length):
    x = random(length)

    def chain():
        inner = (x * x * x * 0.044715 + x) * 0.7978846
        return (x * 0.5) * (torch.tanh(inner) + 1)

    return without_gradient(chain)


def training(model, loss):
    model.to(DEVICE)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        adam.zero_grad(set_to_none=True)
        loss(model).backward()
        adam.step()

    return step


def digits(batch):
    images = torch.rand(batch, 1, 8, 8, device=DEVICE)
    labels = torch.arange(batch, device=DEVICE) * 7 % 10
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 10),
    )
    return training(model, lambda model: F.cross_entropy(model(images), labels))


def transformer(layers, batch, length, channels, heads):
    x, y = random(batch, length, channels), random(batch, length, channels)
    layer = nn.TransformerEncoderLayer(
        channels,
        heads,
        4 * channels,
        dropout=0.0,
        activation=lambda x: F.gelu(x, approximate="tanh"),
        batch_first=True,
        norm_first=True,
    )
    model = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(channels), enable_nested_tensor=False)
    return training(model, lambda model: F.mse_loss(model(x), y))


KINDS = {
    "matrix product": matrix_product,
    "softmax": softmax,
    "attention": attention,
    "layer norm": layer_norm,
    "elementwise chain": elementwise_chain,
    "digits": digits,
    "transformer": transformer,
}


def synchronize():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def turn(call, calls):
    synchronize()
    start = time.perf_counter()
    for _ in range(calls):
        call()
    synchronize()
    return time.perf_counter() - start


def measure(call):
    calls, long = 1, 0  # the first long turn may be long for what is done only once
    while long < 2 and calls < MOST_CALLS:
        seconds = turn(call, calls)
        if seconds >= 0.7 * TURN:
            long += 1
        else:
            calls = min(MOST_CALLS, math.ceil(calls * TURN / max(seconds, 1e-4)), 8 * calls)
    samples = sorted(1000 * turn(call, calls) / calls for _ in range(ROUNDS))
    return {"median": samples[ROUNDS // 2], "minimum": samples[0], "rounds": ROUNDS, "calls": calls}


def main():
    cases = []
    for case in json.loads(sys.argv[1]):
        print("torch: " + case["name"], file=sys.stderr, flush=True)
        call = KINDS[case["kind"]](*case["sizes"])
        cases.append({"name": case["name"], "time": measure(call)})
    gpu = torch.cuda.get_device_name() if DEVICE == "cuda" else DEVICE
    print(json.dumps({"gpu": gpu, "version": torch.__version__, "cases": cases}))


main()
