"""Losses."""
import math

import torch
import torch.nn.functional as F

from record import integers, spread

REDUCTIONS = ("none", "mean", "sum")


def pair(seed=1, low=-2.0, high=2.0):
    return {"input": spread(2, 3), "target": spread(2, 3, seed=seed, low=low, high=high)}


def signs(*values):
    return torch.tensor(values, dtype=torch.float64)


def elementwise():
    inputs = {"input": spread(3, 4), "target": spread(3, 4, seed=1)}
    for reduction in REDUCTIONS:
        yield f"mse_loss_{reduction}", lambda input, target, r=reduction: F.mse_loss(input, target, reduction=r), inputs
    for reduction in REDUCTIONS:
        yield f"l1_loss_{reduction}", lambda input, target, r=reduction: F.l1_loss(input, target, reduction=r), pair()
        yield f"smooth_l1_loss_{reduction}", lambda input, target, r=reduction: F.smooth_l1_loss(input, target, beta=0.75, reduction=r), pair(seed=3)
        yield f"huber_loss_{reduction}", lambda input, target, r=reduction: F.huber_loss(input, target, delta=1.5, reduction=r), pair(seed=3)
    yield "smooth_l1_loss_0", lambda input, target: F.smooth_l1_loss(input, target, beta=0), pair(seed=3)


def binary():
    weight = spread(2, 3, low=0.5, high=2, seed=5)
    probabilities = {"input": spread(2, 3, low=0.05, high=0.95), "target": spread(2, 3, low=0, high=1, seed=2)}
    # PyTorch of this age knows no gradient with respect to the target.
    for reduction in REDUCTIONS:
        yield (
            f"binary_cross_entropy_{reduction}",
            lambda input, target, weight, r=reduction: F.binary_cross_entropy(input, target.detach(), weight.detach(), reduction=r),
            {**probabilities, "weight": weight},
        )
        yield (
            f"binary_cross_entropy_with_logits_{reduction}",
            lambda input, target, weight, pos, r=reduction: F.binary_cross_entropy_with_logits(
                input, target.detach(), weight.detach(), pos_weight=pos.detach(), reduction=r
            ),
            {**pair(low=0, high=1), "weight": weight, "pos": spread(3, low=0.5, high=3, seed=6)},
        )
    # Its gradient there is one over a 1e-12 that PyTorch has rounded to float32.
    yield (
        "binary_cross_entropy_at_the_ends",
        lambda input, target: F.binary_cross_entropy(input.detach(), target.detach(), reduction="none"),
        {"input": signs(0, 0, 1, 1, 1e-30), "target": signs(0, 1, 0, 1, 1)},
    )


