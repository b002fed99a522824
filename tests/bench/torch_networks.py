"""
The recipes' networks in PyTorch: what torch_published.py and torch_careful.py share. A block is a function from one node's
activities to the prediction of the next; its weights are a matrix [outputs][inputs] or kernels [outputs][channels][height]
[width], and a bias.
"""

import math

import torch
import torch.nn.functional as F


class Block:
    """relu?, dense (nodes hold pre-activations), or conv, relu (nodes hold activations)."""

    def __init__(self, text, shape):
        """`shape`: channels, height, width of the node below."""
        words = [operation.split() for operation in text.split(", ")]
        self.relu_first = words[0][0] == "relu"
        self.relu_last = words[-1][0] == "relu" and len(words) > 1
        kind = next(word for word in words if word[0] != "relu")
        self.conv = kind[0] == "conv"
        outputs = int(kind[1])
        self.below = shape
        if self.conv:
            side, _, stride = kind[2].partition("/")
            self.side, self.stride = int(side.split("x")[0]), int(stride or 1)
            self.weight = torch.empty(outputs, shape[0], self.side, self.side)
            self.shape = (outputs,) + tuple((s - self.side) // self.stride + 1 for s in shape[1:])
        else:
            self.weight = torch.empty(outputs, math.prod(shape))
            self.shape = (outputs, 1, 1)
        self.bias = torch.empty(outputs)

    def __call__(self, h):
        if self.relu_first:
            h = torch.relu(h)
        if self.conv:
            p = F.conv2d(h, self.weight, self.bias, self.stride)
        else:
            p = F.linear(h.flatten(1), self.weight, self.bias)
        return torch.relu(p) if self.relu_last else p

    def load(self, weight, bias):
        """From libpcil's layout: [inputs][outputs], images channels last."""
        if self.conv:
            self.weight.copy_(weight.permute(3, 2, 0, 1))
        else:
            channels, height, width = self.below
            inputs_last = weight.view(height, width, channels, -1)
            self.weight.copy_(inputs_last.permute(3, 2, 0, 1).reshape(self.weight.shape))
        self.bias.copy_(bias)

    def stored(self):
        """To libpcil's layout."""
        if self.conv:
            return self.weight.permute(2, 3, 1, 0).contiguous()
        channels, height, width = self.below
        return self.weight.view(-1, channels, height, width).permute(2, 3, 1, 0).reshape(-1, self.weight.shape[0]).clone()


class Network:
    """From a description such as "3x32x32; dense 1024; relu, dense 10; softmax"."""

    def __init__(self, description):
        first, *texts, self.output = description.split("; ")
        shape = tuple(int(size) for size in first.split("x"))
        self.blocks = []
        for text in texts:
            self.blocks.append(Block(text, shape))
            shape = self.blocks[-1].shape

    def predict_output(self, p):
        return torch.softmax(p, 1) if self.output == "softmax" else torch.sigmoid(p)


class Settings:
    """A recipe's numbers."""

    def __init__(self, words):
        number = lambda name, otherwise: float(words.get(name, otherwise))
        self.schedule, self.optimizer = words["inference"], words["optimizer"]
        self.iterations, self.step_size = int(number("iterations", 3)), number("step_size", 0.02)
        self.m = 0 if self.schedule == "backprop" else 1 / (1 + number("beta", 100))
        self.rate, self.alpha_min, self.r = number("learning_rate", 1e-3), number("alpha_min", 1e-3), number("r", 1e-6)
        self.rho = number("rho", 0.9999)
        self.predicts_twice = words["dataset"] == "tiny-imagenet"

    def step(self, t):
        return self.step_size / (1 + t)
