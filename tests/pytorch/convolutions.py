"""Convolutions along one, two and three axes, and their transposes."""
import torch
import torch.nn.functional as F
from torch.nn.utils.stateless import functional_call

import record

# Name, function, options, the shapes of x and weight, and how many results the bias has.
CASES = [
    ("conv1d_plain", F.conv1d, {}, (2, 2, 5), (3, 2, 3), 3),
    ("conv1d_options", F.conv1d, dict(stride=2, padding=3, dilation=2, groups=2), (1, 4, 7), (4, 2, 3), 4),
    ("conv1d_depthwise", F.conv1d, dict(padding=1, groups=3), (1, 3, 5), (6, 1, 2), 0),
    ("conv1d_same", F.conv1d, dict(padding="same", dilation=3), (1, 2, 6), (3, 2, 4), 3),
    ("conv1d_valid", F.conv1d, dict(padding="valid", stride=3), (1, 2, 7), (2, 2, 2), 0),
    ("conv1d_unbatched", F.conv1d, dict(padding="same"), (2, 5), (3, 2, 2), 3),
    ("conv2d_plain", F.conv2d, {}, (2, 2, 3, 3), (2, 2, 2, 2), 2),
    ("conv2d_options", F.conv2d, dict(stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2), (1, 2, 5, 4), (4, 1, 3, 2), 4),
    ("conv2d_depthwise", F.conv2d, dict(padding=1, groups=3), (1, 3, 3, 4), (3, 1, 3, 3), 3),
    ("conv2d_same", F.conv2d, dict(padding="same", dilation=(1, 2)), (1, 2, 4, 5), (2, 2, 2, 3), 2),
    ("conv2d_same_even", F.conv2d, dict(padding="same", dilation=(3, 1)), (1, 1, 4, 5), (2, 1, 2, 4), 0),
    ("conv2d_unbatched", F.conv2d, dict(padding=1), (2, 3, 3), (3, 2, 2, 3), 3),
    ("conv2d_padding_beyond_the_kernel", F.conv2d, dict(padding=(2, 3), stride=(1, 2)), (1, 2, 3, 2), (2, 2, 1, 2), 2),
    ("conv3d_plain", F.conv3d, {}, (2, 1, 3, 3, 2), (2, 1, 2, 2, 2), 2),
    ("conv3d_options", F.conv3d, dict(stride=(2, 1, 2), padding=(1, 0, 2), dilation=(2, 1, 1), groups=2), (1, 2, 4, 3, 2), (2, 1, 2, 2, 3), 2),
    ("conv3d_depthwise", F.conv3d, dict(padding=1, groups=2), (1, 2, 2, 3, 2), (2, 1, 2, 2, 2), 0),
    ("conv3d_same", F.conv3d, dict(padding="same", dilation=(1, 2, 1)), (1, 1, 3, 3, 3), (1, 1, 2, 3, 2), 1),
    ("conv3d_unbatched", F.conv3d, {}, (1, 2, 3, 2), (2, 1, 2, 1, 2), 2),
    ("conv_transpose1d_plain", F.conv_transpose1d, {}, (2, 3, 4), (3, 2, 3), 2),
    ("conv_transpose1d_options", F.conv_transpose1d, dict(stride=3, padding=2, output_padding=2, dilation=2, groups=2), (1, 4, 4), (4, 2, 3), 4),
    ("conv_transpose1d_dilated_more", F.conv_transpose1d, dict(stride=1, padding=1, output_padding=2, dilation=3), (2, 2, 3), (2, 2, 2), 2),
    ("conv_transpose1d_unbatched", F.conv_transpose1d, dict(stride=2), (2, 3), (2, 3, 2), 3),
    ("conv_transpose2d_plain", F.conv_transpose2d, {}, (2, 2, 2, 2), (2, 3, 2, 2), 3),
    ("conv_transpose2d_options", F.conv_transpose2d, dict(stride=(2, 3), padding=(1, 0), output_padding=(1, 2), dilation=(1, 2), groups=2), (1, 4, 3, 2), (4, 1, 3, 2), 2),
    ("conv_transpose2d_padding_beyond_the_kernel", F.conv_transpose2d, dict(padding=(2, 1)), (1, 2, 6, 5), (2, 2, 2, 1), 0),
    ("conv_transpose2d_dilated_more", F.conv_transpose2d, dict(stride=(1, 2), padding=(0, 1), output_padding=(1, 1), dilation=(2, 1)), (1, 2, 2, 3), (2, 2, 2, 2), 2),
    ("conv_transpose2d_depthwise", F.conv_transpose2d, dict(stride=2, groups=3), (1, 3, 2, 3), (3, 1, 2, 2), 3),
    ("conv_transpose3d_plain", F.conv_transpose3d, {}, (1, 2, 2, 2, 3), (2, 2, 2, 2, 1), 2),
    ("conv_transpose3d_options", F.conv_transpose3d, dict(stride=(2, 1, 2), padding=(1, 0, 1), output_padding=(1, 0, 1), dilation=(1, 2, 1), groups=2), (1, 2, 2, 2, 2), (2, 1, 3, 2, 2), 2),
    ("conv_transpose3d_dilated_more", F.conv_transpose3d, dict(output_padding=(1, 0, 1), dilation=(2, 1, 2), padding=(1, 0, 0)), (1, 1, 2, 2, 2), (1, 2, 2, 1, 2), 0),
]


def spread(*shape, seed):
    """Numbers of few digits."""
    return (record.spread(*shape, low=-1, high=1, seed=seed) * 256).round() / 256


def to_size(layer, size):
    """The layer with weights that are given by name, asked for an output of that size."""
    return lambda input, **weights: functional_call(layer.double(), weights, (input, size))


def size_cases():
    for name, layer, size, x in [
        ("conv_transpose1d_to_3", torch.nn.ConvTranspose1d(2, 1, 2, stride=3, padding=1), [3], (1, 2, 2)),
        ("conv_transpose1d_to_5", torch.nn.ConvTranspose1d(2, 1, 2, stride=3, padding=1), [5], (1, 2, 2)),
        ("conv_transpose2d_to_5_8", torch.nn.ConvTranspose2d(1, 2, (3, 2), stride=(2, 3), output_padding=(1, 0), dilation=(1, 2)), [5, 8], (1, 1, 2, 2)),
        ("conv_transpose3d_to_5_4_2", torch.nn.ConvTranspose3d(1, 1, (2, 1, 1), stride=(2, 2, 1), bias=False), [5, 4, 2], (1, 1, 2, 2, 2)),
    ]:
        weights = {key: spread(*p.shape, seed=k + 1) for k, (key, p) in enumerate(layer.named_parameters())}
        yield name, to_size(layer, size), {"input": spread(*x, seed=0), **weights}


def cases():
    yield from size_cases()
    for name, function, options, x, weight, bias in CASES:
        inputs = {"input": spread(*x, seed=0), "weight": spread(*weight, seed=1)}
        if bias:
            inputs["bias"] = spread(bias, seed=2)
        yield name, lambda function=function, options=options, **tensors: function(**tensors, **options), inputs
