#include "region/instructions.hpp"

#include <cmath>
#include <cstring>

#include <asg/sdk/shift.hpp>

#include "arithmetic.hpp"
#include "kernel.hpp"

namespace asg::reference {
namespace {

template <class R, class A, class F>
Instruction unary(F) {
  return [](const Operands& x) {
    auto* r = static_cast<R*>(x.result);
    auto* a = static_cast<const A*>(x.a);
    for (int64_t i = 0; i < x.count; ++i) r[i] = F{}(a[i]);
  };
}
template <class R, class A, class F>
Instruction binary(F) {
  return [](const Operands& x) {
    auto* r = static_cast<R*>(x.result);
    auto* a = static_cast<const A*>(x.a);
    auto* b = static_cast<const A*>(x.b);
    for (int64_t i = 0; i < x.count; ++i) r[i] = F{}(a[i], b[i]);
  };
}

// float32 is computed in float64 and rounded once: closer to the true value than any float32
// library, which is what a reference is for.
template <Float T>
Instruction find_float(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_FLOOR:
      return unary<T, T>([](T a) { return std::floor(a); });
    case ASG_EW_CEIL:
      return unary<T, T>([](T a) { return std::ceil(a); });
    case ASG_EW_ROUND:
      return unary<T, T>([](T a) { return std::nearbyint(a); });
    case ASG_EW_EXP:
      return unary<T, T>([](T a) { return static_cast<T>(std::exp(static_cast<double>(a))); });
    case ASG_EW_LOG:
      return unary<T, T>([](T a) { return static_cast<T>(std::log(static_cast<double>(a))); });
    case ASG_EW_SQRT:
      return unary<T, T>([](T a) { return std::sqrt(a); });
    case ASG_EW_RSQRT:
      return unary<T, T>(
          [](T a) { return static_cast<T>(1.0 / std::sqrt(static_cast<double>(a))); });
    case ASG_EW_SIN:
      return unary<T, T>([](T a) { return static_cast<T>(std::sin(static_cast<double>(a))); });
    case ASG_EW_COS:
      return unary<T, T>([](T a) { return static_cast<T>(std::cos(static_cast<double>(a))); });
    case ASG_EW_TANH:
      return unary<T, T>([](T a) { return static_cast<T>(std::tanh(static_cast<double>(a))); });
    case ASG_EW_ERF:
      return unary<T, T>([](T a) { return static_cast<T>(std::erf(static_cast<double>(a))); });
    case ASG_EW_EXPM1:
      return unary<T, T>([](T a) { return static_cast<T>(std::expm1(static_cast<double>(a))); });
    case ASG_EW_LOG1P:
      return unary<T, T>([](T a) { return static_cast<T>(std::log1p(static_cast<double>(a))); });
    default:
      return nullptr;
  }
}

template <Integer T>
Instruction find_integer(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_BIT_AND:
      return binary<T, T>([](T a, T b) { return static_cast<T>(a & b); });
    case ASG_EW_BIT_OR:
      return binary<T, T>([](T a, T b) { return static_cast<T>(a | b); });
    case ASG_EW_BIT_XOR:
      return binary<T, T>([](T a, T b) { return static_cast<T>(a ^ b); });
    case ASG_EW_SHIFT_LEFT:
      return binary<T, T>([](T a, T b) { return sdk::shift_left(a, b); });
    case ASG_EW_SHIFT_RIGHT:
      return binary<T, T>([](T a, T b) { return sdk::shift_right(a, b); });
    default:
      return nullptr;
  }
}

template <Number T>
Instruction find_number(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_NEG:
      return unary<T, T>([](T a) { return negate(a); });
    case ASG_EW_ABS:
      return unary<T, T>([](T a) {
        if constexpr (Float<T>)
          return std::fabs(a);
        else
          return a < T{0} ? negate(a) : a;
      });
    case ASG_EW_SIGN:
      return unary<T, T>([](T a) { return a > T{0} ? T{1} : a < T{0} ? static_cast<T>(-1) : a; });
    case ASG_EW_ADD:
      return binary<T, T>([](T a, T b) { return add(a, b); });
    case ASG_EW_SUB:
      return binary<T, T>([](T a, T b) { return subtract(a, b); });
    case ASG_EW_MUL:
      return binary<T, T>([](T a, T b) { return multiply(a, b); });
    case ASG_EW_DIV:
      return binary<T, T>([](T a, T b) { return divide(a, b); });
    case ASG_EW_REM:
      return binary<T, T>([](T a, T b) { return remainder(a, b); });
    case ASG_EW_POW:
      return binary<T, T>([](T a, T b) { return power(a, b); });
    default:
      break;
  }
  if constexpr (Float<T>)
    return find_float<T>(opcode);
  else
    return find_integer<T>(opcode);
}

