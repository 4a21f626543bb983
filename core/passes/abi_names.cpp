#include "passes/abi_names.hpp"

#include <cstddef>

#include <fmt/format.h>

#include <asg/sdk/backend.h>

namespace asg::abi {
namespace {

struct Name {
  std::uint32_t number;
  const char* text;
  std::uint32_t opset = 1;
};

constexpr Name ops[] = {{ASG_OP_REGION, "region"},  {ASG_OP_MATMUL, "matmul"},
                        {ASG_OP_GATHER, "gather"},  {ASG_OP_SCATTER, "scatter"},
                        {ASG_OP_FOLD, "fold"},      {ASG_OP_ARG_REDUCE, "arg_reduce"},
                        {ASG_OP_SORT, "sort"},      {ASG_OP_CUMULATIVE, "cumulative"},
                        {ASG_OP_CLAIMED, "claimed"}};

constexpr Name instructions[] = {{ASG_EW_LOAD, "load"},
                                 {ASG_EW_IMM, "imm"},
                                 {ASG_EW_REDUCED, "reduced"},
                                 {ASG_EW_IOTA, "iota"},
                                 {ASG_EW_RANDOM, "random"},
                                 {ASG_EW_CAST, "cast"},
                                 {ASG_EW_BITCAST, "bitcast"},
                                 {ASG_EW_WHERE, "where"},
                                 {ASG_EW_PRODUCT, "product"},
                                 {ASG_EW_NEG, "neg"},
                                 {ASG_EW_ABS, "abs"},
                                 {ASG_EW_SIGN, "sign"},
                                 {ASG_EW_FLOOR, "floor"},
                                 {ASG_EW_CEIL, "ceil"},
                                 {ASG_EW_ROUND, "round"},
                                 {ASG_EW_EXP, "exp"},
                                 {ASG_EW_LOG, "log"},
                                 {ASG_EW_SQRT, "sqrt"},
                                 {ASG_EW_RSQRT, "rsqrt"},
                                 {ASG_EW_SIN, "sin"},
                                 {ASG_EW_COS, "cos"},
                                 {ASG_EW_TANH, "tanh"},
                                 {ASG_EW_NOT, "not"},
                                 {ASG_EW_IS_FINITE, "is_finite"},
                                 {ASG_EW_ERF, "erf"},
                                 {ASG_EW_EXPM1, "expm1"},
                                 {ASG_EW_LOG1P, "log1p"},
                                 {ASG_EW_ADD, "add"},
                                 {ASG_EW_SUB, "sub"},
                                 {ASG_EW_MUL, "mul"},
                                 {ASG_EW_DIV, "div"},
                                 {ASG_EW_REM, "rem"},
                                 {ASG_EW_POW, "pow"},
                                 {ASG_EW_MAX, "max"},
                                 {ASG_EW_MIN, "min"},
                                 {ASG_EW_EQ, "eq"},
                                 {ASG_EW_NE, "ne"},
                                 {ASG_EW_LT, "lt"},
                                 {ASG_EW_LE, "le"},
                                 {ASG_EW_GT, "gt"},
                                 {ASG_EW_GE, "ge"},
                                 {ASG_EW_AND, "and"},
                                 {ASG_EW_OR, "or"},
                                 {ASG_EW_XOR, "xor"},
                                 {ASG_EW_BIT_AND, "bit_and"},
                                 {ASG_EW_BIT_OR, "bit_or"},
                                 {ASG_EW_BIT_XOR, "bit_xor"},
                                 {ASG_EW_SHIFT_LEFT, "shift_left"},
                                 {ASG_EW_SHIFT_RIGHT, "shift_right"}};

constexpr Name reductions[] = {{ASG_REDUCE_SUM, "sum"}, {ASG_REDUCE_PROD, "prod"},
                               {ASG_REDUCE_MAX, "max"}, {ASG_REDUCE_MIN, "min"},
                               {ASG_REDUCE_ANY, "any"}, {ASG_REDUCE_ALL, "all"}};

template <std::size_t count>
std::string find(const Name (&names)[count], std::uint32_t number, const char* what) {
  for (const Name& name : names)
    if (name.number == number) return name.text;
  return fmt::format("{}#{}", what, number);
}

template <std::size_t count>
std::uint32_t opset_in(const Name (&names)[count], std::uint32_t number) {
  for (const Name& name : names)
    if (name.number == number) return name.opset;
  return ASG_OPSET;
}

}  // namespace

std::uint32_t op_opset(std::uint32_t op) { return opset_in(ops, op); }
std::uint32_t instruction_opset(std::uint32_t instruction) {
  return opset_in(instructions, instruction);
}
std::uint32_t reduction_opset(std::uint32_t reduction) { return opset_in(reductions, reduction); }

std::string op_name(std::uint32_t op) { return find(ops, op, "op"); }
std::string instruction_name(std::uint32_t instruction) {
  return find(instructions, instruction, "instruction");
}
std::string reduction_name(std::uint32_t reduction) {
  return find(reductions, reduction, "reduction");
}

}  // namespace asg::abi
