"""Optimizers over 50 steps of a small network: its parameters after some of the steps.

Every step has a batch and a rate of its own (`batch` and `rate`, which the test knows too).  Where
this PyTorch lacks an optimizer, a definition in NumPy takes its place, written from the paper.
"""
import math

import numpy
import torch

import record

STEPS = 50
KEPT = (1, 2, 3, 10, 25, 50)
SHAPES = {"hidden.weight": (4, 3), "hidden.bias": (4,), "head.weight": (2, 4), "head.bias": (2,)}


def batch(run):
    return record.spread(5, 3, seed=run), record.spread(5, 2, low=-1, high=1, seed=1000 + run)


def rate(base, step):
    return base * (0.5 + 0.25 * (step % 5))


def loss_of(p, run):
    x, y = batch(run)
    hidden = torch.tanh(x @ p["hidden.weight"].T + p["hidden.bias"])
    return ((hidden @ p["head.weight"].T + p["head.bias"] - y) ** 2).mean()


class Definition:
    """An optimizer in NumPy: `change` gives by how much a parameter goes."""

    def __init__(self, groups, weight_decay=0.0, **options):
        groups = list(groups)
        self.param_groups = groups if isinstance(groups[0], dict) else [{"params": groups}]
        for group in self.param_groups:
            group.setdefault("weight_decay", weight_decay)
        self.o = options
        self.states = {}
        self.count = 0

    def step(self):
        self.count += 1
        for group in self.param_groups:
            for p in group["params"]:
                value = p.detach().numpy()
                state = self.states.setdefault(id(p), {})
                value -= self.change(value, p.grad.numpy(), state, group["lr"], group["weight_decay"])


class NAdam(Definition):
    """Dozat, 2016, as torch.optim documents it (PyTorch 1.13 has one factor mu_t too many)."""

    def change(self, w, g, s, lr, decay):
        beta1, beta2, eps, psi = 0.9, 0.999, 1e-8, 4e-3
        change = 0
        if self.o.get("decoupled"):
            change = lr * decay * w
        else:
            g = g + decay * w
        s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
        s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g * g
        mu = [beta1 * (1 - 0.5 * 0.96 ** (t * psi)) for t in range(1, self.count + 2)]
        m = (mu[-1] * s["m"] / (1 - math.prod(mu)) + (1 - mu[-2]) * g / (1 - math.prod(mu[:-1])))
        return change + lr * m / (numpy.sqrt(s["v"] / (1 - beta2 ** self.count)) + eps)


class Lion(Definition):
    """Chen et al., 2023, algorithm 2."""

    def change(self, w, g, s, lr, decay):
        beta1, beta2 = self.o.get("betas", (0.9, 0.99))
        m = s.get("m", 0)
        s["m"] = beta2 * m + (1 - beta2) * g
        return lr * (numpy.sign(beta1 * m + (1 - beta1) * g) + decay * w)


class LAMB(Definition):
    """You et al., 2020, algorithm 2 with the identity for phi."""

    def change(self, w, g, s, lr, decay):
        beta1, beta2, eps = 0.9, 0.999, 1e-6
        s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
        s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g * g
        m, v = s["m"] / (1 - beta1 ** self.count), s["v"] / (1 - beta2 ** self.count)
        u = m / (numpy.sqrt(v) + eps) + decay * w
        size, length = numpy.linalg.norm(w), numpy.linalg.norm(u)
        return lr * (size / length if size > 0 and length > 0 else 1) * u


class Muon(Definition):
    """Jordan et al., 2024, with the decay and the rates of torch.optim.Muon."""

    def change(self, w, g, s, lr, decay):
        s["b"] = 0.95 * s.get("b", 0) + g
        x = g + 0.95 * s["b"] if self.o.get("nesterov", True) else s["b"]
        x = x / max(numpy.linalg.norm(x), 1e-7)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x - 4.775 * a @ x + 2.0315 * a @ a @ x
        rows, columns = w.shape
        fit = math.sqrt(max(1, rows / columns))
        if self.o.get("match_rms_adamw"):
            fit = 0.2 * math.sqrt(max(rows, columns))
        return lr * (decay * w + fit * x)


def train(start, base, make, accumulate=1, clip=(), average=None):
    parameters = {n: p.detach().clone().requires_grad_() for n, p in start.items()}
    optimizers = make(parameters)
    optimizers = optimizers if isinstance(optimizers, list) else [optimizers]
    kept = {name: [] for name in parameters}
    averages, kept_averages = {}, {name: [] for name in parameters}
    for step in range(STEPS):
        for p in parameters.values():
            p.grad = None
        for k in range(accumulate):
            (loss_of(parameters, step * accumulate + k) / accumulate).backward()
        for limit in clip:
            limit(list(parameters.values()))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group.get("own", rate(base, (step + 1) * accumulate - 1)) * group.get("factor", 1)
            optimizer.step()
        for name, p in parameters.items():
            now = p.detach().clone()
            if average is not None:
                averages[name] = average(averages[name], now, step) if step else now
            if step + 1 in KEPT:
                kept[name].append(now)
                kept_averages[name].append(averages.get(name))
    kept = list(kept.values()) + (list(kept_averages.values()) if average is not None else [])
    return [torch.stack(rows) for rows in kept]


