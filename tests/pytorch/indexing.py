"""Reading and writing at positions, and counting."""
import torch

from record import integers, spread


def along(mode, include_self):
    return lambda x, index, src: x.scatter_reduce(1, index, src, mode, include_self=include_self)


def cases():
    index = integers(0, 2, 1, 2, 2, 0, shape=(2, 3))
    # PyTorch differentiates only where src has the sizes of the index: it is cut for it.
    small = integers(3, 0, 3, 1, shape=(1, 4))
    yield "gather", lambda x, index: torch.gather(x, 1, index), {"x": spread(2, 3), "index": index}
    yield "gather_smaller", lambda x, index: torch.gather(x, 1, index), {"x": spread(3, 4), "index": small}
    yield "gather_first_axis", lambda x, index: torch.gather(x, 0, index), {
        "x": spread(3, 2, 2), "index": integers(2, 0, 1, 1, shape=(2, 1, 2))}
    yield "take_along_dim", lambda x, index: torch.take_along_dim(x, index, 1), {"x": spread(2, 3), "index": index}
    yield "take_along_dim_wide_index", lambda x, index: torch.take_along_dim(x, index, 1), {
        "x": spread(2, 4), "index": small}
    yield "take_along_dim_wide_x", lambda x, index: torch.take_along_dim(x, index, 1), {
        "x": spread(1, 3), "index": index}
    yield "index_select", lambda x, index: torch.index_select(x, 1, index), {
        "x": spread(2, 3, 2), "index": integers(2, 0, 2)}
    yield "index_select_scalar", lambda x, index: torch.index_select(x, 0, index), {
        "x": spread(3, 2), "index": integers(1, shape=())}

    unique = integers(2, 0, 1, 1, 2, 0, shape=(2, 3))
    yield "scatter", lambda x, index, src: x.scatter(1, index, src), {
        "x": spread(2, 3), "index": unique, "src": spread(2, 3, seed=1)}
    yield "scatter_smaller", lambda x, index, src: x.scatter(0, index, src[:1, :2, :1]), {
        "x": spread(3, 4, 2), "index": integers(2, 0, shape=(1, 2, 1)), "src": spread(2, 3, 2, seed=1)}
    yield "scatter_number", lambda x, index: x.scatter(1, index, 7.5), {"x": spread(2, 3), "index": index}
    yield "scatter_add", lambda x, index, src: x.scatter_add(1, index, src), {
        "x": spread(2, 3), "index": index, "src": spread(2, 3, seed=1)}
    yield "scatter_add_smaller", lambda x, index, src: x.scatter_add(1, index, src[:1, :4]), {
        "x": spread(3, 4), "index": small, "src": spread(2, 5, seed=1)}
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for include_self in (True, False):
            yield f"scatter_reduce_{reduce}_{int(include_self)}", along(reduce, include_self), {
                "x": spread(2, 3), "index": integers(0, 2, 0, 2, 0, 1, 1, 1, 1, 1, shape=(2, 5)),
                "src": spread(2, 5, seed=1)}
    zeros = torch.tensor([[2.0, 0.0, 3.0, 0.0, 0.0, 5.0]], dtype=torch.float64)
    yield "scatter_reduce_prod_zeros", along("prod", True), {
        "x": torch.tensor([[1.5, 0.0, 2.0]], dtype=torch.float64),
        "index": integers(0, 0, 0, 1, 2, 2, shape=(1, 6)), "src": zeros}
    ties = torch.tensor([[2.0, 2.0, 1.0, 5.0]], dtype=torch.float64)
    for reduce in ("amax", "amin"):
        yield f"scatter_reduce_{reduce}_ties", along(reduce, True), {
            "x": torch.tensor([[2.0, 5.0]], dtype=torch.float64),
            "index": integers(0, 0, 0, 1, shape=(1, 4)), "src": ties}

    for dtype, name in ((torch.int64, "i64"), (torch.int32, "i32")):
        for reduce in ("amax", "amin", "prod", "sum"):
            yield f"scatter_reduce_{reduce}_{name}", along(reduce, False), {
                "x": integers(4, 7, -2, shape=(1, 3), dtype=dtype), "index": integers(2, 2, 0, 2, shape=(1, 4)),
                "src": integers(5, -9, 8, 3, shape=(1, 4), dtype=dtype)}

    column, source = integers(2, 0, 2), spread(2, 3, 2, seed=1)
    yield "index_add", lambda x, index, source: x.index_add(1, index, source), {
        "x": spread(2, 4, 2), "index": column, "source": source}
    yield "index_add_alpha", lambda x, index, source: x.index_add(1, index, source, alpha=-2.5), {
        "x": spread(2, 4, 2), "index": column, "source": source}
    yield "index_add_whole", lambda x, index, source: x.index_add(0, index, source, alpha=3), {
        "x": integers(4, 7, -2), "index": integers(2, 2), "source": integers(5, 9)}
    yield "index_copy", lambda x, index, source: x.index_copy(1, index, source), {
        "x": spread(2, 4, 2), "index": integers(3, 0, 1), "source": source}
    yield "index_fill", lambda x, index: x.index_fill(1, index, 2.5), {"x": spread(2, 3), "index": integers(2, 0)}
    for reduce in ("prod", "mean", "amax", "amin"):
        yield f"index_reduce_{reduce}", (
            lambda x, index, source, reduce=reduce: x.index_reduce(1, index, source, reduce)
        ), {"x": spread(2, 4, 2), "index": column, "source": source}

    yield "bincount", lambda x: torch.bincount(x, minlength=6), {"x": integers(1, 4, 1, 0, 1)}
    yield "bincount_none", lambda x: torch.bincount(x, minlength=3), {"x": integers(shape=(0,))}
    with torch.no_grad():
        weighted = torch.bincount(integers(1, 4, 1, 0, 1), spread(5), minlength=5)
    yield "bincount_weights", lambda x, w: weighted, {"x": integers(1, 4, 1, 0, 1), "w": spread(5)}
    for name, how in [("range", dict(bins=4, min=-1, max=1.5)), ("data", dict(bins=5)), ("outside", dict(bins=2, min=5, max=6))]:
        counted = torch.histc(spread(3, 7), **how)
        yield f"histc_{name}", lambda x, counted=counted: counted, {"x": spread(3, 7)}
    edges = torch.tensor([0.0, 1.0, 0.5, 0.25, -0.1, 1.1], dtype=torch.float64)
    yield "histc_edges", lambda x: torch.histc(x.detach(), bins=4, min=0, max=1), {"x": edges}
    yield "histc_constant", lambda x: torch.histc(x.detach(), bins=3), {"x": torch.full((4,), 2.0, dtype=torch.float64)}
