"""losses.safetensors and losses.json: values and input gradients of the losses."""
import torch
from torch.nn import functional

from .common import camel, camel_options, random_or_given, seed_for
from .files import save_cases, save_vectors


def write(folder):
    recorder = Recorder()
    for add_cases in (cross_entropy, binary_logits, binary_probabilities, regression):
        add_cases(recorder.add)
    save_vectors(folder / 'losses.safetensors', recorder.tensors)
    save_cases(folder / 'losses.json', recorder.cases)


class Recorder:
    def __init__(self):
        self.cases, self.tensors = [], {}

    def add(self, name, loss, input, target, options=None, **weights):
        """Records loss(input, target, **options, **weights) and its pull-back to the input."""
        seed_for(name)
        options = options or {}
        inputs = {'input': random_or_given(input), 'target': random_or_given(target), **weights}
        inputs['input'] = inputs['input'].clone().requires_grad_()
        output = getattr(functional, loss)(**inputs, **options)
        seed = torch.randn_like(output)
        output.backward(seed)
        self.tensors.update({f'{name}/input/{camel(key)}': value for key, value in inputs.items()})
        self.tensors.update({f'{name}/output': output, f'{name}/seed': seed})
        self.tensors[f'{name}/grad_input/input'] = inputs['input'].grad
        self.cases.append({
            'name': name,
            'loss': loss,
            'options': camel_options(options),
            'inputs': [camel(key) for key in inputs],
            'mode': 'train',
        })


def cross_entropy(add):
    x, classes, weight = (5, 4), torch.tensor([2, 0, 3, 2, 1]), torch.tensor([0.5, 2, 1, 0.25])
    partly_ignored = torch.tensor([2, -100, 3, -100, 1])
    for reduction in ('mean', 'sum', 'none'):
        add(f'cross-entropy-{reduction}', 'cross_entropy', x, classes, dict(reduction=reduction))
        add(f'cross-entropy-weight-{reduction}', 'cross_entropy', x, classes, dict(reduction=reduction), weight=weight)
        add(f'cross-entropy-ignore-{reduction}', 'cross_entropy', x, partly_ignored,
            dict(reduction=reduction, ignore_index=-100))
    add('cross-entropy-smoothing', 'cross_entropy', x, classes, dict(label_smoothing=0.1))
    add('cross-entropy-smoothing-none', 'cross_entropy', x, classes, dict(label_smoothing=0.1, reduction='none'))
    add('cross-entropy-ignore-class', 'cross_entropy', x, classes, dict(ignore_index=2))
    everything = dict(label_smoothing=0.1, ignore_index=-100)
    add('cross-entropy-everything', 'cross_entropy', x, partly_ignored, everything, weight=weight)
    sequence = torch.tensor([[2, 0, 3], [1, 1, 0]])
    add('cross-entropy-sequence', 'cross_entropy', (2 * 3, 4), sequence.flatten())
    add('cross-entropy-probabilities', 'cross_entropy', x, torch.tensor([[0.1, 0.2, 0.3, 0.4]]).repeat(5, 1))
    extreme = torch.tensor([[100, -100, 0, 50], [-100, 100, 100, -100], [100, 99, 98, -100.0]])
    add('cross-entropy-extreme', 'cross_entropy', extreme, torch.tensor([1, 1, 2]), dict(reduction='none'))


def binary_logits(add):
    seed_for('bce-target')
    loss, x, target = 'binary_cross_entropy_with_logits', (3, 4), torch.rand(3, 4)
    for reduction in ('mean', 'sum', 'none'):
        add(f'bce-logits-{reduction}', loss, x, target, dict(reduction=reduction))
    add('bce-logits-pos-weight', loss, x, target, pos_weight=torch.tensor([0.5, 1, 2, 3]))
    extreme, hard = torch.tensor([100, 100, -100, -100, 20, -20.0]), torch.tensor([1, 0, 1, 0, 0.5, 0.5])
    add('bce-logits-extreme', loss, extreme, hard, dict(reduction='none'))
    add('bce-logits-extreme-pos-weight', loss, extreme, hard, dict(reduction='none'), pos_weight=torch.tensor([3.0]))


def binary_probabilities(add):
    seed_for('bce-input')
    loss, x, target = 'binary_cross_entropy', torch.rand(3, 4) * 0.9 + 0.05, torch.rand(3, 4)
    for reduction in ('mean', 'sum', 'none'):
        add(f'bce-{reduction}', loss, x, target, dict(reduction=reduction))
    # PyTorch holds each logarithm at -100 or more, and divides the gradient by at least 1e-12.
    add('bce-clamped', loss, torch.tensor([0, 0, 1, 1.0]), torch.tensor([0, 1, 0, 1.0]), dict(reduction='none'))


def regression(add):
    x = (3, 4)
    for reduction in ('mean', 'sum', 'none'):
        add(f'mse-{reduction}', 'mse_loss', x, x, dict(reduction=reduction))
        add(f'l1-{reduction}', 'l1_loss', x, x, dict(reduction=reduction))
        add(f'huber-{reduction}', 'huber_loss', x, x, dict(reduction=reduction))
    add('huber-delta', 'huber_loss', x, x, dict(delta=0.5))
