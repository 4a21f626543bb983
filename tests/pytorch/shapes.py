"""einsum, and what moves, repeats and cuts elements."""
import torch

from record import integers, spread

# Equation and the sizes of the operands.
EQUATIONS = [
    ("ij->ji", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("ij->", (2, 3)), ("...ii->...i", (2, 3, 3)),
    ("ij->j", (2, 3)), ("kii", (2, 3, 3)), ("iji->j", (3, 2, 3)), ("iij,j->i", (2, 2, 3), (3,)),
    ("ij,jk", (2, 3), (3, 2)), ("ij,jk->ik", (2, 3), (3, 4)), ("ij,kj->ik", (2, 3), (4, 3)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("bhid,bhjd->bhij", (1, 2, 3, 2), (1, 2, 2, 2)),
    ("bhij,bhjd->bihd", (1, 2, 3, 2), (1, 2, 2, 3)), ("bij,jk->bik", (2, 2, 3), (3, 2)),
    ("...ij,...jk->...ik", (2, 1, 2, 3), (2, 3, 2)), ("i...,i...->...", (3, 2), (3, 2)),
    ("i,j->ij", (2,), (3,)), ("i,i->i", (3,), (3,)), ("i,i->", (3,), (3,)), ("bi,bi->b", (2, 3), (2, 3)),
    ("bi,i->b", (2, 3), (3,)), ("ij,ij->j", (2, 3), (2, 3)), ("ij,kl->il", (2, 3), (2, 2)),
    ("ab,ab->ba", (2, 1), (2, 3)), ("ij,jk->ki", (2, 1), (3, 2)), (",ij->ij", (), (2, 2)), ("i,->", (3,), ()),
    ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)), ("bn,anm,bm->ba", (2, 2), (3, 2, 2), (2, 2)),
    ("ij,ik,il->jkl", (2, 2), (2, 2), (2, 2)), ("Ba,ca", (2, 3), (2, 3)), ("...,...->...", (2, 2), (2,)),
    ("ij,jk->k", (2, 0), (0, 3)), ("i...j->j", (2, 3, 2)), ("ijkl,lkm->jmi", (2, 2, 3, 2), (2, 3, 2)),
]

# Name, function of x, sizes of x.
MOVES = [
    ("split_size", lambda x: torch.split(x, 2, 1), (2, 5)),
    ("split_size_one_part", lambda x: torch.split(x, 9), (3,)),
    ("split_empty", lambda x: torch.split(x, 2, 1), (2, 0)),
    ("split_sizes", lambda x: torch.split(x, [1, 0, 3], -1), (2, 4)),
    ("chunk", lambda x: torch.chunk(x, 3, 1), (2, 6)),
    ("unbind_0", lambda x: torch.unbind(x), (3, 2)),
    ("unbind_1", lambda x: torch.unbind(x, -1), (3, 2)),
    ("stack", lambda x: torch.stack([x, 2 * x], -1), (2, 3)),
    ("movedim", lambda x: torch.movedim(x, 0, 2), (2, 3, 2)),
    ("movedim_several", lambda x: torch.movedim(x, (0, -1), (1, 0)), (2, 3, 1, 2)),
    ("expand", lambda x: x.expand(2, -1, 4), (3, 1)),
    ("unflatten", lambda x: torch.nn.Unflatten(1, (2, 3))(x), (2, 6, 1)),
    ("flatten", lambda x: torch.flatten(x, 1, -1), (2, 3, 2)),
    ("roll_flat", lambda x: torch.roll(x, 4), (2, 3)),
    ("roll_back", lambda x: torch.roll(x, -1, 1), (2, 3)),
    ("roll_several", lambda x: torch.roll(x, (7, -3), (0, 1)), (3, 2)),
    ("repeat", lambda x: x.repeat(2, 3), (2, 2)),
    ("repeat_leading", lambda x: x.repeat(2, 1, 3), (2,)),
    ("repeat_none", lambda x: x.repeat(2, 0), (2, 2)),
    ("tile", lambda x: torch.tile(x, (2,)), (2, 3)),
    ("tile_leading", lambda x: torch.tile(x, (2, 1, 2)), (2,)),
    ("repeat_interleave", lambda x: torch.repeat_interleave(x, 2, dim=0), (2, 3)),
    ("repeat_interleave_counts", lambda x: torch.repeat_interleave(x, integers(2, 0, 1), dim=1), (2, 3)),
    ("tril", lambda x: torch.tril(x), (2, 3, 3)),
    ("tril_above", lambda x: torch.tril(x, 1), (3, 4)),
    ("triu", lambda x: torch.triu(x), (3, 2)),
    ("triu_below", lambda x: torch.triu(x, -1), (3, 3)),
    ("triu_far", lambda x: torch.triu(x, 9), (2, 3)),
    ("diagonal", lambda x: torch.diagonal(x), (2, 3)),
    ("diagonal_above", lambda x: torch.diagonal(x, 1), (2, 3)),
    ("diagonal_below", lambda x: torch.diagonal(x, -1), (3, 2)),
    ("diagonal_axes", lambda x: torch.diagonal(x, 1, 2, 0), (3, 2, 2)),
    ("diag_of_vector", lambda x: torch.diag(x), (3,)),
    ("diag_above", lambda x: torch.diag(x, 2), (2,)),
    ("diag_below", lambda x: torch.diag(x, -1), (2,)),
    ("diag_of_matrix", lambda x: torch.diag(x, -1), (3, 3)),
]

# Name, value; made from nothing.
CREATED = [
    ("linspace", torch.linspace(-1, 2, 7, dtype=torch.float64)),
    ("linspace_one", torch.linspace(3, 5, 1, dtype=torch.float64)),
    ("linspace_none", torch.linspace(3, 5, 0, dtype=torch.float64)),
    ("linspace_even", torch.linspace(5, -4, 6, dtype=torch.float64)),
    ("arange", torch.arange(1, 2.5, 0.3, dtype=torch.float64)),
    ("arange_down", torch.arange(5, 1, -2)),
    ("eye", torch.eye(3, dtype=torch.float64)),
    ("eye_wide", torch.eye(2, 3, dtype=torch.int64)),
]


def cases():
    names = "abc"
    for equation, *shapes in EQUATIONS:
        inputs = {names[i]: spread(*shape, seed=i) for i, shape in enumerate(shapes)}
        yield f"einsum:{equation}", lambda equation=equation, **given: torch.einsum(equation, *given.values()), inputs
    for name, function, shape in MOVES:
        yield name, function, {"x": spread(*shape)}
    for indexing in ("ij", "xy"):
        yield (
            f"meshgrid_{indexing}",
            lambda a, b, c, indexing=indexing: torch.meshgrid(a, b, c, indexing=indexing),
            {"a": spread(2), "b": spread(3, seed=1), "c": spread(2, seed=2)},
        )
    for name, value in CREATED:
        yield name, lambda x, value=value: value, {"x": integers(0)}