def classes():
    logits, weight = spread(4, 3), spread(3, low=0.5, high=2, seed=5)
    target, ignored = integers(2, 0, 1, 2), integers(2, -100, 1, 0)
    for reduction in REDUCTIONS:
        for smoothing in (0.0, 0.2):
            for name, weights in (("", None), ("_weighted", weight)):
                inputs = {"input": logits, "target": ignored}
                if weights is not None:
                    inputs["weight"] = weights
                yield (
                    f"cross_entropy{name}_{smoothing}_{reduction}",
                    lambda input, target, weight=None, r=reduction, s=smoothing: F.cross_entropy(
                        input, target, None if weight is None else weight.detach(), reduction=r, label_smoothing=s
                    ),
                    inputs,
                )
        yield (
            f"cross_entropy_soft_{reduction}",
            lambda input, target, weight, r=reduction: F.cross_entropy(
                input, target, weight.detach(), reduction=r, label_smoothing=0.1
            ),
            {"input": spread(2, 3, 2), "target": spread(2, 3, 2, low=0, high=1, seed=3), "weight": weight},
        )
        yield (
            f"nll_loss_{reduction}",
            lambda input, target, weight, r=reduction: F.nll_loss(input, target, weight.detach(), reduction=r),
            {"input": spread(4, 3, low=-3, high=0), "target": ignored, "weight": weight},
        )
    yield (
        "cross_entropy_soft_plain",
        lambda input, target: F.cross_entropy(input, target),
        {"input": spread(3), "target": spread(3, low=0, high=1, seed=3)},
    )
    yield (
        "cross_entropy_image",
        lambda input, target, weight: F.cross_entropy(input, target, weight.detach()),
        {"input": spread(2, 3, 2), "target": integers(2, 0, 1, 2, shape=(2, 2)), "weight": weight},
    )
    for reduction in REDUCTIONS:
        for p in (1, 2):
            yield (
                f"multi_margin_loss_{p}_{reduction}",
                lambda input, target, weight, p=p, r=reduction: F.multi_margin_loss(
                    input, target, p=p, margin=0.75, weight=weight.detach(), reduction=r
                ),
                {"input": logits, "target": target, "weight": weight},
            )
        yield (
            f"multilabel_margin_loss_{reduction}",
            lambda input, target, r=reduction: F.multilabel_margin_loss(input, target, reduction=r),
            {"input": spread(3, 4), "target": integers(3, 0, -1, 1, -1, 0, 1, 2, 2, 1, 3, 0, shape=(3, 4))},
        )
        yield (
            f"multilabel_soft_margin_loss_{reduction}",
            lambda input, target, weight, r=reduction: F.multilabel_soft_margin_loss(
                input, target.detach(), weight.detach(), reduction=r
            ),
            {"input": logits, "target": (spread(4, 3, seed=7) > 0).double(), "weight": weight},
        )
    yield (
        "multi_margin_loss_single",
        lambda input, target: F.multi_margin_loss(input, target),
        {"input": spread(3), "target": integers(1, shape=())},
    )


def sigmoid_focal(x, t, alpha=0.25, gamma=2.0):  # torchvision's, which is not everywhere
    p = torch.sigmoid(x)
    loss = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    p_t = p * t + (1 - p) * (1 - t)
    loss = loss * (1 - p_t) ** gamma
    return loss * (alpha * t + (1 - alpha) * (1 - t)) if alpha >= 0 else loss


def distributions():
    logs = {"input": spread(2, 3, low=-3, high=0), "target": spread(2, 3, low=0.1, high=1, seed=2)}
    for reduction in REDUCTIONS + ("batchmean",):
        for log_target in (False, True):
            target = torch.log(logs["target"]) if log_target else logs["target"]
            yield (
                f"kl_div_{log_target}_{reduction}",
                lambda input, target, r=reduction, log=log_target: F.kl_div(input, target, reduction=r, log_target=log),
                {**logs, "target": target},
            )
    yield (
        "kl_div_of_nothing",
        lambda input, target: F.kl_div(input, target.detach(), reduction="none"),
        {"input": spread(3, low=-3, high=0), "target": signs(0, 0.5, 1)},
    )
    hard = {"input": spread(2, 3, low=-4, high=4), "target": signs(1, 0, 1, 0, 0, 1).reshape(2, 3)}
    for alpha, gamma in ((0.25, 2.0), (-1.0, 0.5), (0.75, 0.0)):
        yield (
            f"sigmoid_focal_loss_{alpha}_{gamma}",
            lambda input, target, a=alpha, g=gamma: sigmoid_focal(input, target.detach(), a, g),
            hard,
        )
    for log_input in (True, False):
        for full in (True, False):
            yield (
                f"poisson_nll_loss_{log_input}_{full}",
                lambda input, target, log=log_input, full=full: F.poisson_nll_loss(
                    input, target.detach(), log_input=log, full=full
                ),
                {"input": spread(2, 3, low=0.1, high=2), "target": signs(0, 1, 2, 3, 10, 1).reshape(2, 3)},
            )
    for name, variance in (("", spread(2, 3, low=0.3, high=2, seed=4)), ("_last", spread(2, 1, low=0.3, high=2)), ("_rows", spread(2, low=0.3, high=2))):
        yield (
            f"gaussian_nll_loss{name}",
            lambda input, target, var, full=name == "": F.gaussian_nll_loss(input, target, var, full=full),
            {**pair(), "var": variance},
        )
    yield (
        "gaussian_nll_loss_bounded",
        lambda input, target, var: F.gaussian_nll_loss(input, target, var, eps=0.5, reduction="none"),
        {**pair(), "var": spread(2, 3, low=0.1, high=2)},
    )


