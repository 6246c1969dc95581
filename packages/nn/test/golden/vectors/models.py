"""Trained models: model-*.safetensors as users save them; models.safetensors and models.json, what they compute."""
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from .blocks import TransformerEncoder
from .common import camel_options, seed_for
from .files import save_cases, save_safetensors, save_vectors

CNN = [
    ('Conv2d', dict(in_channels=1, out_channels=4, kernel_size=3, padding=1)),
    ('BatchNorm2d', dict(num_features=4)),
    ('ReLU', {}),
    ('MaxPool2d', dict(kernel_size=2)),
    ('Conv2d', dict(in_channels=4, out_channels=6, kernel_size=3, padding=1)),
    ('ReLU', {}),
    ('Flatten', {}),
    ('Linear', dict(in_features=6 * 4 * 4, out_features=10)),
]
TRANSFORMER = dict(num_layers=2, d_model=16, nhead=2, dim_feedforward=32, dropout=0, activation='gelu',
                   batch_first=True, norm_first=True)


def write(folder):
    cnn, transformer = trained_cnn(), trained_transformer()
    save_state(folder, 'model-cnn', cnn)
    save_state(folder, 'model-transformer', transformer)
    seed_for('models')
    tensors, images, words = {}, torch.randn(3, 1, 8, 8), torch.randint(12, (2, 7))
    layers = {'layers': [{'layer': layer, 'options': camel_options(arguments)} for layer, arguments in CNN]}
    encoder = {'encoder': camel_options(TRANSFORMER)}
    cases = [
        evaluate(tensors, 'model-cnn', cnn, x=images) | layers,
        evaluate(tensors, 'model-transformer', transformer, x=words) | encoder,
        evaluate(tensors, 'model-transformer', transformer, 'model-transformer-causal', x=words, attnMask=future_of(7))
        | encoder,
    ]
    save_state(folder, 'model-cnn-f16', cnn.half())
    # float() widens the float16 weights again, without bringing back the digits they lost.
    cases.append(evaluate(tensors, 'model-cnn-f16', cnn.float(), x=images) | layers)
    save_vectors(folder / 'models.safetensors', tensors)
    save_cases(folder / 'models.json', cases)


def save_state(folder, name, model):
    save_safetensors(folder / f'{name}.safetensors', model.state_dict(), {'format': 'pt'})


def evaluate(tensors, file, model, name=None, **inputs):
    """Autograd stays on: without it PyTorch takes another, fused path through the encoder."""
    name = name or file
    output = model.eval()(*inputs.values())
    tensors.update({f'{name}/input/{key}': value for key, value in inputs.items()})
    tensors[f'{name}/output'] = output
    return {'name': name, 'file': f'{file}.safetensors', 'inputs': list(inputs), 'mode': 'eval'}


def trained_cnn():
    seed_for('model-cnn')
    model = nn.Sequential(*[getattr(nn, layer)(**arguments) for layer, arguments in CNN])
    return train(model, torch.randn(16, 1, 8, 8) + 0.5, torch.randint(10, (16,)))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(12, 16)
        self.position = nn.Parameter(torch.randn(10, 16))
        self.encoder = TransformerEncoder(**TRANSFORMER)
        self.head = nn.Linear(16, 12)

    def forward(self, words, mask=None):
        x = self.embedding(words) + self.position[:words.shape[1]]
        return self.head(self.encoder(x, mask))


def future_of(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def trained_transformer():
    seed_for('model-transformer')
    words = torch.randint(12, (8, 7))
    return train(Transformer(), words, words.flip(1))


def train(model, inputs, targets, steps=5):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)).backward()
        optimizer.step()
    return model
