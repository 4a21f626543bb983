"""Attention: PyTorch's layer; grouped queries, rotary positions and ALiBi from their papers' formulas."""
import math

import torch
import torch.nn.functional as F
from torch.nn.utils import stateless

from record import integers, spread

E, HEADS = 4, 2


def weights_of(module):
    """Irregular numbers of few digits for each parameter, by name."""
    return {
        name: (spread(*p.shape, low=-0.9, high=0.9, seed=k) * 1000).round() / 1000
        for k, (name, p) in enumerate(module.named_parameters())
    }


def layer(name, module, call, inputs, frozen=False):
    """A case of a module: call(module, **inputs), with its weights among the inputs.  Frozen ones have
    no gradients, which would fill the file."""
    module.double()
    names = list(inputs)

    def run(**tensors):
        weights = {key: t.detach() if frozen else t
                   for key, t in tensors.items() if key not in names}
        with stateless._reparametrize_module(module, weights):
            return call(module, **{key: tensors[key] for key in names})

    return name, run, {**inputs, **weights_of(module)}


def mha(name, call, inputs, frozen=False, **options):
    module = torch.nn.MultiheadAttention(E, HEADS, batch_first=True, **options)
    return layer(f"mha_{name}", module, call, inputs, frozen)


def flags(*values, shape):
    return torch.tensor(values, dtype=torch.bool).reshape(shape)


def self_attention(module, x, **masks):
    return module(x, x, x, need_weights=False, **masks)[0]


def multihead_cases():
    x = spread(2, 3, E)
    q, k, v = spread(2, 2, E, seed=1), spread(2, 3, E, seed=2), spread(2, 3, E, seed=3)
    band = flags(0, 1, 0, 0, 0, 1, 1, 0, 0, shape=(3, 3))
    padding = flags(0, 0, 1, 0, 1, 1, shape=(2, 3))
    apart = lambda m, query, key, value: m(query, key, value, need_weights=False)[0]
    yield mha("self", self_attention, {"x": x})
    yield mha("no_bias", self_attention, {"x": x}, bias=False)
    yield mha("unbatched", self_attention, {"x": spread(3, E)}, frozen=True)
    yield mha("cross", apart, {"query": q, "key": k, "value": v})
    yield mha("memory", lambda m, query, memory: m(query, memory, memory, need_weights=False)[0],
              {"query": q, "memory": k})
    yield mha("sizes", apart,
              {"query": q, "key": spread(2, 3, 3, seed=2), "value": spread(2, 3, 5, seed=3)},
              kdim=3, vdim=5)
    yield mha("flags", self_attention, {"x": x, "attn_mask": band}, frozen=True)
    yield mha("scores", self_attention, {"x": x, "attn_mask": spread(3, 3, seed=5)}, frozen=True)
    yield mha("scores_of_heads", self_attention, {"x": x, "attn_mask": spread(4, 3, 3, seed=5)}, frozen=True)
    yield mha("padding", self_attention, {"x": x, "key_padding_mask": padding}, frozen=True)
    yield mha("flags_and_padding", self_attention,
              {"x": x, "attn_mask": flags(0, 1, 0, 0, 0, 0, 0, 0, 0, shape=(3, 3)),
               "key_padding_mask": padding}, frozen=True)
    yield mha("scores_and_padding", self_attention,
              {"x": x, "attn_mask": spread(3, 3, seed=5), "key_padding_mask": padding}, frozen=True)
    weights = lambda average: lambda m, x, key_padding_mask: m(
        x, x, x, key_padding_mask=key_padding_mask, average_attn_weights=average)
    yield mha("weights", weights(True), {"x": x, "key_padding_mask": padding})
    yield mha("weights_of_heads", weights(False), {"x": x, "key_padding_mask": padding}, frozen=True)

    def hidden(module, x, key_padding_mask):
        with torch.no_grad():  # everything is hidden from the second sequence: NaN
            return self_attention(module, x, key_padding_mask=key_padding_mask)

    yield mha("hidden", hidden, {"x": x, "key_padding_mask": flags(0, 0, 1, 1, 1, 1, shape=(2, 3))})


