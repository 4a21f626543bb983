"""Pooling along one, two and three axes, its indices and its inverse."""
import torch
import torch.nn.functional as F

import record

NAN, INF = float("nan"), float("inf")


def spread(*shape):
    """Numbers of few digits, no two of them equal."""
    return (record.spread(*shape) * 256).round() / 256


def of(*values, shape):
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def max_cases():
    for name, function, shape, options in [
        ("max_pool1d_plain", F.max_pool1d, (1, 2, 7), dict(kernel_size=3)),
        ("max_pool1d_options", F.max_pool1d, (2, 9), dict(kernel_size=3, stride=2, padding=1, dilation=2)),
        ("max_pool1d_ceil", F.max_pool1d, (1, 2, 8), dict(kernel_size=3, stride=3, ceil_mode=True)),
        ("max_pool2d_plain", F.max_pool2d, (2, 1, 5, 6), dict(kernel_size=(2, 3))),
        ("max_pool2d_options", F.max_pool2d, (1, 6, 7), dict(kernel_size=3, stride=(1, 2), padding=1, dilation=(2, 1))),
        ("max_pool2d_ceil", F.max_pool2d, (1, 1, 5, 6), dict(kernel_size=2, stride=(2, 3), padding=(1, 0), ceil_mode=True)),
        ("max_pool2d_ceil_pairs", F.max_pool2d, (1, 1, 9, 11), dict(kernel_size=2, ceil_mode=True)),
        ("max_pool2d_ceil_not_behind", F.max_pool2d, (1, 4, 5), dict(kernel_size=2, stride=3, padding=1, ceil_mode=True)),
        ("max_pool3d_plain", F.max_pool3d, (1, 1, 4, 4, 3), dict(kernel_size=2)),
        ("max_pool3d_options", F.max_pool3d, (1, 4, 5, 4), dict(kernel_size=(3, 2, 2), stride=(1, 2, 1), padding=(1, 1, 0), dilation=(1, 2, 1), ceil_mode=True)),
    ]:
        yield name, lambda input, function=function, options=options: function(input, **options), {"input": spread(*shape)}
    equal = of(*[1, 1, 2, 2, 1, 1, 2, 2, 2, -INF, -INF, 2], shape=(1, 3, 4))
    nan = of(*[1, NAN, 5, NAN, 2, INF, NAN, NAN, 3, -INF, -INF, 1], shape=(1, 3, 4))
    for kind, x in (("ties", equal), ("nan", nan), ("lowest", torch.full((1, 3, 4), -INF, dtype=torch.float64))):
        yield f"max_pool2d_{kind}", lambda input: F.max_pool2d(input, 2, 1, 1, return_indices=True), {"input": x}
        yield f"max_pool1d_{kind}", lambda input: F.max_pool1d(input, 2, 2, 1, ceil_mode=True, return_indices=True), {"input": x}
        yield f"max_pool3d_{kind}", lambda input: F.max_pool3d(input, 2, 1, 1, return_indices=True), {"input": x.reshape(1, 2, 3, 2)}
        yield f"adaptive_max_pool3d_{kind}", lambda input: F.adaptive_max_pool3d(input, (1, 2, 1), return_indices=True), {"input": x.reshape(1, 2, 3, 2)}
        yield f"adaptive_max_pool2d_{kind}", lambda input: F.adaptive_max_pool2d(input, (2, 3), return_indices=True), {"input": x}
    yield "max_pool1d_indices", lambda input: F.max_pool1d(input, 3, 2, 1, return_indices=True), {"input": spread(2, 2, 7)}
    yield "max_pool2d_indices", lambda input: F.max_pool2d(input, 2, (2, 1), return_indices=True, ceil_mode=True), {"input": spread(1, 2, 5, 4)}
    yield "max_pool3d_indices", lambda input: F.max_pool3d(input, (2, 2, 1), (1, 2, 1), (1, 0, 0), return_indices=True, ceil_mode=True), {"input": spread(1, 2, 3, 3, 2)}


def unpool_cases():
    def round_trip1(input, **options):
        return F.max_unpool1d(*F.max_pool1d(input, 2, return_indices=True), 2, **options)

    def round_trip2(input, stride, padding=0, **options):
        return F.max_unpool2d(*F.max_pool2d(input, 2, stride, padding, return_indices=True), 2, stride, padding, **options)

    def round_trip3(input, stride, **options):
        return F.max_unpool3d(*F.max_pool3d(input, 2, stride, return_indices=True), 2, stride, **options)

    yield "max_unpool3d", lambda input: round_trip3(input, 2), {"input": spread(1, 2, 2, 4)}
    yield "max_unpool3d_size", lambda input: round_trip3(input, (2, 1, 2), output_size=(3, 2, 5)), {"input": spread(1, 1, 3, 2, 5)}
    yield "max_unpool1d", round_trip1, {"input": spread(1, 2, 6)}
    yield "max_unpool1d_size", lambda input: round_trip1(input, output_size=(7,)), {"input": spread(2, 7)}
    yield "max_unpool2d", lambda input: round_trip2(input, 2), {"input": spread(1, 2, 4, 6)}
    yield "max_unpool2d_options", lambda input: round_trip2(input, (2, 3), 1), {"input": spread(1, 1, 6, 6)}
    yield "max_unpool2d_size", lambda input: round_trip2(input, 2, output_size=(5, 7)), {"input": spread(1, 1, 5, 7)}


