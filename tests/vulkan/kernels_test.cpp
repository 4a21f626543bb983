// The kernels of the CPU backend's tests, on the same random shapes and strides.
#define ASG_SEED_SHARE 10
#include "pair.hpp"
//
#include "cpu/kernels_test.cpp"
