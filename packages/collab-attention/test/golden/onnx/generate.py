#!/usr/bin/python3
"""Writes the models of this folder with PyTorch's own exporter: /usr/bin/python3 generate.py (README.md)."""
import math
import warnings
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import gelu, softmax

WIDTH, HEADS, DIMS, VOCABULARY = 16, 4, 4, 11
LEAST = torch.finfo(torch.float32).min


def joined(context):
    """[batch, heads, tokens, dims] -> [batch, tokens, heads dims]."""
    context = context.permute(0, 2, 1, 3).contiguous()
    return context.view(context.size()[:-2] + (HEADS * DIMS,))


def additive(mask):
    return (1.0 - mask[:, None, None, :].to(torch.float32)) * LEAST


class SelfAttention(nn.Module):
    """Projections of their own, scale after the product."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, HEADS * DIMS) for _ in range(3))

    def apart(self, x):
        return x.view(x.size()[:-1] + (HEADS, DIMS)).permute(0, 2, 1, 3)

    def forward(self, x, mask=None):
        query = self.query(x)
        key, value, query = self.apart(self.key(x)), self.apart(self.value(x)), self.apart(query)
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(DIMS)
        if mask is not None:
            scores = scores + mask
        return joined(torch.matmul(softmax(scores, dim=-1), value))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.dense, self.norm = SelfAttention(), nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH)
        self.wide, self.narrow, self.last = nn.Linear(WIDTH, 20), nn.Linear(20, WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x, mask):
        x = self.norm(x + self.dense(self.attention(x, mask)))
        return self.last(x + self.narrow(gelu(self.wide(x))))


class Encoder(nn.Module):
    """As BERT; with shared layers as ALBERT."""

    def __init__(self, layers, times=1):
        super().__init__()
        self.embedding, self.norm = nn.Embedding(VOCABULARY, WIDTH), nn.LayerNorm(WIDTH)
        self.layers, self.times = nn.ModuleList([Layer() for _ in range(layers)]), times

    def forward(self, ids, mask):
        x, mask = self.norm(self.embedding(ids)), additive(mask)
        for _ in range(self.times):
            for layer in self.layers:
                x = layer(x, mask)
        return x


class ScaledQueries(nn.Module):
    """As DistilBERT: queries are divided, padding is filled in."""

    def __init__(self):
        super().__init__()
        self.q_lin, self.k_lin, self.v_lin, self.out_lin = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x, mask):
        batch, queries, width = x.size()
        keys = x.size(1)

        def apart(t):
            return t.view(batch, -1, HEADS, width // HEADS).transpose(1, 2)

        q, k, v = apart(self.q_lin(x)), apart(self.k_lin(x)), apart(self.v_lin(x))
        scores = torch.matmul(q / math.sqrt(width // HEADS), k.transpose(2, 3))
        hidden = (mask == 0).view(batch, 1, 1, keys).expand_as(scores)
        scores = scores.masked_fill(hidden, torch.tensor(LEAST))
        context = torch.matmul(softmax(scores, dim=-1), v)
        return self.out_lin(context.transpose(1, 2).contiguous().view(batch, -1, width))


class Vision(nn.Module):
    """As ViT: patches and a class token."""

    def __init__(self):
        super().__init__()
        self.patch, self.norm = nn.Conv2d(3, WIDTH, 2, 2), nn.LayerNorm(WIDTH)
        self.token, self.position = nn.Parameter(torch.zeros(1, 1, WIDTH)), nn.Parameter(torch.zeros(1, 10, WIDTH))
        self.attention, self.dense = SelfAttention(), nn.Linear(WIDTH, WIDTH)

    def forward(self, image):
        x = self.patch(image).flatten(2).transpose(1, 2)
        x = torch.cat((self.token.expand(x.shape[0], -1, -1), x), dim=1) + self.position
        return x + self.dense(self.attention(self.norm(x)))


class Packed(nn.Module):
    """As timm: one projection of five axes."""

    def __init__(self, by_index):
        super().__init__()
        self.qkv, self.proj, self.by_index = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH), by_index

    def forward(self, x):
        batch, tokens, width = x.shape
        packed = self.qkv(x).reshape(batch, tokens, 3, HEADS, DIMS).permute(2, 0, 3, 1, 4)
        q, k, v = (packed[0], packed[1], packed[2]) if self.by_index else packed.unbind(0)
        scores = (q @ k.transpose(-2, -1)) * DIMS**-0.5 if self.by_index else (q * DIMS**-0.5) @ k.transpose(-2, -1)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, tokens, width))


class Affine(nn.Module):
    """y = x W + b, by rows."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(inputs, outputs)), nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        rows = torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight)
        return rows.view(x.size()[:-1] + (self.bias.size(0),))


