#!/usr/bin/env python3
"""The workloads of `asg bench` in PyTorch, timed in the same way: a JSON line for each.

Needs PyTorch (Debian: python3-torch). Models, sizes, optimizers and the counting of FLOPs are those
of core/cli/bench_workloads.cpp and core/cli/model.cpp.
"""

import argparse
import json
import math
import resource
import time

import torch
from torch import nn
from torch.nn import functional as F


def hidden_of(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def causal_attention(q, k, v, hidden):
    """By PyTorch's fused kernel where this version has one."""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    scores = (q @ k.transpose(-2, -1)) * (1 / math.sqrt(q.shape[-1]))
    return scores.masked_fill(hidden, -math.inf).softmax(dim=-1) @ v


class Attention(nn.Module):

    def __init__(self, embd, heads, block):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(embd, 3 * embd)
        self.proj = nn.Linear(embd, embd)
        self.register_buffer("hidden", hidden_of(block), persistent=False)

    def forward(self, x):
        batch, block, embd = x.shape
        split = (batch, block, self.heads, embd // self.heads)
        q, k, v = (part.view(split).transpose(1, 2) for part in self.qkv(x).split(embd, dim=2))
        y = causal_attention(q, k, v, self.hidden)
        return self.proj(y.transpose(1, 2).reshape(batch, block, embd))


class Block(nn.Module):
    def __init__(self, embd, heads, block, activation):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(embd), nn.LayerNorm(embd)
        self.attention = Attention(embd, heads, block)
        self.up, self.down = nn.Linear(embd, 4 * embd), nn.Linear(4 * embd, embd)
        self.activation = activation

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(self.activation(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, vocab, block, embd, heads, layers):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, embd), nn.Embedding(block, embd)
        self.blocks = nn.Sequential(*(Block(embd, heads, block, F.gelu) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(embd), nn.Linear(embd, vocab, bias=False)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        return self.head(self.norm(self.blocks(x)))


def step_of(loss, optimizer):
    def step():
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()

    return step


# Each workload gives what to time, its FLOPs and the bytes it must move; 0 where none are counted.


def gemm(n):
    a, b = torch.randn(n, n), torch.randn(n, n)
    return lambda: a @ b, 2 * n**3, 0


def chain():
    x, y = torch.randn(1 << 24), torch.randn(1 << 24)
    return lambda: torch.tanh(x * y + 0.5) * x - y, 0, 12 << 24


def copy():
    x = torch.randn(1 << 24)
    to = torch.empty_like(x)
    return lambda: to.copy_(x), 0, 8 << 24


def rows(apply):
    x = torch.randn(4096, 1024)
    return lambda: apply(x), 0, 8 * x.numel()


def layer_norm():
    weight, bias = torch.randn(1024), torch.randn(1024)
    return rows(lambda x: F.layer_norm(x, (1024,), weight, bias))


def attention(heads, length, size):
    q, k, v = (torch.randn(heads, length, size) for _ in range(3))
    hidden = hidden_of(length)
    return lambda: causal_attention(q, k, v, hidden), 4 * heads * length * length * size, 0


def gpt(vocab, block, embd, heads, layers, batch):
    model = GPT(vocab, block, embd, heads, layers)
    ids = torch.randint(0, vocab, (batch, block))
    targets = torch.randint(0, vocab, (batch * block,))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.01)
    tables = model.tokens.weight.numel() + model.positions.weight.numel()
    weights = sum(p.numel() for p in model.parameters()) - tables
    flops = 6 * weights * batch * block + 12 * layers * batch * block * block * embd
    loss = lambda: F.cross_entropy(model(ids).view(-1, vocab), targets)
    return step_of(loss, optimizer), flops, 0


def classifier(model, optimizer):
    images, labels = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    loss = lambda: F.cross_entropy(model(images), labels)
    return step_of(loss, optimizer(model.parameters())), 0, 0


def mlp():
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.ReLU(),
        nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10),
    )
    return classifier(model, lambda p: torch.optim.AdamW(p, lr=3e-4))


def cnn():
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Linear(128, 10),
    )
    return classifier(model, lambda p: torch.optim.SGD(p, lr=3e-4, momentum=0.9))


class BasicBlock(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(out), nn.BatchNorm2d(out)
        fits = stride == 1 and channels == out
        around = [nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)]
        self.downsample = nn.Sequential(*([] if fits else around))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


def resnet18():
    stages, channels = [], 64
    for out, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        stages += [BasicBlock(channels, out, stride), BasicBlock(out, out, 1)]
        channels = out
    model = nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), *stages,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10),
    )
    images, labels = torch.randn(32, 3, 32, 32), torch.randint(0, 10, (32,))
    optimizer = torch.optim.SGD(model.parameters(), lr=3e-4, momentum=0.9)
    return step_of(lambda: F.cross_entropy(model(images), labels), optimizer), 0, 0


def lstm():
    model = nn.LSTM(256, 256, 2)
    x, target = torch.randn(64, 32, 256), torch.randn(64, 32, 256)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.01)
    flops = 6 * sum(p.numel() for p in model.parameters()) * 64 * 32
    return step_of(lambda: F.mse_loss(model(x)[0], target), optimizer), flops, 0