def attend(q, k, v, bias=0):
    return torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias, -1) @ v


def grouped(query, key, value, bias=0):
    groups = query.shape[-3] // key.shape[-3]
    return attend(query, key.repeat_interleave(groups, -3), value.repeat_interleave(groups, -3), bias)


def turned(x, base=10000.0, interleaved=False, dim=None, offset=0):
    dim = dim or x.shape[-1]
    angle = (torch.arange(offset, offset + x.shape[-2], dtype=torch.float64)[:, None]
             * base ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim))
    head = x[..., :dim]
    a, b = (head[..., 0::2], head[..., 1::2]) if interleaved else head.chunk(2, -1)
    y = [a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()]
    joined = torch.stack(y, -1).flatten(-2) if interleaved else torch.cat(y, -1)
    return torch.cat([joined, x[..., dim:]], -1)


def slopes(heads):
    power = 2 ** math.floor(math.log2(heads))
    first = [2.0 ** (-8.0 * (i + 1) / power) for i in range(power)]
    if power == heads:
        return first
    return first + slopes(2 * power)[0::2][: heads - power]


def alibi(heads, queries, keys, offset=0):
    distance = (torch.arange(queries)[:, None] + offset - torch.arange(keys)).abs().double()
    return -torch.tensor(slopes(heads), dtype=torch.float64)[:, None, None] * distance


def cases():
    yield from multihead_cases()
    q, k, v = spread(2, 4, 3, 2, seed=1), spread(2, 2, 5, 2, seed=2), spread(2, 2, 5, 3, seed=3)
    yield "gqa", grouped, {"query": q, "key": k, "value": v}
    yield "gqa_scores", grouped, {"query": q, "key": k, "value": v, "bias": spread(4, 3, 5, seed=4)}
    for name, options in {
        "half": {},
        "interleaved": {"interleaved": True},
        "offset": {"offset": 7, "base": 100.0},
        "partial": {"dim": 2},
        "partial_interleaved": {"dim": 2, "interleaved": True},
    }.items():
        yield (f"rotary_{name}", lambda x, options=options: turned(x, **options),
               {"x": spread(2, 3, 4)})
    for heads in (1, 2, 6, 8):
        yield f"alibi_{heads}", lambda heads=heads: alibi(heads, 2, 3, 1), {}

    def sinusoidal(x):
        angle = (torch.arange(5.0, 8.0, dtype=torch.float64)[:, None]
                 * 10000.0 ** (-torch.arange(0, 6, 2, dtype=torch.float64) / 6))
        return x + torch.stack([angle.sin(), angle.cos()], -1).flatten(-2)

    yield "sinusoidal", sinusoidal, {"x": spread(2, 3, 6)}

    # A layer with positions in its heads is the product of its parts.
    def positioned(module, x):
        q, k, v = F.linear(x, module.in_proj_weight, module.in_proj_bias).chunk(3, -1)
        heads = lambda t: t.unflatten(-1, (2, 2)).transpose(-2, -3)
        y = attend(turned(heads(q), offset=2), turned(heads(k), offset=2), heads(v), alibi(2, 3, 3))
        return module.out_proj(y.transpose(-2, -3).flatten(-2))

    yield layer("mha_positions", torch.nn.MultiheadAttention(4, 2, batch_first=True), positioned,
                {"x": spread(1, 3, 4)})
    for index in (1, -2):
        yield (f"embedding_padding_{index}".replace("-", "minus_"),
               lambda indices, weight, index=index: F.embedding(indices, weight, padding_idx=index),
               {"indices": integers(1, 0, 2, 2, 1, 3, shape=(2, 3)), "weight": spread(4, 2)})
