"""
A training step that computes what the paper's published program computes (github.com/nalonso2/PredictiveCoding-MQSeqIL),
written anew: plain PyTorch, a new tensor for every result, activities copied before inference, every prediction made again
in every iteration, errors as differences of activities and predictions, MQ's mean of a copy of all gradients.

Networks of dense blocks have drives and gradients in closed form. Those with convolutions take every drive from
torch.autograd.functional.vjp, which runs the block forward once more, and clear all gradients before; their gradients come
from one local loss per block. The program for Tiny ImageNet predicts each node twice in an iteration, once for its own move
and once, recorded for autograd, for the move of the node below; that for CIFAR-10 and SVHN once.
"""

import torch


class Optimizer:
    """sgd, adam, or MQ: a rate per matrix by the slow average of its mean |gradient|."""

    def __init__(self, network, settings):
        self.settings, self.blocks = settings, network.blocks
        for block in self.blocks:
            block.weight.requires_grad_()
            block.bias.requires_grad_()
        rule = torch.optim.Adam if settings.optimizer == "adam" else torch.optim.SGD
        self.rules = [rule((block.weight, block.bias), lr=settings.rate) for block in self.blocks]
        self.v, self.count = [settings.rate] * len(self.blocks), 0

    def clear(self):
        """All gradients, those of other blocks too."""
        for rule in self.rules:
            rule.zero_grad()

    @torch.no_grad()
    def step(self, i):
        """Block i by its gradient; block 0 is the first."""
        self.count += i == 0
        if self.settings.optimizer == "mq":
            self.equalise(i, self.blocks[i])
        else:
            self.rules[i].step()

    def equalise(self, i, block):
        s, (w, b) = self.settings, (block.weight, block.bias)
        mean = torch.cat((w.grad.view(-1).clone(), b.grad.view(-1).clone())).abs().mean()
        rate = s.rate / (self.v[i] + s.r) + s.alpha_min
        w -= rate * w.grad
        b -= rate * b.grad
        rho = min(self.count / (self.count + 1), s.rho)
        self.v[i] = rho * self.v[i] + (1 - rho) * mean


class Published:
    name = "published"

    def __init__(self, network, settings):
        self.network, self.settings = network, settings
        self.optimizer = Optimizer(network, settings)
        self.convolves = any(block.conv for block in network.blocks)

    def clamped(self, p, y):
        return self.settings.m * self.network.predict_output(p) + (1 - self.settings.m) * y

    def step(self, x, y):
        if self.settings.schedule == "backprop":
            return self.backpropagate(x, y)
        with torch.no_grad():
            h = [x.clone()]
            for block in self.network.blocks:
                h.append(block(h[-1]))
            h = [node.clone() for node in h]
            h[-1] = self.clamped(h[-1], y)
        for t in range(self.settings.iterations):
            h = self.iterate(h, y, self.settings.step(t))
        self.learn(h)

    @torch.no_grad()
    def iterate(self, h, y, step):
        """Predictions from the activities as they are, then all hidden nodes; in order from the last to the first, each
        with the new activity above, or at once."""
        blocks, last = self.network.blocks, len(h) - 1
        p = [None] + [block(node) for block, node in zip(blocks, h)]
        p[last] = self.network.predict_output(p[last])
        new = list(h)
        above = new if self.settings.schedule == "sequential" else h
        for n in range(last - 1, 0, -1):
            if self.settings.predicts_twice and n + 1 < last:
                with torch.enable_grad():
                    p[n + 1] = blocks[n](h[n])
            drive = self.drive(blocks[n], h[n], above[n + 1] - p[n + 1])
            new[n] = h[n] + step * (drive - (h[n] - p[n]))
        new[last] = self.clamped(blocks[-1](new[last - 1]), y)
        return new

    def drive(self, block, h, e):
        if self.convolves:
            self.optimizer.clear()
            return torch.autograd.functional.vjp(block, h, e)[1]
        drive = e @ block.weight
        return (h > 0) * drive if block.relu_first else drive

    def learn(self, h):
        for i, block in enumerate(self.network.blocks):
            if self.convolves:
                self.differentiate(block, h[i], h[i + 1])
            else:
                self.multiply(block, h[i], h[i + 1])
            self.optimizer.step(i)

    def differentiate(self, block, h, target):
        self.optimizer.clear()
        p = block(h)
        if block is self.network.blocks[-1]:
            loss = self.output_loss(p, target)
        else:
            loss = 0.5 * (target - p).square().sum() / h.shape[0]
        loss.backward()

    @torch.no_grad()
    def multiply(self, block, h, target):
        p = block(h)
        if block is self.network.blocks[-1]:
            p = self.network.predict_output(p)
        e, f = target - p, torch.relu(h) if block.relu_first else h.flatten(1)
        block.weight.grad = -(e.t() @ f / h.shape[0])
        block.bias.grad = -e.mean(0)

    def output_loss(self, p, target):
        if self.network.output == "softmax":
            return -(target * torch.log_softmax(p, 1)).sum() / p.shape[0]
        return torch.nn.functional.binary_cross_entropy_with_logits(p, target, reduction="sum") / p.shape[0]

    def backpropagate(self, x, y):
        h = x
        for block in self.network.blocks:
            h = block(h)
        self.optimizer.clear()
        self.output_loss(h, y).backward()
        for i in range(len(self.network.blocks)):
            self.optimizer.step(i)