Instruction find_bool(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_NOT:
      return unary<bool, bool>([](bool a) { return !a; });
    case ASG_EW_AND:
      return binary<bool, bool>([](bool a, bool b) { return a && b; });
    case ASG_EW_OR:
      return binary<bool, bool>([](bool a, bool b) { return a || b; });
    case ASG_EW_XOR:
      return binary<bool, bool>([](bool a, bool b) { return a != b; });
    default:
      return nullptr;
  }
}

template <class T>
Instruction find_comparison(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_EQ:
      return binary<bool, T>([](T a, T b) { return a == b; });
    case ASG_EW_NE:
      return binary<bool, T>([](T a, T b) { return a != b; });
    case ASG_EW_LT:
      return binary<bool, T>([](T a, T b) { return a < b; });
    case ASG_EW_LE:
      return binary<bool, T>([](T a, T b) { return a <= b; });
    case ASG_EW_GT:
      return binary<bool, T>([](T a, T b) { return a > b; });
    default:
      return binary<bool, T>([](T a, T b) { return a >= b; });
  }
}

template <class T>
Instruction find_any(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_MAX:
      return binary<T, T>([](T a, T b) { return maximum(a, b); });
    case ASG_EW_MIN:
      return binary<T, T>([](T a, T b) { return minimum(a, b); });
    case ASG_EW_WHERE:
      return [](const Operands& x) {
        auto* r = static_cast<T*>(x.result);
        auto* a = static_cast<const bool*>(x.a);
        auto* b = static_cast<const T*>(x.b);
        auto* c = static_cast<const T*>(x.c);
        for (int64_t i = 0; i < x.count; ++i) r[i] = a[i] ? b[i] : c[i];
      };
    default:
      break;
  }
  if constexpr (Number<T>)
    return find_number<T>(opcode);
  else
    return find_bool(opcode);
}

Instruction find_cast(uint32_t to, uint32_t from) {
  return dispatch(to, [&](auto r) {
    return dispatch(from, [&](auto a) -> Instruction {
      using R = decltype(r);
      using A = decltype(a);
      return unary<R, A>([](A x) { return cast<R>(x); });
    });
  });
}

Instruction find_bitcast(uint32_t to, uint32_t from) {
  // Arbitrary bits are no bool.
  if (to == ASG_BOOL || sdk::dtype_size(to) != sdk::dtype_size(from)) return nullptr;
  return dispatch(to, [](auto r) -> Instruction {
    return [](const Operands& x) {
      std::memcpy(x.result, x.a, static_cast<std::size_t>(x.count) * sizeof(r));
    };
  });
}

}  // namespace

Instruction find_instruction(uint32_t opcode, uint32_t dtype, uint32_t operand_dtype) {
  if (opcode == ASG_EW_CAST) return find_cast(dtype, operand_dtype);
  if (opcode == ASG_EW_BITCAST) return find_bitcast(dtype, operand_dtype);
  if (opcode == ASG_EW_IS_FINITE) {
    if (operand_dtype == ASG_F32)
      return unary<bool, float>([](float a) { return std::isfinite(a); });
    if (operand_dtype == ASG_F64)
      return unary<bool, double>([](double a) { return std::isfinite(a); });
    return nullptr;
  }
  const bool compares = sdk::is_comparison(opcode);
  return dispatch(compares ? operand_dtype : dtype, [&](auto zero) {
    using T = decltype(zero);
    return compares ? find_comparison<T>(opcode) : find_any<T>(opcode);
  });
}

}  // namespace asg::reference
