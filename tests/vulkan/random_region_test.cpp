// The random regions of the CPU backend's tests, fewer of them: each needs shaders of its own.
#define ASG_SEED_SHARE 10
#include "pair.hpp"
//
#include "cpu/random_region_test.cpp"