class Causal(nn.Module):
    """As GPT-2: one projection that is split, a triangle of a buffer."""

    def __init__(self, tells_keys):
        super().__init__()
        self.embedding, self.norm = nn.Embedding(VOCABULARY, WIDTH), nn.LayerNorm(WIDTH)
        self.c_attn, self.c_proj, self.tells_keys = Affine(WIDTH, 3 * WIDTH), Affine(WIDTH, WIDTH), tells_keys
        self.register_buffer('triangle', torch.tril(torch.ones(32, 32)).view(1, 1, 32, 32).bool())

    def forward(self, ids, mask):
        parts = self.c_attn(self.norm(self.embedding(ids))).split(WIDTH, dim=2)
        q, k, v = (t.view(t.size()[:-1] + (HEADS, DIMS)).permute(0, 2, 1, 3) for t in parts)
        scores = torch.matmul(q, k.transpose(-1, -2))
        scores = scores / torch.full([], v.size(-1) ** 0.5, dtype=scores.dtype)
        queries, keys = q.size(-2), k.size(-2)
        seen = self.triangle[:, :, keys - queries : keys, :keys]
        scores = torch.where(seen, scores, torch.full([], LEAST, dtype=scores.dtype)) + additive(mask)
        out = self.c_proj(joined(torch.matmul(softmax(scores, dim=-1), v)))
        return (out, k) if self.tells_keys else out


class Flat(nn.Module):
    """As CLIP and BART were: batch and heads in one axis."""

    def __init__(self):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x, mask):
        batch, tokens, _ = x.size()

        def apart(t, length):
            return t.view(batch, length, HEADS, DIMS).transpose(1, 2).contiguous()

        flat = (batch * HEADS, -1, DIMS)
        k, v = apart(self.k_proj(x), -1).view(*flat), apart(self.v_proj(x), -1).view(*flat)
        q = apart(self.q_proj(x) * DIMS**-0.5, tokens).view(*flat)
        scores = torch.bmm(q, k.transpose(1, 2)).view(batch, HEADS, tokens, k.size(1)) + mask
        weights = softmax(scores.view(batch * HEADS, tokens, k.size(1)), dim=-1)
        context = torch.bmm(weights, v).view(batch, HEADS, tokens, DIMS).transpose(1, 2)
        return self.out_proj(context.reshape(batch, tokens, WIDTH))


class Cross(nn.Module):
    """As T5: another source of keys, no biases, no scale, a bias of positions."""

    def __init__(self):
        super().__init__()
        self.q, self.o = nn.Linear(WIDTH, WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)
        self.k, self.v = nn.Linear(12, WIDTH, bias=False), nn.Linear(12, WIDTH, bias=False)

    def forward(self, x, source, bias):
        batch = x.shape[0]

        def apart(t):
            return t.view(batch, -1, HEADS, DIMS).transpose(1, 2)

        scores = torch.matmul(apart(self.q(x)), apart(self.k(source)).transpose(3, 2)) + bias
        weights = softmax(scores.float(), dim=-1).type_as(scores)
        return self.o(torch.matmul(weights, apart(self.v(source))).transpose(1, 2).contiguous().view(batch, -1, WIDTH))


