"""Reductions, orders along an axis, and distances."""
import torch
import torch.nn.functional as F

from record import spread

TIES = [[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 2.0, 2.0], [0.0, -1.0, -1.0, 0.0]]
NAN, INF = float("nan"), float("inf")


def f64(values):
    return torch.tensor(values, dtype=torch.float64)


def cases():
    for name, function in [("amax", torch.amax), ("amin", torch.amin)]:
        yield f"{name}_ties", lambda x, f=function: f(x, 1), {"x": f64(TIES)}
        yield f"{name}_several", lambda x, f=function: f(x, (0, 2), keepdim=True), {"x": spread(2, 3, 2)}
    for name, function in [("max", torch.max), ("min", torch.min)]:
        yield f"{name}_with_positions", lambda x, f=function: f(x, 1), {"x": f64(TIES)}
        yield f"{name}_with_positions_nan", lambda x, f=function: f(x, 0, keepdim=True), {
            "x": f64([[1.0, NAN], [NAN, NAN], [2.0, 0.0]])}
    yield "count_nonzero", lambda x: torch.count_nonzero(x, 1), {"x": f64([[0.0, NAN, -0.0], [1.0, 0.0, -2.0]])}
    yield "count_nonzero_all", lambda x: torch.count_nonzero(x), {"x": f64([[0.0, 3.0], [1.0, -2.0]])}

    for name, how in [("std", dict(dim=1)), ("std_all", dict()), ("std_population", dict(dim=(0, 1), unbiased=False)),
                      ("std_kept", dict(dim=0, keepdim=True))]:
        how = {"unbiased": True, **how}
        yield name, lambda x, how=how: torch.std(x, **how), {"x": spread(3, 4)}
    yield "std_constant_row", lambda x: torch.std(x, 1), {"x": f64([[2.0, 2.0, 2.0], [1.0, 2.0, 4.0]])}
    yield "var_mean", lambda x: torch.var_mean(x, 1, unbiased=True), {"x": spread(2, 4)}

    for p in (0, 0.5, 1, 1.5, 2, 3, -1, -2, INF, -INF):
        yield f"vector_norm_{p}", lambda x, p=p: torch.linalg.vector_norm(x, p, 1), {"x": spread(2, 4)}
    for p in (0, 1, 1.5, 2, 3, INF):
        yield f"vector_norm_{p}_of_zeros", lambda x, p=p: torch.linalg.vector_norm(x, p, 1), {
            "x": f64([[0.0, 0.0], [0.0, 2.0], [-3.0, 3.0]])}
    yield "vector_norm_all", lambda x: torch.linalg.vector_norm(x), {"x": spread(2, 2, 2)}
    yield "vector_norm_kept", lambda x: torch.linalg.vector_norm(x, 2, (0, 2), keepdim=True), {"x": spread(2, 2, 2)}
    yield "normalize", lambda x: F.normalize(x), {"x": spread(2, 3, 2)}
    yield "normalize_1", lambda x: F.normalize(x, 1, 0), {"x": spread(2, 3)}
    yield "normalize_zero", lambda x: F.normalize(x), {"x": f64([[0.0, 0.0], [3.0, 4.0]])}
    yield "cosine_similarity", lambda a, b: F.cosine_similarity(a, b), {"a": spread(2, 3, 2), "b": spread(2, 3, 2, seed=1)}
    yield "cosine_similarity_broadcast", lambda a, b: F.cosine_similarity(a, b, dim=-1), {
        "a": spread(2, 1, 3), "b": spread(2, 3, seed=1)}
    yield "pairwise_distance", lambda a, b: F.pairwise_distance(a, b), {"a": spread(3, 4), "b": spread(3, 4, seed=1)}
    yield "pairwise_distance_1", lambda a, b: F.pairwise_distance(a, b, 1, 0.0, True), {
        "a": spread(3, 4), "b": spread(4, seed=1)}

    yield "topk", lambda x: torch.topk(x, 2), {"x": spread(2, 5)}
    yield "topk_smallest", lambda x: torch.topk(x, 2, 0, largest=False), {"x": spread(4, 2)}
    yield "topk_all", lambda x: torch.topk(x, 3), {"x": spread(3)}
    yield "argsort", lambda x: torch.sort(x, dim=1, stable=True)[1], {"x": f64(TIES)}
    yield "argsort_descending", lambda x: torch.sort(x, dim=1, descending=True, stable=True)[1], {"x": f64(TIES)}
    for name, function in [("cummax", torch.cummax), ("cummin", torch.cummin)]:
        yield name, lambda x, f=function: f(x, 1), {"x": spread(2, 5)}
        yield f"{name}_ties", lambda x, f=function: f(x, 1), {"x": f64(TIES)}
        yield f"{name}_nan", lambda x, f=function: f(x, 0), {"x": f64([3.0, 1.0, 4.0, NAN, INF, NAN, -INF])}
    yield "logcumsumexp", lambda x: torch.logcumsumexp(x, 1), {"x": spread(2, 7, low=-5, high=5)}
    yield "logcumsumexp_wide", lambda x: torch.logcumsumexp(x, 0), {"x": f64([-800.0, -800.5, 0.0, 1.0, 900.0])}
    yield "logaddexp", lambda a, b: torch.logaddexp(a, b), {"a": f64([1.0, -900.0, 5.0, 2.0]), "b": f64([1.0, -901.0, 1e4, -INF])}
    yield "median", lambda x: torch.median(x, 1), {"x": spread(2, 5)}
    yield "median_even", lambda x: torch.median(x, 0, keepdim=True), {"x": spread(4, 2)}
    yield "median_nan", lambda x: torch.median(x, 1), {"x": f64([[1.0, NAN, 2.0], [3.0, 1.0, 2.0]])}
    for q in (0.0, 0.3, 0.5, 1.0):
        yield f"quantile_{q}", lambda x, q=q: torch.quantile(x, q, 1), {"x": spread(2, 6)}
    yield "quantile_nan", lambda x: torch.quantile(x.detach(), 0.5, 1, keepdim=True), {"x": f64([[1.0, NAN], [3.0, 1.0]])}