def all_of(optimizer, **options):
    return lambda p: optimizer(list(p.values()), **({} if issubclass(optimizer, Definition) else {"lr": 1.0}), **options)


def groups_of(optimizer, groups, **options):
    """Each group: (names, own options)."""
    return lambda p: optimizer([dict(params=[p[n] for n in names], **own) for names, own in groups],
                               **({} if issubclass(optimizer, Definition) else {"lr": 1.0}), **options)


def muon(rest, **options):
    def make(p):
        matrices = [v for v in p.values() if v.dim() == 2]
        others = [v for v in p.values() if v.dim() != 2]
        return [Muon(matrices, weight_decay=0.1, **options), rest(others, lr=1.0)]
    return make


def by_value(limit):
    return lambda parameters: torch.nn.utils.clip_grad_value_(parameters, limit)


def by_norm(limit):
    return lambda parameters: torch.nn.utils.clip_grad_norm_(parameters, limit)


def lerp(decay):
    return lambda average, now, n: decay * average + (1 - decay) * now


def warm(decay):
    return lambda average, now, n: lerp(min(decay, (1 + n) / (10 + n)))(average, now, n)


def cases():
    o = torch.optim
    groups = [(["hidden.bias", "head.bias"], dict(weight_decay=0.0)),
              (["head.weight"], dict(factor=0.1)), (["hidden.weight"], dict())]
    own = [(["head.weight", "head.bias"], dict(own=0.02, weight_decay=0.3)),
           (["hidden.weight", "hidden.bias"], dict(factor=2.0))]
    for name, base, make, how in [
        ("sgd", 0.1, all_of(o.SGD, momentum=0.9, weight_decay=0.01, nesterov=True), {}),
        ("adam", 0.02, all_of(o.Adam), {}),
        ("adam_decay", 0.02, all_of(o.Adam, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1), {}),
        ("adam_amsgrad", 0.02, all_of(o.Adam, betas=(0.9, 0.9), weight_decay=0.05, amsgrad=True), {}),
        ("adamw", 0.02, all_of(o.AdamW, weight_decay=0.2), {}),
        ("adamw_amsgrad", 0.02, all_of(o.AdamW, betas=(0.9, 0.9), weight_decay=0.2, amsgrad=True), {}),
        ("rmsprop", 0.01, all_of(o.RMSprop), {}),
        ("rmsprop_centered", 0.002, all_of(o.RMSprop, alpha=0.9, eps=1e-6, weight_decay=0.1, momentum=0.8, centered=True), {}),
        ("adagrad", 0.05, all_of(o.Adagrad), {}),
        ("adagrad_decays", 0.05, all_of(o.Adagrad, lr_decay=0.05, weight_decay=0.1, initial_accumulator_value=0.2, eps=1e-6), {}),
        ("adadelta", 1.0, all_of(o.Adadelta), {}),
        ("adadelta_decay", 2.0, all_of(o.Adadelta, rho=0.8, eps=1e-4, weight_decay=0.1), {}),
        ("nadam", 0.02, all_of(NAdam), {}),
        ("nadam_decay", 0.02, all_of(NAdam, weight_decay=0.1), {}),
        ("nadam_decoupled", 0.02, all_of(NAdam, weight_decay=0.1, decoupled=True), {}),
        ("lion", 0.005, all_of(Lion), {}),
        ("lion_decay", 0.005, all_of(Lion, betas=(0.8, 0.9), weight_decay=0.2), {}),
        ("lamb", 0.02, all_of(LAMB, weight_decay=0.01), {}),
        ("muon", 0.02, muon(o.SGD), {}),
        ("muon_plain", 0.05, muon(o.Adam, nesterov=False, match_rms_adamw=True), {}),
        ("groups_adamw", 0.02, groups_of(o.AdamW, groups, weight_decay=0.3), {}),
        ("groups_sgd", 0.05, groups_of(o.SGD, own, momentum=0.9, weight_decay=0.01), {}),
        ("groups_lamb", 0.02, groups_of(LAMB, groups, weight_decay=0.3), {}),
        ("accumulate_adamw", 0.02, all_of(o.AdamW), dict(accumulate=4)),
        ("accumulate_sgd_clipped", 0.1, all_of(o.SGD, momentum=0.9, dampening=0.2), dict(accumulate=3, clip=[by_norm(0.2)])),
        ("clip_norm", 0.1, all_of(o.SGD, momentum=0.9), dict(clip=[by_norm(0.3)])),
        ("clip_value", 0.02, all_of(o.RMSprop), dict(clip=[by_value(0.02)])),
        ("clip_both", 0.1, all_of(o.SGD), dict(clip=[by_value(0.1), by_norm(0.15)])),
        ("ema", 0.05, all_of(o.SGD, momentum=0.9), dict(average=lerp(0.9))),
        ("ema_warm_up", 0.02, all_of(o.AdamW), dict(average=warm(0.95))),
        ("ema_accumulate", 0.02, all_of(o.Adam), dict(accumulate=2, average=lerp(0.8))),
    ]:
        start = {n: record.spread(*shape, low=-0.8, high=0.8, seed=k) for k, (n, shape) in enumerate(SHAPES.items())}
        yield name, lambda base, make=make, how=how, **start: train(start, base.item(), make, **how), {
            **start, "base": torch.tensor(base, dtype=torch.float64)}
