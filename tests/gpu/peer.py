#!/usr/bin/env python3
"""The workloads of tests/bench/peer.py on a CUDA device: a JSON line for each.

Needs PyTorch with CUDA. Products are computed in float32, without TF32, as the Vulkan backend does.
"median" is what a caller waits for, "device" the time between two events around the call.
"""

import importlib.util
import json
import pathlib
import sys
import time

import torch

spec = importlib.util.spec_from_file_location(
    "peer", pathlib.Path(__file__).resolve().parent.parent / "bench" / "peer.py")
peer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peer)


def median(values):
    return sorted(values)[len(values) // 2]


def timed(call):
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start = time.perf_counter()
    begin.record()
    call()
    end.record()
    torch.cuda.synchronize()
    return time.perf_counter() - start, begin.elapsed_time(end) / 1e3


def main():
    if not torch.cuda.is_available():
        sys.exit("peer.py: this PyTorch sees no CUDA device")
    torch.set_default_device("cuda")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(1)
    for name in sys.argv[1:] or peer.WORKLOADS:
        call, flops, size = peer.WORKLOADS[name]()
        runs = [timed(call) for _ in range(23)][3:]
        wall = median([run[0] for run in runs])
        print(json.dumps({
            "workload": name,
            "backend": f"torch {torch.__version__} cuda",
            "median": wall,
            "device": median([run[1] for run in runs]),
            "gflops": flops / wall / 1e9 if flops else None,
            "gb_per_s": size / wall / 1e9 if size else None,
        }), flush=True)


if __name__ == "__main__":
    main()
