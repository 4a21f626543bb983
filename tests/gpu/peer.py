#!/usr/bin/env python3
"""The workloads of tests/bench/peer.py on a CUDA device: a JSON line for each.

Needs PyTorch with CUDA. Products are computed in float32, without TF32, as the Vulkan backend does.
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


def main():
    if not torch.cuda.is_available():
        sys.exit("peer.py: this PyTorch sees no CUDA device")
    torch.set_default_device("cuda")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(1)
    for name in sys.argv[1:] or peer.WORKLOADS:
        call, flops, size = peer.WORKLOADS[name]()
        times = []
        for run in range(23):
            torch.cuda.synchronize()
            begin = time.perf_counter()
            call()
            torch.cuda.synchronize()
            if run >= 3:
                times.append(time.perf_counter() - begin)
        median = sorted(times)[len(times) // 2]
        print(json.dumps({
            "workload": name,
            "backend": f"torch {torch.__version__} cuda",
            "median": median,
            "gflops": flops / median / 1e9 if flops else None,
            "gb_per_s": size / median / 1e9 if size else None,
        }), flush=True)


if __name__ == "__main__":
    main()
