"""
The same step written with care: no product that need not be made (the input's prediction once, iteration 0 from the
feed-forward pass, errors carried from move to move), no automatic differentiation, results in place or in tensors that stay.
"""

import torch


def convolution_backward(block, gy, x, want_input):
    """The gradient with respect to the input, or to the weights, of one convolution."""
    mask = [want_input, not want_input, False]
    stride = [block.stride] * 2
    result = torch.ops.aten.convolution_backward(gy, x, block.weight, None, stride, [0, 0], [1, 1], False, [0, 0], 1, mask)
    return result[0 if want_input else 1]


class Dense:
    """A matrix and its products into tensors that stay. Weights are kept as [inputs][outputs]."""

    def __init__(self, block, batch, optimizer):
        self.block, self.relu = block, block.relu_first
        self.w, self.b = block.weight.t().contiguous(), block.bias
        self.p = torch.empty(batch, self.w.shape[1])
        self.drive, self.f = torch.empty(batch, self.w.shape[0]), torch.empty(batch, self.w.shape[0])
        self.g = torch.empty_like(self.w) if optimizer != "sgd" else None

    def forward(self, h):
        h = h.flatten(1)
        if self.relu:
            torch.clamp(h, min=0, out=self.f)
            h = self.f
        else:
            self.f = h
        return torch.addmm(self.b, h, self.w, out=self.p)

    def back(self, h, e):
        torch.mm(e, self.w.t(), out=self.drive)
        if self.relu:
            self.drive.mul_(h > 0)
        return self.drive.view_as(h)

    def change(self, h, d, out, alpha):
        """out += alpha times the change of the prediction when h has moved by d; h is the new one."""
        h, d = h.flatten(1), d.flatten(1)
        if self.relu:
            before = self.f
            after = torch.clamp(h, min=0)
            stays = (before > 0) & (after > 0)
            d = torch.where(stays, d, after - before)
            self.f = after
        out.addmm_(d, self.w, alpha=alpha)

    def gradient(self, e):
        return torch.mm(self.f.t(), e, out=self.g), e.sum(0)

    def descend(self, e, scale):
        self.w.addmm_(self.f.t(), e, alpha=scale)
        self.b.add_(e.sum(0), alpha=scale)

    def stored(self):
        channels, height, width = self.block.below
        return self.w.view(channels, height, width, -1).permute(1, 2, 0, 3).reshape(self.w.shape)


class Conv:
    """conv, relu, with its pre-activation z kept."""

    def __init__(self, block, batch, optimizer):
        self.block, self.w, self.b = block, block.weight, block.bias

    def forward(self, h):
        self.h = h
        self.z = torch.nn.functional.conv2d(h, self.w, self.b, self.block.stride)
        self.p = torch.clamp(self.z, min=0)
        return self.p

    def back(self, h, e):
        return convolution_backward(self.block, e * (self.z > 0), h, True)

    def change(self, h, d, out, alpha):
        dz = torch.nn.functional.conv2d(d, self.w, None, self.block.stride)
        before = torch.clamp(self.z, min=0)
        stays = self.z > 0
        self.z.add_(dz)
        stays &= self.z > 0
        out.add_(torch.where(stays, dz, torch.clamp(self.z, min=0) - before), alpha=alpha)
        self.h = h

    def gradient(self, e):
        gz = e * (self.z > 0)
        return convolution_backward(self.block, gz, self.h, False), gz.sum((0, 2, 3))

    def descend(self, e, scale):
        g, b = self.gradient(e)
        self.w.add_(g, alpha=scale)
        self.b.add_(b, alpha=scale)

    def stored(self):
        return self.block.stored()


class Careful:
    name = "careful"

    def __init__(self, network, settings, batch):
        self.network, self.settings = network, settings
        for block in network.blocks:
            block.weight.requires_grad_(False)
            block.bias.requires_grad_(False)
        self.blocks = [(Conv if block.conv else Dense)(block, batch, settings.optimizer) for block in network.blocks]
        self.v, self.count = [settings.rate] * len(self.blocks), 0
        self.moments = [None] * len(self.blocks)

    @torch.no_grad()
    def step(self, x, y):
        self.clamp(x, y)
        if self.settings.schedule == "backprop":
            self.backpropagate()
        for t in range(self.settings.iterations if self.settings.schedule != "backprop" else 0):
            (self.sequential if self.settings.schedule == "sequential" else self.simultaneous)(self.settings.step(t))
            self.clamp_output()
        self.learn()

    def clamp(self, x, y):
        self.y = y
        self.h = [x]
        for block in self.blocks:
            self.h.append(block.forward(self.h[-1]))
        self.e = [None] * len(self.h)
        self.p = self.h[-1]
        self.clamp_output()

    def clamp_output(self):
        self.e[-1] = torch.sub(self.y, self.network.predict_output(self.p)).mul_(1 - self.settings.m)

    def drive(self, n):
        return self.blocks[n].back(self.h[n], self.e[n + 1]) if self.e[n + 1] is not None else None

    def move(self, n, drive, step):
        """d = step (drive - error); activity, error and what stands above move with it."""
        d = torch.mul(drive, step)
        if self.e[n] is not None:
            d.sub_(self.e[n], alpha=step)
            self.e[n].add_(d)
        else:
            self.e[n] = d.clone()
        self.h[n].add_(d)
        if n + 2 == len(self.h):
            self.blocks[n].change(self.h[n], d, self.p, 1)
        else:
            if self.e[n + 1] is None:
                self.e[n + 1] = torch.zeros_like(self.h[n + 1])
            self.blocks[n].change(self.h[n], d, self.e[n + 1], -1)

    def sequential(self, step):
        for n in range(len(self.h) - 2, 0, -1):
            self.move(n, self.drive(n), step)

    def simultaneous(self, step):
        drives = [None] + [self.drive(n) for n in range(1, len(self.h) - 1)]
        for n in range(len(self.h) - 2, 0, -1):
            if drives[n] is not None:
                self.move(n, drives[n], step)

    def backpropagate(self):
        for n in range(len(self.h) - 2, 0, -1):
            self.e[n] = self.drive(n)

    def learn(self):
        self.count += 1
        for i, block in enumerate(self.blocks):
            e, batch = self.e[i + 1], self.h[0].shape[0]
            if self.settings.optimizer == "mq":
                self.equalise(i, block, e, batch)
            elif self.settings.optimizer == "adam":
                self.adapt(i, block, e, batch)
            elif e is not None:
                block.descend(e, self.settings.rate / batch)

    def equalise(self, i, block, e, batch):
        s, mean = self.settings, 0.0
        rate = s.rate / (self.v[i] + s.r) + s.alpha_min
        if e is not None:
            g, b = block.gradient(e)
            mean = (g.norm(1) + b.norm(1)).item() / (g.numel() + b.numel()) / batch
            block.w.add_(g, alpha=rate / batch)
            block.b.add_(b, alpha=rate / batch)
        rho = min(self.count / (self.count + 1), s.rho)
        self.v[i] = rho * self.v[i] + (1 - rho) * mean

    def adapt(self, i, block, e, batch):
        if self.moments[i] is None:
            self.moments[i] = [torch.zeros_like(t) for t in (block.w, block.w, block.b, block.b)]
        corrected = 1 - 0.999**self.count
        for w, g, m, v in zip((block.w, block.b), block.gradient(e), self.moments[i][::2], self.moments[i][1::2]):
            g.div_(batch)
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(0.999).addcmul_(g, g, value=0.001)
            w.addcdiv_(m, (v / corrected).sqrt_().add_(1e-8), value=self.settings.rate / (1 - 0.9**self.count))
