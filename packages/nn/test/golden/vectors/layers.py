"""layers.safetensors and layers.json: one forward and one backward pass of each layer."""
import torch
from torch import nn

from .blocks import BasicBlock, Bottleneck, TransformerEncoder
from .common import camel_options, random_or_given, seed_for
from .files import save_cases, save_vectors


def write(folder):
    recorder = Recorder()
    for add_cases in (linear, embedding, convolution, normalisation, activation, pooling, attention, encoder,
                      recurrent, residual):
        add_cases(recorder.add)
    save_vectors(folder / 'layers.safetensors', recorder.tensors)
    save_cases(folder / 'layers.json', recorder.cases)


class Recorder:
    def __init__(self):
        self.cases, self.tensors = [], {}

    def add(self, name, layer, arguments=None, mode='train', **inputs):
        """Runs one layer on the named inputs (a tuple is a shape) and records the pass."""
        seed_for(name)
        arguments = arguments or {}
        module = layer(**arguments).train(mode == 'train')
        randomise(module)
        inputs = {key: with_gradient(random_or_given(value)) for key, value in inputs.items()}
        found = one_pass(module, inputs)
        self.tensors.update({f'{name}/{key}': tensor for key, tensor in found.items()})
        self.cases.append({
            'name': name,
            'layer': layer.__name__,
            'options': camel_options(arguments),
            'inputs': list(inputs),
            'outputs': [key for key in found if key.split('/')[0] == 'output'],
            'mode': mode,
        })


def randomise(module):
    """Moves every parameter and buffer away from its initial value."""
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            is_scale = name.endswith('weight') and tensor.dim() == 1
            if name.endswith('num_batches_tracked'):
                tensor.fill_(7)
            elif name.endswith('running_var') or is_scale:
                tensor.uniform_(0.5, 1.5)
            else:
                tensor.normal_(0, 0.3)


def with_gradient(tensor):
    return tensor.clone().requires_grad_(tensor.is_floating_point())


def one_pass(module, inputs):
    """Forward, backward from an uneven seed, and everything worth comparing."""
    before = {name: value.clone() for name, value in module.state_dict().items()}
    outputs = FORWARD.get(module._get_name(), plain)(module, **inputs)
    seeds = {name: torch.randn_like(value) for name, value in outputs.items()}
    torch.autograd.backward(list(outputs.values()), list(seeds.values()))
    changed = {name: value for name, value in module.named_buffers() if not torch.equal(value, before[name])}
    return {
        **prefixed('input', inputs),
        **outputs,
        **{name.replace('output', 'seed', 1): value for name, value in seeds.items()},
        **prefixed('param', before),
        **prefixed('grad', {name: value.grad for name, value in module.named_parameters()}),
        **prefixed('grad_input', {name: x.grad for name, x in inputs.items() if x.requires_grad}),
        **prefixed('after', changed),
    }


def prefixed(prefix, tensors):
    return {f'{prefix}/{name}': tensor for name, tensor in tensors.items()}


# How inputs reach a layer.


def plain(module, x):
    return {'output': module(x)}


def attend(module, query=None, key=None, value=None, x=None, attnMask=None, keyPaddingMask=None):
    query, key, value = (query, key, value) if x is None else (x, x, x)
    output, _ = module(query, key, value, keyPaddingMask, need_weights=False, attn_mask=attnMask)
    return {'output': output}


def encode(module, x, attnMask=None, keyPaddingMask=None):
    return {'output': module(x, attnMask, src_key_padding_mask=keyPaddingMask)}


def gru(module, x, h=None):
    output, final = module(x, h)
    return {'output': output, 'output/h': final}


def lstm(module, x, h=None, c=None):
    output, (hidden, cell) = module(x, None if h is None else (h, c))
    return {'output': output, 'output/h': hidden, 'output/c': cell}


FORWARD = {
    'MultiheadAttention': attend,
    'TransformerEncoderLayer': encode,
    'TransformerEncoder': encode,
    'GRU': gru,
    'LSTM': lstm,
}


# The cases.


def linear(add):
    options = dict(in_features=4, out_features=3)
    add('linear', nn.Linear, options, x=(2, 4))
    add('linear-no-bias', nn.Linear, dict(options, bias=False), x=(2, 4))
    add('linear-3d', nn.Linear, options, x=(2, 5, 4))
    add('linear-3d-no-bias', nn.Linear, dict(options, bias=False), x=(2, 5, 4))


def embedding(add):
    options = dict(num_embeddings=6, embedding_dim=4)
    add('embedding-repeated', nn.Embedding, options, x=torch.tensor([[1, 3, 1, 0, 5], [3, 3, 1, 2, 0]]))
    add('embedding-padding', nn.Embedding, dict(options, padding_idx=0), x=torch.tensor([[4, 2, 4, 0], [5, 0, 0, 2]]))