def margins():
    sign = signs(1, -1, -1, 1, -1, 1).reshape(2, 3)
    for reduction in REDUCTIONS:
        yield (
            f"hinge_embedding_loss_{reduction}",
            lambda input, target, r=reduction: F.hinge_embedding_loss(input, target.detach(), margin=0.9, reduction=r),
            {"input": spread(2, 3), "target": sign},
        )
        yield (
            f"soft_margin_loss_{reduction}",
            lambda input, target, r=reduction: F.soft_margin_loss(input, target.detach(), reduction=r),
            {"input": spread(2, 3), "target": sign},
        )
        yield (
            f"margin_ranking_loss_{reduction}",
            lambda input1, input2, target, r=reduction: F.margin_ranking_loss(
                input1, input2, target.detach(), margin=0.5, reduction=r
            ),
            {"input1": spread(2, 3), "input2": spread(2, 3, seed=2), "target": sign},
        )
        yield (
            f"cosine_embedding_loss_{reduction}",
            lambda input1, input2, target, r=reduction: F.cosine_embedding_loss(
                input1, input2, target.detach(), margin=-0.5, reduction=r
            ),
            {"input1": spread(4, 3), "input2": spread(4, 3, seed=2), "target": signs(1, -1, -1, 1)},
        )
        yield (
            f"hinge_loss_{reduction}",  # PyTorch has none: the definition
            lambda input, target, r=reduction: reduce(F.relu(1 - target.detach() * input), r),
            {"input": spread(2, 3), "target": sign},
        )
        yield (
            f"squared_hinge_loss_{reduction}",
            lambda input, target, r=reduction: reduce(F.relu(1 - target.detach() * input) ** 2, r),
            {"input": spread(2, 3), "target": sign},
        )
    for p, swap in ((2.0, False), (2.0, True), (1.0, False), (3.0, True), (math.inf, False)):
        yield (
            f"triplet_margin_loss_{p}_{swap}",
            lambda anchor, positive, negative, p=p, swap=swap: F.triplet_margin_loss(
                anchor, positive, negative, margin=0.6, p=p, swap=swap, reduction="none"
            ),
            {"anchor": spread(3, 4), "positive": spread(3, 4, seed=2), "negative": spread(3, 4, seed=5)},
        )


def reduce(loss, reduction):
    return loss if reduction == "none" else getattr(loss, reduction)()


def ctc():
    targets = integers(1, 2, 2, 3, 1, 0, 2, 2, 2, shape=(3, 3))
    lengths = {"input_lengths": integers(6, 5, 6), "target_lengths": integers(3, 1, 3)}
    for reduction in REDUCTIONS:
        yield (
            f"ctc_loss_{reduction}",
            lambda logits, targets, input_lengths, target_lengths, r=reduction: F.ctc_loss(
                F.log_softmax(logits, 2), targets, input_lengths, target_lengths, reduction=r
            ),
            {"logits": spread(6, 3, 4), "targets": targets, **lengths},
        )
    yield (
        "ctc_loss_impossible",
        lambda logits, targets, input_lengths, target_lengths: F.ctc_loss(
            F.log_softmax(logits, 2), targets, input_lengths, target_lengths, blank=3, zero_infinity=True
        ),
        {
            "logits": spread(4, 2, 4),
            "targets": integers(1, 1, 1, 0, 2, 0, shape=(2, 3)),
            "input_lengths": integers(4, 4),
            "target_lengths": integers(3, 2),
        },
    )


def cases():
    for group in (elementwise, binary, classes, distributions, margins, ctc):
        yield from group()
