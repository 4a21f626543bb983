#!/usr/bin/env python3
"""Records what PyTorch computes, so that the tests need no PyTorch.

    tests/pytorch/record.py [FAMILY...]     all families unless named

FAMILY.py here has a function cases() which yields (name, function, inputs): what to call, and a
dict of tensors that are passed by name.  FAMILY.txt then holds for each case the inputs, the
outputs, and for every floating-point input that the outputs depend on the gradient of the sum of
all outputs, each multiplied by its cotangent, a spread of numbers from -1 to 1.5 that the tests know.
Everything is float64 unless a case's inputs are integers or bools.
"""
import importlib
import pathlib
import sys

import torch

sys.dont_write_bytecode = True

HERE = pathlib.Path(__file__).parent
TYPES = {torch.float64: "f64", torch.int64: "i64", torch.int32: "i32", torch.bool: "bool"}


def spread(*shape, low=-2.0, high=2.0, seed=0):
    """Irregular numbers, no two of them equal; the same on every machine."""
    count = 1
    for size in shape:
        count *= size
    golden = 0.6180339887498949
    values = [low + (high - low) * (((i + 1) * golden + seed * 0.137) % 1.0) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def noise(name, *shape):
    """Numbers in [-0.5, 0.5) that depend on the name: a linear congruential generator."""
    state = 0
    for letter in name:
        state = (state * 31 + ord(letter)) % 2**32
    values = []
    for _ in range(torch.Size(shape).numel()):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state / 2**32 - 0.5)
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def integers(*values, shape=None, dtype=torch.int64):
    tensor = torch.tensor(values, dtype=dtype)
    return tensor if shape is None else tensor.reshape(shape)


def line(kind, name, tensor):
    values = " ".join(repr(v) for v in tensor.detach().reshape(-1).tolist())
    values = values.replace("True", "1").replace("False", "0")
    shape = " ".join(str(size) for size in tensor.shape)
    return f"{kind} {name} {TYPES[tensor.dtype]} {tensor.dim()} {shape} {values}".replace("  ", " ")


def record(name, function, inputs):
    lines = [f"case {name}"]
    arguments = {}
    for key, tensor in inputs.items():
        arguments[key] = tensor.clone().requires_grad_(tensor.is_floating_point())
        lines.append(line("input", key, tensor))
    outputs = function(**arguments)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    total = 0
    for k, output in enumerate(outputs):
        lines.append(line("output", str(k), output))
        if output.is_floating_point() and output.requires_grad:
            cotangent = spread(*output.shape, low=-1, high=1.5, seed=k + 1)
            lines.append(f"cotangent {k}")
            total = total + (output * cotangent).sum()
    if torch.is_tensor(total):
        total.backward()
    for key, tensor in arguments.items():
        if tensor.grad is not None:
            lines.append(line("gradient", key, tensor.grad))
    return lines


def main():
    families = sys.argv[1:] or sorted(p.stem for p in HERE.glob("*.py") if p.stem != "record")
    sys.path.insert(0, str(HERE))
    for family in families:
        lines = []
        for name, function, inputs in importlib.import_module(family).cases():
            torch.manual_seed(1)
            lines += record(name, function, inputs)
        (HERE / f"{family}.txt").write_text("\n".join(lines) + "\n")
        print(f"{family}: {sum(l.startswith('case ') for l in lines)} cases")


if __name__ == "__main__":
    main()
