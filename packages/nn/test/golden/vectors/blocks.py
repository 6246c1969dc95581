"""Modules that PyTorch itself lacks in this form; attribute names, and so state dict names, are torchvision's."""
from torch import nn
from torch.nn.functional import relu


def shortcut(in_planes, out_planes, stride):
    """The 1x1 convolution that fits a block's input to its output: downsample.0 and downsample.1."""
    return nn.Sequential(nn.Conv2d(in_planes, out_planes, 1, stride, bias=False), nn.BatchNorm2d(out_planes))


class BasicBlock(nn.Module):
    def __init__(self, in_planes, planes, stride=1, downsample=False):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = shortcut(in_planes, planes, stride) if downsample else None

    def forward(self, x):
        y = relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """The stride is on the 3x3 convolution; the output has four times as many planes."""

    def __init__(self, in_planes, planes, stride=1, downsample=False):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * planes)
        self.downsample = shortcut(in_planes, 4 * planes, stride) if downsample else None

    def forward(self, x):
        y = relu(self.bn1(self.conv1(x)))
        y = relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return relu(y + (x if self.downsample is None else self.downsample(x)))


class TransformerEncoder(nn.TransformerEncoder):
    """num_layers equal layers and a final layer norm, from one flat list of options."""

    def __init__(self, num_layers, **layer):
        super().__init__(nn.TransformerEncoderLayer(**layer), num_layers, nn.LayerNorm(layer['d_model']))