def convolution(add):
    options = dict(in_channels=4, out_channels=6, kernel_size=3)
    add('conv1d', nn.Conv1d, options, x=(2, 4, 7))
    add('conv1d-stride-padding', nn.Conv1d, dict(options, stride=2, padding=1), x=(2, 4, 6))
    add('conv1d-dilation', nn.Conv1d, dict(options, dilation=2), x=(2, 4, 7))
    add('conv1d-groups', nn.Conv1d, dict(options, padding=1, groups=2), x=(2, 4, 5))

    options = dict(in_channels=4, out_channels=6, kernel_size=3)
    add('conv2d', nn.Conv2d, options, x=(2, 4, 5, 6))
    add('conv2d-stride-padding', nn.Conv2d, dict(options, stride=2, padding=1), x=(2, 4, 5, 6))
    add('conv2d-dilation', nn.Conv2d, dict(options, dilation=2), x=(2, 4, 5, 6))
    add('conv2d-groups', nn.Conv2d, dict(options, groups=2), x=(2, 4, 5, 6))
    add('conv2d-depthwise', nn.Conv2d, dict(options, out_channels=4, padding=1, groups=4), x=(2, 4, 5, 6))
    add('conv2d-no-bias', nn.Conv2d, dict(options, bias=False), x=(2, 4, 5, 6))
    add('conv2d-same', nn.Conv2d, dict(options, padding='same'), x=(2, 4, 5, 6))
    # Here one more row and column of zeros is needed below and to the right than above and to the left.
    add('conv2d-same-even', nn.Conv2d, dict(options, kernel_size=(2, 4), padding='same'), x=(2, 4, 5, 6))
    uneven = dict(kernel_size=(2, 3), stride=(1, 2), padding=(1, 0))
    add('conv2d-uneven', nn.Conv2d, dict(options, **uneven), x=(2, 4, 5, 6))


def normalisation(add):
    for mode in ('train', 'eval'):
        add(f'batch-norm1d-{mode}', nn.BatchNorm1d, dict(num_features=4), mode, x=(6, 4))
        add(f'batch-norm1d-sequence-{mode}', nn.BatchNorm1d, dict(num_features=4), mode, x=(3, 4, 5))
        add(f'batch-norm2d-{mode}', nn.BatchNorm2d, dict(num_features=3, momentum=0.1), mode, x=(2, 3, 5, 6))
        add(f'batch-norm2d-no-affine-{mode}', nn.BatchNorm2d, dict(num_features=3, affine=False), mode, x=(2, 3, 5, 6))
    add('batch-norm2d-momentum', nn.BatchNorm2d, dict(num_features=3, momentum=0.3, eps=1e-3), x=(2, 3, 5, 6))

    add('group-norm', nn.GroupNorm, dict(num_groups=2, num_channels=6), x=(2, 6, 5, 4))
    add('group-norm-no-affine', nn.GroupNorm, dict(num_groups=3, num_channels=6, affine=False), x=(2, 6, 5))

    add('layer-norm', nn.LayerNorm, dict(normalized_shape=6), x=(2, 5, 6))
    add('layer-norm-two-axes', nn.LayerNorm, dict(normalized_shape=(5, 6)), x=(3, 5, 6))
    add('layer-norm-no-affine', nn.LayerNorm, dict(normalized_shape=6, elementwise_affine=False), x=(2, 5, 6))
    add('layer-norm-small-eps', nn.LayerNorm, dict(normalized_shape=6, eps=1e-12), x=(2, 5, 6))


def activation(add):
    x = torch.linspace(-4, 4, 14).tolist()
    x = torch.tensor([*x, 30, -30]).reshape(2, 8)
    add('relu', nn.ReLU, x=x)
    add('leaky-relu', nn.LeakyReLU, dict(negative_slope=0.1), x=x)
    add('elu', nn.ELU, x=x)
    add('elu-alpha', nn.ELU, dict(alpha=0.5), x=x)
    add('gelu', nn.GELU, x=x)
    add('gelu-tanh', nn.GELU, dict(approximate='tanh'), x=x)
    add('silu', nn.SiLU, x=x)
    add('tanh', nn.Tanh, x=x)
    add('sigmoid', nn.Sigmoid, x=x)
    add('softplus', nn.Softplus, x=x)
    add('softmax', nn.Softmax, dict(dim=-1), x=x)


