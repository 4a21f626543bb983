"""Encoders, decoders and a Llama written from its formulas: layers, and training runs of 40 steps."""
import torch
import torch.nn.functional as F
from torch import nn

from attention import alibi, flags, grouped, layer, turned
from record import integers, noise, spread

E, HEADS, HIDDEN = 4, 2, 6


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.eps))


class Attention(nn.Module):
    def __init__(self, size, heads, kv_heads):
        super().__init__()
        self.head = size // heads
        self.q_proj = nn.Linear(size, size, bias=False)
        self.k_proj = nn.Linear(size, self.head * kv_heads, bias=False)
        self.v_proj = nn.Linear(size, self.head * kv_heads, bias=False)
        self.o_proj = nn.Linear(size, size, bias=False)

    def forward(self, x):
        heads = lambda t: t.unflatten(-1, (-1, self.head)).transpose(-2, -3)
        q, k, v = heads(self.q_proj(x)), heads(self.k_proj(x)), heads(self.v_proj(x))
        ahead = torch.full((x.shape[-2],) * 2, float("-inf"), dtype=x.dtype).triu(1)
        y = grouped(turned(q).to(x.dtype), turned(k).to(x.dtype), v, ahead)
        return self.o_proj(y.transpose(-2, -3).flatten(-2))


class MLP(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.gate_proj = nn.Linear(size, hidden, bias=False)
        self.up_proj = nn.Linear(size, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, size, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, size, hidden, heads, kv_heads, eps):
        super().__init__()
        self.self_attn = Attention(size, heads, kv_heads)
        self.mlp = MLP(size, hidden)
        self.input_layernorm = RMSNorm(size, eps)
        self.post_attention_layernorm = RMSNorm(size, eps)

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self, vocab, size, hidden, layers, heads, kv_heads, tied, eps=1e-6):
        super().__init__()
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(vocab, size)
        self.model.layers = nn.ModuleList(
            Layer(size, hidden, heads, kv_heads, eps) for _ in range(layers))
        self.model.norm = RMSNorm(size, eps)
        self.lm_head = None if tied else nn.Linear(size, vocab, bias=False)

    def forward(self, tokens):
        x = self.model.embed_tokens(tokens)
        for block in self.model.layers:
            x = block(x)
        x = self.model.norm(x)
        return F.linear(x, self.model.embed_tokens.weight) if self.lm_head is None else self.lm_head(x)


class Translator(nn.Module):
    """nn.Transformer with embeddings, which the output layer shares, and learned positions."""

    def __init__(self, vocab, block, **options):
        super().__init__()
        size = options["d_model"]
        self.embed = nn.Embedding(vocab, size)
        self.positions = nn.Embedding(block, size)
        self.transformer = nn.Transformer(batch_first=True, dropout=0, **options)

    def forward(self, source, target, padding):
        embed = lambda tokens: self.embed(tokens) + self.positions.weight[: tokens.shape[-1]]
        length = target.shape[-1]
        ahead = torch.ones(length, length, dtype=torch.bool).triu(1)
        y = self.transformer(embed(source), embed(target), tgt_mask=ahead,
                             src_key_padding_mask=padding, memory_key_padding_mask=padding)
        return F.linear(y, self.embed.weight)


def tokens(name, vocab, *shape):
    return ((noise(name, *shape) + 0.5) * vocab).floor().long()


def losses(model, dtype, batch):
    """40 steps of AdamW from weights that their names say."""
    model.to(dtype)
    with torch.no_grad():
        for name, p in model.named_parameters():
            values = noise(name, *p.shape)
            p.copy_(1 + 0.2 * values if "norm" in name and p.dim() == 1 else 0.6 * values)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.1)
    result = []
    for step in range(40):
        inputs, targets = batch(step)
        loss = F.cross_entropy(model(*inputs).flatten(0, -2), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return torch.tensor(result, dtype=torch.float64)


def translation(step):
    source, target = tokens(f"source{step}", 11, 3, 7), tokens(f"target{step}", 11, 3, 6)
    padding = torch.arange(7) >= torch.tensor([[7], [4], [5]])
    return (source, target[:, :-1], padding), target[:, 1:]


def text(step):
    sequence = tokens(f"text{step}", 13, 4, 9)
    return (sequence[:, :-1],), sequence[:, 1:]


def training_cases():
    for name, dtype in {"f64": torch.float64, "f32": torch.float32}.items():
        for first in (False, True):
            yield (f"encoder_decoder_{'pre' if first else 'post'}_{name}",
                   lambda dtype=dtype, first=first: losses(
                       Translator(11, 8, d_model=16, nhead=4, num_encoder_layers=2,
                                  num_decoder_layers=2, dim_feedforward=24, norm_first=first,
                                  activation="gelu" if first else "relu"), dtype, translation), {})
        for tied in (False, True):
            yield (f"llama_{'tied' if tied else 'untied'}_{name}",
                   lambda dtype=dtype, tied=tied: losses(
                       Llama(13, 24, 20, layers=2, heads=6, kv_heads=2, tied=tied), dtype, text), {})


def cases():
    src, tgt, memory = spread(2, 3, E), spread(2, 2, E, seed=1), spread(2, 3, E, seed=2)
    padding = flags(0, 0, 1, 0, 1, 1, shape=(2, 3))
    ahead = flags(0, 1, 1, 0, 0, 1, 0, 0, 0, shape=(3, 3))
    for name, options in {"post_relu": {}, "pre_gelu": {"norm_first": True, "activation": "gelu"}}.items():
        how = dict(dim_feedforward=HIDDEN, dropout=0, batch_first=True, **options)
        yield layer(f"encoder_layer_{name}", nn.TransformerEncoderLayer(E, HEADS, **how),
                    lambda m, src, src_mask, src_key_padding_mask: m(
                        src, src_mask=src_mask, src_key_padding_mask=src_key_padding_mask),
                    {"src": src, "src_mask": ahead, "src_key_padding_mask": padding})
        yield layer(f"decoder_layer_{name}", nn.TransformerDecoderLayer(E, HEADS, **how),
                    lambda m, tgt, memory, tgt_mask, memory_key_padding_mask: m(
                        tgt, memory, tgt_mask=tgt_mask,
                        memory_key_padding_mask=memory_key_padding_mask),
                    {"tgt": tgt, "memory": memory, "tgt_mask": spread(2, 2, seed=4),
                     "memory_key_padding_mask": padding})
    how = dict(dim_feedforward=3, dropout=0, batch_first=True)
    yield layer("encoder",
                nn.TransformerEncoder(nn.TransformerEncoderLayer(2, 1, **how), 2, nn.LayerNorm(2)),
                lambda m, src: m(src), {"src": spread(2, 3, 2)})
    yield layer("decoder",
                nn.TransformerDecoder(nn.TransformerDecoderLayer(2, 1, **how), 2, nn.LayerNorm(2)),
                lambda m, tgt, memory: m(tgt, memory),
                {"tgt": spread(2, 2, 2), "memory": spread(2, 3, 2, seed=1)})
    yield layer("transformer",
                nn.Transformer(2, 1, 1, 1, **how), lambda m, src, tgt: m(src, tgt),
                {"src": spread(2, 3, 2), "tgt": spread(2, 2, 2, seed=1)})
    for tied in (False, True):
        yield layer(f"llama_{'tied' if tied else 'untied'}",
                    Llama(5, 8, 3, layers=1, heads=2, kv_heads=1, tied=tied),
                    lambda m, tokens: m(tokens), {"tokens": integers(1, 4, 0, 2, 2, 3, shape=(2, 3))})
    yield from training_cases()