def avg_cases():
    for name, function, shape, options in [
        ("avg_pool1d_plain", F.avg_pool1d, (1, 2, 7), dict(kernel_size=3)),
        ("avg_pool1d_options", F.avg_pool1d, (2, 8), dict(kernel_size=4, stride=3, padding=2, ceil_mode=True)),
        ("avg_pool1d_exclude", F.avg_pool1d, (1, 2, 8), dict(kernel_size=3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)),
        ("avg_pool2d_plain", F.avg_pool2d, (2, 1, 5, 6), dict(kernel_size=(2, 3))),
        ("avg_pool2d_options", F.avg_pool2d, (1, 6, 7), dict(kernel_size=3, stride=(1, 2), padding=(0, 1))),
        ("avg_pool2d_ceil", F.avg_pool2d, (1, 1, 5, 6), dict(kernel_size=(2, 3), stride=(2, 4), padding=1, ceil_mode=True)),
        ("avg_pool2d_ceil_exclude", F.avg_pool2d, (1, 1, 5, 6), dict(kernel_size=(2, 3), stride=(2, 4), padding=1, ceil_mode=True, count_include_pad=False)),
        ("avg_pool2d_divisor", F.avg_pool2d, (1, 4, 5), dict(kernel_size=2, stride=1, padding=1, divisor_override=3)),
        ("avg_pool3d_plain", F.avg_pool3d, (1, 1, 4, 4, 3), dict(kernel_size=2)),
        ("avg_pool3d_options", F.avg_pool3d, (1, 4, 5, 4), dict(kernel_size=(3, 2, 2), stride=(2, 2, 1), padding=(1, 1, 0), ceil_mode=True)),
        ("avg_pool3d_exclude", F.avg_pool3d, (1, 4, 5, 4), dict(kernel_size=(3, 2, 2), stride=(2, 2, 1), padding=(1, 1, 0), ceil_mode=True, count_include_pad=False)),
        ("avg_pool3d_divisor", F.avg_pool3d, (1, 3, 3, 3), dict(kernel_size=2, divisor_override=5)),
        ("lp_pool1d", F.lp_pool1d, (1, 2, 7), dict(norm_type=2, kernel_size=3, stride=2)),
        ("lp_pool2d", F.lp_pool2d, (1, 1, 5, 6), dict(norm_type=4, kernel_size=(2, 3))),
        ("lp_pool2d_ceil", F.lp_pool2d, (1, 1, 5, 6), dict(norm_type=2, kernel_size=2, ceil_mode=True)),
        ("adaptive_avg_pool1d_even", F.adaptive_avg_pool1d, (1, 2, 6), dict(output_size=3)),
        ("adaptive_avg_pool1d_uneven", F.adaptive_avg_pool1d, (3, 7), dict(output_size=4)),
        ("adaptive_avg_pool2d_global", F.adaptive_avg_pool2d, (1, 2, 4, 3), dict(output_size=1)),
        ("adaptive_avg_pool2d_even", F.adaptive_avg_pool2d, (1, 4, 6), dict(output_size=(2, 3))),
        ("adaptive_avg_pool2d_uneven", F.adaptive_avg_pool2d, (1, 1, 5, 7), dict(output_size=(3, 4))),
        ("adaptive_avg_pool2d_half_even", F.adaptive_avg_pool2d, (1, 6, 5), dict(output_size=(3, 2))),
        ("adaptive_avg_pool2d_larger", F.adaptive_avg_pool2d, (1, 2, 3), dict(output_size=(5, 4))),
        ("adaptive_avg_pool3d_global", F.adaptive_avg_pool3d, (1, 2, 2, 2, 3), dict(output_size=1)),
        ("adaptive_avg_pool3d_uneven", F.adaptive_avg_pool3d, (1, 3, 4, 2), dict(output_size=(2, 2, 3))),
        ("adaptive_max_pool1d_even", F.adaptive_max_pool1d, (1, 2, 6), dict(output_size=3)),
        ("adaptive_max_pool2d_even", F.adaptive_max_pool2d, (1, 4, 6), dict(output_size=(2, 3))),
    ]:
        yield name, lambda input, function=function, options=options: function(input, **options), {"input": spread(*shape)}
    yield "lp_pool2d_zero", lambda input: F.lp_pool2d(input, 2, 2), {"input": of(0, 0, 1, 2, 0, 0, 3, 4, shape=(1, 2, 4))}
    for name, function, shape, size in [
        ("adaptive_max_pool1d_uneven", F.adaptive_max_pool1d, (3, 7), 4),
        ("adaptive_max_pool2d_uneven", F.adaptive_max_pool2d, (1, 1, 5, 7), (3, 4)),
        ("adaptive_max_pool3d_even", F.adaptive_max_pool3d, (1, 1, 2, 4, 3), (1, 2, 3)),
        ("adaptive_max_pool3d_uneven", F.adaptive_max_pool3d, (1, 3, 4, 2), (2, 2, 3)),
        ("adaptive_max_pool2d_larger", F.adaptive_max_pool2d, (1, 2, 3), (5, 4)),
    ]:
        yield name, lambda input, function=function, size=size: function(input, size, return_indices=True), {"input": spread(*shape)}


def cases():
    yield from max_cases()
    yield from unpool_cases()
    yield from avg_cases()
