"""interpolate, pixel_shuffle and its inverse."""
import torch
import torch.nn.functional as F

from record import spread

# Name, sizes of x, what interpolate is told.
INTERPOLATIONS = [
    ("nearest_1d_size", (2, 3, 5), dict(size=8)),
    ("nearest_1d_whole_factor", (2, 1, 4), dict(scale_factor=3)),
    ("nearest_1d_fraction", (1, 2, 7), dict(scale_factor=1.3)),
    ("nearest_1d_fraction_recomputed", (1, 2, 7), dict(scale_factor=1.3, recompute_scale_factor=True)),
    ("nearest_1d_smaller", (1, 2, 7), dict(scale_factor=0.45)),
    ("nearest_2d_factor", (1, 2, 3, 2), dict(scale_factor=2)),
    ("nearest_2d_sizes", (1, 2, 3, 5), dict(size=(4, 3))),
    ("nearest_3d", (1, 1, 2, 3, 2), dict(size=(3, 3, 5))),
    ("nearest_exact_1d", (1, 2, 5), dict(size=3, mode="nearest-exact")),
    ("nearest_exact_2d", (1, 1, 3, 4), dict(scale_factor=(1.7, 0.6), mode="nearest-exact")),
    ("linear_1d_size", (1, 2, 5), dict(size=8, mode="linear")),
    ("linear_1d_corners", (2, 2, 5), dict(size=8, mode="linear", align_corners=True)),
    ("linear_1d_one", (2, 2, 5), dict(size=1, mode="linear")),
    ("linear_1d_one_corners", (2, 2, 5), dict(size=1, mode="linear", align_corners=True)),
    ("linear_1d_of_one", (2, 2, 1), dict(size=4, mode="linear", align_corners=True)),
    ("linear_1d_fraction", (1, 2, 7), dict(scale_factor=1.3, mode="linear")),
    ("linear_1d_same_size", (1, 2, 5), dict(scale_factor=1.1, mode="linear")),
    ("linear_1d_recomputed", (1, 2, 7), dict(scale_factor=1.3, mode="linear", recompute_scale_factor=True)),
    ("bilinear_factor", (1, 2, 3, 4), dict(scale_factor=2, mode="bilinear")),
    ("bilinear_factor_corners", (1, 2, 3, 4), dict(scale_factor=2, mode="bilinear", align_corners=True)),
    ("bilinear_factors", (1, 1, 5, 4), dict(scale_factor=(0.5, 1.7), mode="bilinear")),
    ("bilinear_sizes", (1, 1, 5, 4), dict(size=(3, 9), mode="bilinear")),
    ("bilinear_sizes_corners", (1, 1, 5, 4), dict(size=(3, 9), mode="bilinear", align_corners=True)),
    ("trilinear", (1, 1, 2, 3, 2), dict(size=(3, 5, 3), mode="trilinear")),
    ("trilinear_corners", (1, 1, 2, 3, 2), dict(size=(3, 5, 3), mode="trilinear", align_corners=True)),
]


def cases():
    for name, shape, how in INTERPOLATIONS:
        yield name, lambda x, how=how: F.interpolate(x, **how), {"x": spread(*shape)}
    for shape in [(1, 8, 2, 3), (1, 1, 4, 1, 2)]:
        yield (f"pixel_shuffle_{len(shape)}d", lambda x: F.pixel_shuffle(x, 2), {"x": spread(*shape)})
    for shape in [(1, 2, 4, 6), (1, 9, 3)]:
        factor = 2 if len(shape) == 4 else 3
        yield (
            f"pixel_unshuffle_{len(shape)}d",
            lambda x, factor=factor: F.pixel_unshuffle(x, factor),
            {"x": spread(*shape)},
        )
