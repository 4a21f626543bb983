"""Normalisations, and batch norm while it trains and afterwards."""
import torch
import torch.nn.functional as F

from record import spread


def affine(shape, channels, eps=1e-5):
    return {
        "x": spread(*shape),
        "weight": spread(channels, low=-1, high=1, seed=1),
        "bias": spread(channels, low=-1, high=1, seed=2),
    }


def batch_norm(layer, eps=1e-5, momentum=0.1, batches=1, track=True):
    """Trains for some batches, then evaluates: outputs, and the statistics after each batch."""

    def run(x, weight, bias):
        module = layer(
            x.shape[2], eps=eps, momentum=momentum, track_running_stats=track
        ).double()
        results = []
        for batch in x:
            normalised = F.batch_norm(
                batch, None, None, weight, bias, training=True, eps=eps
            )
            module(batch.detach())
            results.append(normalised)
            if track:
                results += [module.running_mean.clone(), module.running_var.clone()]
        if track:
            results += [module.num_batches_tracked.clone()]
            results += [
                F.batch_norm(
                    x[0], module.running_mean, module.running_var, weight, bias, eps=eps
                )
            ]
        return results

    return run


def cases():
    nn = torch.nn
    shapes = {"1d": (5, 3), "1d_sequence": (4, 3, 5), "2d": (2, 3, 2, 3), "3d": (2, 2, 2, 1, 3)}
    layers = {"1d": nn.BatchNorm1d, "1d_sequence": nn.BatchNorm1d, "2d": nn.BatchNorm2d, "3d": nn.BatchNorm3d}
    for name, shape in shapes.items():
        yield f"batch_norm{name}", batch_norm(layers[name]), affine((2,) + shape, shape[1])
    yield "batch_norm_cumulative", batch_norm(nn.BatchNorm1d, momentum=None), affine((3, 4, 2), 2)
    yield "batch_norm_untracked", batch_norm(nn.BatchNorm1d, track=False), affine((1, 4, 2), 2)
    yield (
        "batch_norm_far_from_0",
        batch_norm(nn.BatchNorm1d, eps=1e-3, momentum=0.5),
        {**affine((1, 4, 2), 2), "x": 1e6 + spread(1, 4, 2)},
    )
    for groups in (1, 2, 4):
        yield (
            f"group_norm_{groups}",
            lambda x, weight, bias, groups=groups: F.group_norm(x, groups, weight, bias),
            affine((2, 4, 3), 4),
        )
    yield "group_norm_flat", lambda x: F.group_norm(x, 2, eps=1e-3), {"x": spread(3, 6)}
    for name, shape in {"1d": (2, 3, 4), "2d": (2, 3, 2, 3), "3d": (1, 2, 2, 2, 2)}.items():
        yield (
            f"instance_norm{name}",
            lambda x, weight, bias: F.instance_norm(x, weight=weight, bias=bias),
            affine(shape, shape[1]),
        )

    def tracked(x, weight, bias):
        mean, variance = torch.zeros(3).double(), torch.ones(3).double()
        y = F.instance_norm(x, mean, variance, weight, bias, use_input_stats=True, momentum=0.25)
        later = F.instance_norm(x, mean, variance, weight, bias, use_input_stats=False)
        return y, mean, variance, later

    yield "instance_norm_tracked", tracked, affine((2, 3, 2, 2), 3)
    yield "layer_norm", lambda x, weight, bias: F.layer_norm(x, (3, 4), weight, bias), {
        "x": spread(2, 3, 4),
        "weight": spread(3, 4, seed=1),
        "bias": spread(3, 4, seed=2),
    }
    yield "layer_norm_no_bias", lambda x, weight: F.layer_norm(x, (4,), weight), {
        "x": spread(2, 3, 4),
        "weight": spread(4, seed=1),
    }
    yield "layer_norm_plain", lambda x: F.layer_norm(x, (4,)), {"x": spread(2, 3, 4)}

    def rms_norm(x, weight, eps=1e-6):  # younger than some PyTorch: its documentation's formula
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * weight

    yield "rms_norm", rms_norm, {"x": spread(2, 3, 4), "weight": spread(4, seed=1)}
    for size, shape in {1: (2, 3, 4), 2: (2, 5, 3), 5: (1, 4, 2, 2)}.items():
        yield (
            f"local_response_norm_{size}",
            lambda x, size=size: F.local_response_norm(x, size, alpha=0.5, beta=0.75, k=1.5),
            {"x": spread(*shape)},
        )