class Torch(nn.Module):
    """PyTorch's own layer."""

    def __init__(self):
        super().__init__()
        self.layer = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def forward(self, x):
        return self.layer(x, x, x)[0]


class Positions(nn.Module):
    """What has no shared form: rotary positions, norms of queries and keys, keys of a cache."""

    def __init__(self, kind):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.kind, self.norm = kind, nn.LayerNorm(DIMS)
        self.register_buffer('angles', torch.randn(32, DIMS))

    def turned(self, t):
        angles = self.angles[: t.size(2)]
        other = torch.cat((-t[..., DIMS // 2 :], t[..., : DIMS // 2]), -1)
        return t * angles.cos() + other * angles.sin()

    def forward(self, x, past=None):
        batch, tokens, _ = x.shape
        q, k, v = (f(x).view(batch, tokens, HEADS, DIMS).transpose(1, 2) for f in (self.q, self.k, self.v))
        if self.kind == 'rotary':
            q, k = self.turned(q), self.turned(k)
        elif self.kind == 'norms':
            q, k = self.norm(q), self.norm(k)
        else:
            k, v = torch.cat((past, k), 2), torch.cat((past, v), 2)
        weights = softmax(torch.matmul(q, k.transpose(2, 3)) / math.sqrt(DIMS), dim=-1)
        return self.o(joined(torch.matmul(weights, v)))


def export(name, model, inputs, axes, opset=14, outputs=('out',), **more):
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.4)
    path = Path(__file__).resolve().parent / f'{name}.onnx'
    torch.onnx.export(
        model.eval(), tuple(inputs.values()), str(path), input_names=list(inputs), output_names=list(outputs),
        dynamic_axes=axes, opset_version=opset, **more,
    )


def main():
    warnings.filterwarnings('ignore')
    torch.manual_seed(0)
    torch.set_num_threads(1)
    axes = {0: 'batch', 1: 'tokens'}
    tokens = {'ids': torch.randint(0, VOCABULARY, (2, 5)), 'mask': torch.ones(2, 5, dtype=torch.int64)}
    states = {'x': torch.randn(2, 5, WIDTH)}
    of_tokens, of_states = {'ids': axes, 'mask': axes}, {'x': axes}
    export('encoder', Encoder(2), tokens, of_tokens, 13)
    export('encoder-fixed', Encoder(1), tokens, None)
    export('encoder-old', Encoder(1), tokens, of_tokens, 9, keep_initializers_as_inputs=True)
    export('encoder-shared', Encoder(1, times=2), tokens, of_tokens)
    export('scaled-queries', ScaledQueries(), {**states, 'mask': tokens['mask']}, {'x': axes, 'mask': axes})
    export('vision', Vision(), {'image': torch.randn(2, 3, 6, 6)}, {'image': {0: 'batch'}})
    export('packed', Packed(False), states, of_states)
    export('packed-index', Packed(True), states, of_states, 12)
    export('causal', Causal(False), tokens, of_tokens, 13)
    mask = {'bias': torch.zeros(2, 1, 5, 5)}
    export('flat', Flat(), {**states, **mask}, {'x': axes, 'bias': {0: 'batch', 2: 'tokens', 3: 'tokens'}})
    cross = {**states, 'source': torch.randn(2, 7, 12), 'bias': torch.zeros(1, HEADS, 5, 7)}
    keys = {'source': {0: 'batch', 1: 'keys'}, 'bias': {2: 'tokens', 3: 'keys'}}
    export('cross', Cross(), cross, {'x': axes, **keys})
    export('torch-layer', Torch(), states, of_states)
    export('left-rotary', Positions('rotary'), states, of_states)
    export('left-norms', Positions('norms'), states, of_states)
    past = {**states, 'past': torch.randn(2, HEADS, 3, DIMS)}
    export('left-cache', Positions('cache'), past, {'x': axes, 'past': {0: 'batch', 2: 'past'}})
    export('left-keys-out', Causal(True), tokens, of_tokens, 13, outputs=('out', 'keys'))


if __name__ == '__main__':
    main()
