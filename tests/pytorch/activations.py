"""Activations, at their bends as well where PyTorch's versions agree on the gradient."""
import math

import torch
import torch.nn.functional as F

from record import spread

X = torch.cat(
    [
        spread(12, low=-4, high=4),
        torch.tensor([0.0, 1.0, -1.0, 0.5, -0.5, 6.0, 40.0, -40.0], dtype=torch.float64),
    ]
)
ENDS = torch.tensor([math.inf, -math.inf, math.nan, 1e30, -1e30], dtype=torch.float64)

OF_X = {
    "relu6": F.relu6,
    "hardtanh": lambda x: F.hardtanh(x, -0.5, 1.0),
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "selu": F.selu,
    "celu": lambda x: F.celu(x, 1.5),
    "mish": F.mish,
    "softsign": F.softsign,
    "tanhshrink": F.tanhshrink,
    "softshrink": lambda x: F.softshrink(x, 0.5),
    "hardshrink": lambda x: F.hardshrink(x, 0.5),
    "threshold": lambda x: F.threshold(x, 0.5, -3.0),
    "logsigmoid": F.logsigmoid,
    "rrelu": lambda x: F.rrelu(x, 0.125, 0.25, training=False),
    "softplus": lambda x: F.softplus(x, 2.0, threshold=200),
    "elu": lambda x: F.elu(x, 1.5),
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.1),
}
# Where all of PyTorch's releases give the same of an infinity or a NaN.
WITH_ENDS = (
    "relu6 hardtanh hardsigmoid selu celu softsign tanhshrink hardshrink threshold logsigmoid elu"
).split()


def cases():
    for name, f in OF_X.items():
        yield name, lambda x, f=f: f(x), {"x": X}
    for name in WITH_ENDS:
        yield f"{name}_ends", lambda x, f=OF_X[name]: f(x).detach(), {"x": ENDS}
    for name, shape, weight in (
        ("one", (2, 3, 2), spread(1, low=-0.5, high=0.5)),
        ("channels", (2, 3, 2), spread(3, low=-0.5, high=0.5)),
        ("table", (4, 3), spread(3, low=-0.5, high=0.5)),
        ("vector", (5,), spread(1, low=-0.5, high=0.5)),
    ):
        yield f"prelu_{name}", lambda x, weight: F.prelu(x, weight), {"x": spread(*shape), "weight": weight}
    for axis in (0, 1, -1):
        yield f"glu_{axis}", lambda x, axis=axis: F.glu(x, axis), {"x": spread(2, 4, 6)}
        yield f"softmin_{axis}", lambda x, axis=axis: F.softmin(x, axis), {"x": spread(2, 4, 3)}
    yield "swiglu", lambda x, gate: x * F.silu(gate), {"x": spread(3, 4), "gate": spread(3, 4, seed=1)}
