"""Losses."""
import torch.nn.functional as F

from record import spread


def cases():
    for reduction in ("none", "mean", "sum"):
        yield (
            f"mse_loss_{reduction}",
            lambda input, target, reduction=reduction: F.mse_loss(input, target, reduction=reduction),
            {"input": spread(3, 4), "target": spread(3, 4, seed=1)},
        )
