"""Padding with what the tensor holds, as a function, as layers and in convolutions."""
import torch
import torch.nn.functional as F
from torch.nn.utils.stateless import functional_call

import record


def spread(*shape, seed=0):
    """Numbers of few digits."""
    return (record.spread(*shape, low=-1, high=1, seed=seed) * 256).round() / 256


def convolution(layer):
    """The layer with weights that are given by name."""
    return lambda input, **weights: functional_call(layer.double(), weights, (input,))


def cases():
    for mode in ("reflect", "replicate", "circular"):
        for axes, sides, shape in ((1, (2, 1), (1, 2, 3)), (2, (1, 0, 2, 1), (1, 1, 3, 2)), (3, (0, 1, 1, 0, 1, 1), (1, 1, 2, 2, 2))):
            yield f"pad_{mode}_{axes}", lambda input, sides=sides, mode=mode: F.pad(input, sides, mode), {"input": spread(*shape)}
        yield f"pad_{mode}_most", lambda input, mode=mode: F.pad(input, (2, 2), mode), {"input": spread(1, 2, 3)}
        options = dict(padding=(2, 1), stride=(1, 2), padding_mode=mode)
        yield f"conv2d_{mode}", convolution(torch.nn.Conv2d(2, 1, 2, **options)), {"input": spread(1, 2, 3, 4), "weight": spread(1, 2, 2, 2, seed=1), "bias": spread(1, seed=2)}
        yield f"conv1d_{mode}_same", convolution(torch.nn.Conv1d(1, 2, 4, padding="same", padding_mode=mode, bias=False)), {"input": spread(2, 1, 4), "weight": spread(2, 1, 4, seed=1)}
    yield "pad_constant", lambda input: F.pad(input, (1, 2, 0, 1), value=1.5), {"input": spread(2, 2)}
