"""Triangular systems and Cholesky factors."""
import torch

import record


def spread(*shape, seed=0):
    """Numbers of few digits."""
    return (record.spread(*shape, low=-1, high=1, seed=seed) * 64).round() / 64


def square(*shape, seed=0):
    """Matrices with a diagonal far from 0."""
    return spread(*shape, seed=seed) + 2 * torch.eye(shape[-1], dtype=torch.float64)


def symmetric(*shape):
    x = square(*shape)
    return x @ x.mT


def cases():
    for name, a, b, how in [
        ("lower", (3, 3), (3, 2), dict(upper=False)),
        ("upper", (2, 3, 3), (2, 3, 1), dict(upper=True)),
        ("left_unit", (4, 4), (4, 2), dict(upper=False, unitriangular=True)),
        ("right_lower", (3, 3), (2, 3), dict(upper=False, left=False)),
        ("right_upper_unit", (3, 3), (2, 3), dict(upper=True, left=False, unitriangular=True)),
        ("broadcast", (2, 1, 2, 2), (3, 2, 2), dict(upper=True)),
    ]:
        yield f"solve_triangular_{name}", lambda a, b, how=how: torch.linalg.solve_triangular(a, b, **how), {
            "a": square(*a), "b": spread(*b, seed=1)}
    yield "cholesky_lower", lambda a: torch.linalg.cholesky(a), {"a": symmetric(4, 4)}
    yield "cholesky_upper", lambda a: torch.linalg.cholesky(a, upper=True), {"a": symmetric(2, 3, 3)}
    yield "cholesky_solves", lambda a, b: torch.cholesky_solve(b, torch.linalg.cholesky(a)), {
        "a": symmetric(3, 3), "b": spread(3, 2, seed=1)}
