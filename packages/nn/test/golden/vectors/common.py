"""What every kind of case needs: its own random numbers, and option names as TypeScript writes them."""
import zlib

import torch


def seed_for(name):
    """A seed of its own for each case, so that a new case leaves the numbers of the others alone."""
    torch.manual_seed(zlib.crc32(name.encode()))


def camel(word):
    """in_features becomes inFeatures."""
    first, *rest = word.split('_')
    return first + ''.join(part.capitalize() for part in rest)


def camel_options(arguments):
    return {camel(key): value for key, value in arguments.items()}


def random_or_given(value):
    """A tuple is the shape of normal random numbers; a tensor stands for itself."""
    return torch.randn(value) if isinstance(value, tuple) else value
