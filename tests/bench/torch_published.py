"""
A training step as the published programs of predictive coding compute it, written from the algorithm's description: plain
PyTorch, a new tensor for every result, every prediction made again in every iteration, errors as differences of activities
and predictions; a dense block's vector-Jacobian product in closed form, a convolution's by torch.autograd.functional.vjp,
which runs it forward once more; one local loss per block for the gradients, an optimizer that walks through the parameters.
"""

import torch


class Optimizer:
    """sgd, adam, or MQ: a rate per matrix by the slow average of its mean |gradient|."""

    def __init__(self, network, settings):
        self.settings, self.blocks = settings, network.blocks
        for block in self.blocks:
            block.weight.requires_grad_()
            block.bias.requires_grad_()
        parameters = [p for block in self.blocks for p in (block.weight, block.bias)]
        rule = torch.optim.Adam if settings.optimizer == "adam" else torch.optim.SGD
        self.rule = rule(parameters, lr=settings.rate)
        self.v, self.count = [settings.rate] * len(self.blocks), 0

    @torch.no_grad()
    def step(self):
        self.count += 1
        if self.settings.optimizer != "mq":
            self.rule.step()
        else:
            for i, block in enumerate(self.blocks):
                self.equalise(i, block)
        self.rule.zero_grad()

    def equalise(self, i, block):
        s, (w, b) = self.settings, (block.weight, block.bias)
        mean = (w.grad.abs().sum() + b.grad.abs().sum()) / (w.numel() + b.numel())
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

    def clamped(self, p, y):
        return self.settings.m * self.network.predict_output(p) + (1 - self.settings.m) * y

    def step(self, x, y):
        if self.settings.schedule == "backprop":
            return self.backpropagate(x, y)
        with torch.no_grad():
            h = [x]
            for block in self.network.blocks:
                h.append(block(h[-1]))
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
            drive = self.drive(blocks[n], h[n], above[n + 1] - p[n + 1])
            new[n] = h[n] + step * (drive - (h[n] - p[n]))
        new[last] = self.clamped(blocks[-1](new[last - 1]), y)
        return new

    @staticmethod
    def drive(block, h, e):
        if block.conv:
            return torch.autograd.functional.vjp(block, h, e)[1]
        drive = (e @ block.weight).view_as(h)
        return (h > 0) * drive if block.relu_first else drive

    def learn(self, h):
        blocks, batch = self.network.blocks, h[0].shape[0]
        losses = []
        for i, block in enumerate(blocks):
            p, target = block(h[i]), h[i + 1]
            losses.append(self.output_loss(p, target) if i + 1 == len(blocks) else 0.5 * (target - p).square().sum() / batch)
        sum(losses).backward()
        self.optimizer.step()

    def output_loss(self, p, target):
        if self.network.output == "softmax":
            return -(target * torch.log_softmax(p, 1)).sum() / p.shape[0]
        return torch.nn.functional.binary_cross_entropy_with_logits(p, target, reduction="sum") / p.shape[0]

    def backpropagate(self, x, y):
        h = x
        for block in self.network.blocks:
            h = block(h)
        self.output_loss(h, y).backward()
        self.optimizer.step()
