"""Learning rates of 60 steps."""
import warnings

import torch
from torch.optim import lr_scheduler as s

import record

warnings.filterwarnings("ignore", category=UserWarning)


def rates(lr, make, steps=60, measures=None):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    schedule = make(optimizer)
    result = []
    for step in range(steps):
        if measures is None:
            result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step(*([] if measures is None else [measures[step].item()]))
        if measures is not None:
            result.append(optimizer.param_groups[0]["lr"])
    return torch.tensor(result, dtype=torch.float64)


def measures():
    """They fall, then stay about where they are."""
    k = torch.arange(60, dtype=torch.float64)
    return 1 / (1 + k) + 0.3 + 0.01 * record.spread(60, low=-1, high=1)


def cases():
    for name, lr, make, steps in [
        ("step", 0.1, lambda o: s.StepLR(o, 7, 0.5), 60),
        ("multi_step", 0.1, lambda o: s.MultiStepLR(o, [5, 20, 20, 41], 0.3), 60),
        ("exponential", 0.1, lambda o: s.ExponentialLR(o, 0.93), 60),
        ("cosine", 0.1, lambda o: s.CosineAnnealingLR(o, 20, 0.01), 60),
        ("warm_restarts", 0.1, lambda o: s.CosineAnnealingWarmRestarts(o, 9, 1, 0.001), 60),
        ("warm_restarts_longer", 0.1, lambda o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.001), 60),
        ("linear", 0.1, lambda o: s.LinearLR(o, 0.2, 1.0, 12), 60),
        ("linear_defaults", 0.1, lambda o: s.LinearLR(o), 60),
        ("polynomial", 0.1, lambda o: s.PolynomialLR(o, 40, 2.0), 60),
        ("one_cycle", 0.1, lambda o: s.OneCycleLR(o, 0.1, 60, cycle_momentum=False), 60),
        ("one_cycle_linear", 0.1, lambda o: s.OneCycleLR(
            o, 0.1, 55, pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=100,
            cycle_momentum=False), 55),
        ("one_cycle_three_phase", 0.1, lambda o: s.OneCycleLR(
            o, 0.1, 60, three_phase=True, cycle_momentum=False), 60),
        ("sequence", 0.1, lambda o: s.SequentialLR(
            o, [s.LinearLR(o, 0.1, 1.0, 10), s.ExponentialLR(o, 0.9), s.StepLR(o, 4, 0.5)], [10, 35]), 60),
        ("product", 0.1, lambda o: s.ChainedScheduler(
            [s.LinearLR(o, 0.1, 1.0, 10), s.ExponentialLR(o, 0.95), s.StepLR(o, 20, 0.5)]), 60),
    ]:
        yield name, lambda lr=lr, make=make, steps=steps: rates(lr, make, steps), {}
    for name, how in [
        ("plateau", dict(patience=4)),
        ("plateau_cooldown", dict(factor=0.5, patience=2, threshold=0.05, cooldown=5, min_lr=0.004)),
        ("plateau_absolute", dict(mode="max", factor=0.3, patience=3, threshold=0.02, threshold_mode="abs")),
        ("plateau_larger", dict(mode="max", factor=0.3, patience=3, threshold=0.001)),
    ]:
        sign = -1 if how.get("mode") == "max" else 1
        yield name, lambda measures, how=how: rates(
            0.1, lambda o: s.ReduceLROnPlateau(o, **how), measures=measures), {"measures": sign * measures() + (2 if sign < 0 else 0)}