def pooling(add):
    x = (2, 3, 5, 6)
    overlapping = dict(kernel_size=3, stride=2, padding=1)
    add('max-pool2d', nn.MaxPool2d, dict(kernel_size=2), x=x)
    add('max-pool2d-overlapping', nn.MaxPool2d, overlapping, x=x)
    add('avg-pool2d', nn.AvgPool2d, dict(kernel_size=2), x=x)
    add('avg-pool2d-count-padding', nn.AvgPool2d, dict(overlapping, count_include_pad=True), x=x)
    add('avg-pool2d-ignore-padding', nn.AvgPool2d, dict(overlapping, count_include_pad=False), x=x)
    add('adaptive-avg-pool2d', nn.AdaptiveAvgPool2d, dict(output_size=1), x=x)


def future_of(length):
    """True where attention is not allowed: key j after query i."""
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def padding_of(lengths, longest):
    """True at the padded places of each sequence."""
    return torch.arange(longest)[None, :] >= torch.tensor(lengths)[:, None]


def attention(add):
    options = dict(embed_dim=8, num_heads=2, batch_first=True)
    x, padding = (2, 5, 8), padding_of([5, 3], 5)
    add('attention-self', nn.MultiheadAttention, options, x=x)
    add('attention-self-no-bias', nn.MultiheadAttention, dict(options, bias=False), x=x)
    add('attention-cross', nn.MultiheadAttention, options, query=(2, 3, 8), key=(2, 5, 8), value=(2, 5, 8))
    add('attention-cross-widths', nn.MultiheadAttention, dict(options, kdim=6, vdim=4),
        query=(2, 3, 8), key=(2, 5, 6), value=(2, 5, 4))
    add('attention-causal', nn.MultiheadAttention, options, x=x, attnMask=future_of(5))
    add('attention-padding', nn.MultiheadAttention, options, x=x, keyPaddingMask=padding)
    add('attention-causal-padding', nn.MultiheadAttention, options, x=x, attnMask=future_of(5), keyPaddingMask=padding)
    add('attention-float-mask', nn.MultiheadAttention, options, x=x, attnMask=(5, 5))


def encoder(add):
    options = dict(d_model=8, nhead=2, dim_feedforward=12, dropout=0, batch_first=True)
    x, padding = (2, 5, 8), padding_of([5, 3], 5)
    layer = nn.TransformerEncoderLayer
    for norm_first in (False, True):
        for function in ('relu', 'gelu'):
            name = f'encoder-layer-{"pre" if norm_first else "post"}-norm-{function}'
            add(name, layer, dict(options, activation=function, norm_first=norm_first), x=x)
    add('encoder-layer-padding', layer, dict(options, activation='relu', norm_first=False), x=x, keyPaddingMask=padding)
    add('encoder-layer-causal', layer, dict(options, activation='gelu', norm_first=True), x=x, attnMask=future_of(5))

    stack = dict(num_layers=2, **options, activation='gelu', norm_first=True)
    add('encoder', TransformerEncoder, stack, x=x)
    add('encoder-padding', TransformerEncoder, stack, x=x, keyPaddingMask=padding)


def recurrent(add):
    for layer in (nn.GRU, nn.LSTM):
        name, options = layer.__name__.lower(), dict(input_size=4, hidden_size=3, batch_first=True)
        x = (2, 5, 4)
        add(name, layer, options, x=x)
        add(f'{name}-no-bias', layer, dict(options, bias=False), x=x)
        add(f'{name}-two-layers', layer, dict(options, num_layers=2), x=x)
        add(f'{name}-bidirectional', layer, dict(options, bidirectional=True), x=x)
        add(f'{name}-initial', layer, options, x=x, **initial_state(layer, 1))
        deep = dict(options, num_layers=2, bidirectional=True)
        add(f'{name}-two-layers-bidirectional-initial', layer, deep, x=x, **initial_state(layer, 4))


def initial_state(layer, rows):
    """A start for each layer and direction: the hidden state, and for an LSTM the cell state."""
    names = ('h', 'c') if layer is nn.LSTM else ('h',)
    return {name: (rows, 2, 3) for name in names}


def residual(add):
    x = (2, 4, 5, 6)
    add('basic-block', BasicBlock, dict(in_planes=4, planes=4, stride=1, downsample=False), x=x)
    add('basic-block-downsample', BasicBlock, dict(in_planes=4, planes=6, stride=2, downsample=True), x=x)
    add('bottleneck', Bottleneck, dict(in_planes=8, planes=2, stride=1, downsample=False), x=(2, 8, 5, 6))
    add('bottleneck-downsample', Bottleneck, dict(in_planes=4, planes=2, stride=2, downsample=True), x=x)
    add('bottleneck-widen', Bottleneck, dict(in_planes=4, planes=2, stride=1, downsample=True), x=x)
