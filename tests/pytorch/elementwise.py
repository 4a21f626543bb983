"""Functions element by element."""
import math

import torch

from record import integers, spread

INF, NAN = math.inf, math.nan


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


UNARY = {
    "tan": spread(8, low=-1.5, high=1.5),
    "asin": spread(8, low=-1, high=1),
    "acos": spread(8, low=-1, high=1),
    "atan": spread(8, low=-5, high=5),
    "sinh": spread(8, low=-5, high=5),
    "cosh": spread(8, low=-5, high=5),
    "asinh": spread(8, low=-50, high=50),
    "acosh": spread(8, low=1, high=50),
    "atanh": spread(8, low=-1, high=1),
    "exp2": spread(8, low=-20, high=20),
    "log2": spread(8, low=0, high=50),
    "log10": spread(8, low=0, high=50),
    "logit": spread(8, low=0, high=1),
    "erfc": spread(8, low=-3, high=6),
    "erfinv": spread(8, low=-1, high=1),
    "lgamma": spread(16, low=-4, high=12),
    "digamma": spread(16, low=-4, high=12),
    "trunc": numbers(-1.7, -0.5, 0.0, 0.5, 2.5, INF, NAN),
    "frac": numbers(-1.7, -0.5, 0.0, 0.5, 2.5),
    "nan_to_num": numbers(NAN, INF, -INF, 1.5, -0.0),
    "isnan": numbers(NAN, INF, -INF, 1.5, -0.0),
    "isinf": numbers(NAN, INF, -INF, 1.5, -0.0),
    "signbit": numbers(INF, -INF, 1.5, -0.0, 0.0, -3.0),
}

BINARY = {
    "atan2": (spread(3, 4, low=-3, high=3), spread(3, 4, low=-2, high=3, seed=1)),
    "hypot": (spread(3, 4, low=-3, high=3), spread(3, 4, low=-2, high=3, seed=1)),
    "logaddexp2": (spread(3, 4, low=-3, high=3), spread(4, low=-2, high=3, seed=1)),
    "xlogy": (numbers(0, 0, 0, 1.5, -2), numbers(0.5, -1, 2, 0.25, 3)),
    "copysign": (numbers(1.5, -2, 0.0, 3, 4), numbers(-0.0, 0.0, -1, 2, -3)),
    "remainder": (numbers(7, -7, 7.5, -7.5, 0.3), numbers(4, 4, -2, -2, 0.1)),
    "fmod": (numbers(7, -7, 7.5, -7.5, 0.3), numbers(4, 4, -2, -2, 0.1)),
}


def cases():
    for name, x in UNARY.items():
        yield name, lambda x, f=getattr(torch, name): f(x), {"x": x}
    for name, (a, b) in BINARY.items():
        yield name, lambda a, b, f=getattr(torch, name): f(a, b), {"a": a, "b": b}
    for n in (1, 2, 3):
        yield (
            f"polygamma_{n}",
            lambda x, n=n: torch.polygamma(n, x),
            {"x": spread(8, low=0.1, high=12)},
        )
    yield "trigamma_below_0", lambda x: torch.polygamma(1, x), {"x": numbers(-0.3, -1.6, -2.45)}
    ends = numbers(0.0, -0.0, 0.0, -0.0, INF, -INF, INF, 1, NAN, 3)
    others = numbers(0.0, 0.0, -0.0, -0.0, INF, -INF, -1, -INF, 1, NAN)
    for name in ("atan2", "hypot"):
        f = getattr(torch, name)
        yield f"{name}_ends", lambda a, b, f=f: f(a, b).detach(), {"a": ends, "b": others}
    for name, x in {
        "lgamma": numbers(0, -1, INF, -INF, NAN, 1, 2, 1e30),
        "digamma": numbers(0.0, -0.0, -1, NAN, INF, 1e30),
        "erfinv": numbers(-1, 1, 1.5, NAN, 0),
        "acosh": numbers(1, 0.5, INF, 1e30, NAN),
        "atanh": numbers(-1, 1, 1.5, NAN, 0),
        "sinh": numbers(INF, -INF, 1000, -0.0, NAN),
        "log2": numbers(0, -1, INF, NAN, 8, 0.125),
    }.items():
        yield f"{name}_ends", lambda x, f=getattr(torch, name): f(x).detach(), {"x": x}
    yield (
        "lerp",
        torch.lerp,
        {
            "input": spread(3, 4),
            "end": spread(3, 4, seed=1),
            "weight": spread(3, 4, low=-1, high=2, seed=2),
        },
    )
    yield "logit_eps", lambda x: torch.logit(x, 0.1), {"x": numbers(-1, 0.05, 0.1, 0.4, 0.9, 0.95, 2)}
    x = numbers(-3, -1, 0, 0.5, 1, 2)
    yield "clamp", lambda x: torch.clamp(x, -1, 1), {"x": x}
    yield "clamp_min", lambda x: torch.clamp_min(x, -1), {"x": x}
    yield "clamp_max", lambda x: torch.clamp_max(x, 1), {"x": x}
    limits = {"x": x, "low": numbers(-1, -1, 0, 1, 3, 3), "high": numbers(1, 0, 2, 2, 2, 1)}
    yield "clamp_tensors", lambda x, low, high: torch.clamp(x, low, high), limits
    yield (
        "masked_fill",
        lambda x, mask: torch.masked_fill(x, mask, -INF),
        {"x": spread(2, 3), "mask": torch.tensor([[True, False, True]])},
    )
    yield (
        "nan_to_num_given",
        lambda x: torch.nan_to_num(x, 0.5, 7, -8),
        {"x": numbers(NAN, INF, -INF, 1.5)},
    )
    whole, by = integers(7, -7, 7, -7, 8), integers(4, 4, -4, -4, -4)
    yield "remainder_i64", lambda a, b: torch.remainder(a, b), {"a": whole, "b": by}
    yield "floor_divide_i64", lambda a, b: torch.floor_divide(a, b), {"a": whole, "b": by}
    yield (
        "floor_divide",
        lambda a, b: torch.floor_divide(a, b).detach(),
        {"a": numbers(7, -7, 1, -5, 1, 0.3), "b": numbers(4, 4, 0.1, INF, 0, -0.1)},
    )
    yield (
        "heaviside",
        lambda x, values: torch.heaviside(x.detach(), values.detach()),
        {"x": numbers(-2, 0, -0.0, 3, NAN), "values": numbers(5, 6, 7, 8, 9)},
    )