class RMSNorm(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class LlamaLayer(nn.Module):
    def __init__(self, embd, hidden, heads, kv_heads, block):
        super().__init__()
        self.heads, self.kv_heads, self.size = heads, kv_heads, embd // heads
        self.norm1, self.norm2 = RMSNorm(embd), RMSNorm(embd)
        linear = lambda a, b: nn.Linear(a, b, bias=False)
        self.q, self.o = linear(embd, embd), linear(embd, embd)
        self.k, self.v = (linear(embd, kv_heads * self.size) for _ in range(2))
        self.gate, self.up, self.down = linear(embd, hidden), linear(embd, hidden), linear(hidden, embd)
        angles = torch.outer(torch.arange(block), 1e4 ** (-torch.arange(0, self.size, 2) / self.size))
        angles = torch.cat((angles, angles), -1)
        self.cos, self.sin, self.hidden = angles.cos(), angles.sin(), hidden_of(block)

    def turned(self, x):
        a, b = x.chunk(2, -1)
        return x * self.cos + torch.cat((-b, a), -1) * self.sin

    def attention(self, x):
        batch, block, embd = x.shape
        split = lambda y, heads: y.view(batch, block, heads, self.size).transpose(1, 2)
        grouped = lambda y: y.repeat_interleave(self.heads // self.kv_heads, dim=1)
        q = self.turned(split(self.q(x), self.heads))
        k = grouped(self.turned(split(self.k(x), self.kv_heads)))
        v = grouped(split(self.v(x), self.kv_heads))
        y = causal_attention(q, k, v, self.hidden)
        return self.o(y.transpose(1, 2).reshape(batch, block, embd))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


def llama_small():
    vocab, block, embd, batch = 256, 256, 384, 8
    tokens = nn.Embedding(vocab, embd)
    layers = nn.Sequential(*(LlamaLayer(embd, 1024, 6, 2, block) for _ in range(6)), RMSNorm(embd))
    ids, targets = torch.randint(0, vocab, (batch, block)), torch.randint(0, vocab, (batch * block,))
    parameters = [*tokens.parameters(), *layers.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=3e-4, weight_decay=0.01)
    logits = lambda: F.linear(layers(tokens(ids)), tokens.weight)
    return step_of(lambda: F.cross_entropy(logits().view(-1, vocab), targets), optimizer), 0, 0


def encoder_decoder():
    vocab, features, batch, length = 256, 256, 16, 64
    source, target = nn.Embedding(vocab, features), nn.Embedding(vocab, features)
    model = nn.Transformer(features, 4, 3, 3, 1024, dropout=0, batch_first=True)
    head = nn.Linear(features, vocab)
    angles = torch.outer(torch.arange(length), 1e4 ** (-torch.arange(0, features, 2) / features))
    positions = torch.stack((angles.sin(), angles.cos()), -1).flatten(1)
    mask = nn.Transformer.generate_square_subsequent_mask(length)
    start, goal = (torch.randint(0, vocab, (batch, length)) for _ in range(2))
    after = torch.randint(0, vocab, (batch * length,))
    modules = (source, target, model, head)
    optimizer = torch.optim.AdamW([p for m in modules for p in m.parameters()], lr=3e-4, weight_decay=0.01)

    def loss():
        y = model(source(start) + positions, target(goal) + positions, tgt_mask=mask)
        return F.cross_entropy(head(y).view(-1, vocab), after)

    return step_of(loss, optimizer), 0, 0


def seed_block():
    model = Block(4, 2, 1, F.relu)
    x = torch.randn(1, 1, 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return step_of(lambda: ((model(x) - 0.5) ** 2).sum(), optimizer), 0, 0


def tiny():
    a = torch.randn(4, 4)

    def products():
        b = a
        for _ in range(1000):
            b = b @ a
        return b

    return products, 0, 0


WORKLOADS = {
    **{f"gemm{n}": lambda n=n: gemm(n) for n in (256, 512, 1024, 2048, 4096)},
    "chain16M": chain,
    "copy16M": copy,
    "softmax4096x1024": lambda: rows(lambda x: x.softmax(dim=-1)),
    "layernorm4096x1024": layer_norm,
    "gelu4096x1024": lambda: rows(F.gelu),
    "attention64x512x64": lambda: attention(64, 512, 64),
    "mlp": mlp,
    "gpt-nano": lambda: gpt(65, 64, 128, 4, 4, 12),
    "gpt-tiny": lambda: gpt(65, 64, 128, 4, 4, 16),
    "gpt-small": lambda: gpt(256, 256, 384, 6, 6, 8),
    "cnn": cnn,
    "resnet18": resnet18,
    "lstm": lstm,
    "llama-small": llama_small,
    "encoder-decoder": encoder_decoder,
    "seed-block": seed_block,
    "tiny1000": tiny,
}


def seconds_of(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workload", action="append", choices=WORKLOADS, metavar="NAME")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--runs", type=int, default=15)
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    torch.manual_seed(1)
    for name in flags.workload or WORKLOADS:
        call, flops, size = WORKLOADS[name]()
        for _ in range(3):
            call()
        times = []
        while len(times) < flags.runs or (sum(times) < 0.2 and len(times) < 10000):
            times.append(seconds_of(call))
        times.sort()
        median = times[len(times) // 2]
        line = {
            "workload": name,
            "backend": f"torch {torch.__version__}",
            "threads": flags.threads,
            "min": times[0],
            "median": median,
            "max": times[-1],
            "gflops": flops / median / 1e9 if flops else None,
            "gb_per_s": size / median / 1e9 if size else None,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
