#include "instructions.h"

#include <math.h>
#include <string.h>

uint32_t size_of_type(uint32_t dtype) {
  return dtype == ASG_I64                       ? 8
         : dtype == ASG_F32 || dtype == ASG_I32 ? 4
         : dtype == ASG_BOOL                    ? 1
                                                : 0;
}

/* clang-format off */
/* A loop over the elements; `expression` sees x[i] and y[i], those of a and b. */
#define EACH(R, A, expression)                     \
  do {                                             \
    const A *x = a, *y = b;                        \
    R* to = r;                                     \
    (void)y;                                       \
    for (int64_t i = 0; i < n; ++i) to[i] = (expression); \
    return true;                                   \
  } while (0)
#define ARGUMENTS int64_t n, void *r, const void *a, const void *b
/* A NaN gives NaN; of equal ones, 0 and -0 too, the first. */
#define LARGER(x, y) ((x) != (x) || (x) == (y) || (y) < (x) ? (x) : (y))
#define SMALLER(x, y) ((x) != (x) || (x) == (y) || (x) < (y) ? (x) : (y))

static bool compute_f32(uint32_t opcode, ARGUMENTS) {
  switch (opcode) {
    case ASG_EW_NEG: EACH(float, float, -x[i]);
    case ASG_EW_ABS: EACH(float, float, fabsf(x[i]));
    case ASG_EW_SIGN: EACH(float, float, x[i] > 0 ? 1 : x[i] < 0 ? -1 : x[i]);
    case ASG_EW_FLOOR: EACH(float, float, floorf(x[i]));
    case ASG_EW_CEIL: EACH(float, float, ceilf(x[i]));
    case ASG_EW_ROUND: EACH(float, float, nearbyintf(x[i]));
    case ASG_EW_EXP: EACH(float, float, expf(x[i]));
    case ASG_EW_LOG: EACH(float, float, logf(x[i]));
    case ASG_EW_SQRT: EACH(float, float, sqrtf(x[i]));
    case ASG_EW_RSQRT: EACH(float, float, 1 / sqrtf(x[i]));
    case ASG_EW_SIN: EACH(float, float, sinf(x[i]));
    case ASG_EW_COS: EACH(float, float, cosf(x[i]));
    case ASG_EW_TANH: EACH(float, float, tanhf(x[i]));
    case ASG_EW_ADD: EACH(float, float, x[i] + y[i]);
    case ASG_EW_SUB: EACH(float, float, x[i] - y[i]);
    case ASG_EW_MUL: EACH(float, float, x[i] * y[i]);
    case ASG_EW_DIV: EACH(float, float, x[i] / y[i]);
    case ASG_EW_POW: EACH(float, float, powf(x[i], y[i]));
    case ASG_EW_MAX: EACH(float, float, LARGER(x[i], y[i]));
    case ASG_EW_MIN: EACH(float, float, SMALLER(x[i], y[i]));
    default: return false;
  }
}

/* Integers wrap: what may overflow is computed without a sign. */
#define INTEGER(NAME, T, U)                                                              \
  static bool NAME(uint32_t opcode, ARGUMENTS) {                                         \
    switch (opcode) {                                                                    \
      case ASG_EW_NEG: EACH(T, T, (T)(0 - (U)x[i]));                                     \
      case ASG_EW_ABS: EACH(T, T, x[i] < 0 ? (T)(0 - (U)x[i]) : x[i]);                   \
      case ASG_EW_SIGN: EACH(T, T, (x[i] > 0) - (x[i] < 0));                             \
      case ASG_EW_ADD: EACH(T, T, (T)((U)x[i] + (U)y[i]));                               \
      case ASG_EW_SUB: EACH(T, T, (T)((U)x[i] - (U)y[i]));                               \
      case ASG_EW_MUL: EACH(T, T, (T)((U)x[i] * (U)y[i]));                               \
      case ASG_EW_DIV:                                                                   \
        EACH(T, T, y[i] == 0 ? 0 : y[i] == -1 ? (T)(0 - (U)x[i]) : x[i] / y[i]);         \
      case ASG_EW_MAX: EACH(T, T, x[i] < y[i] ? y[i] : x[i]);                            \
      case ASG_EW_MIN: EACH(T, T, y[i] < x[i] ? y[i] : x[i]);                            \
      default: return false;                                                             \
    }                                                                                    \
  }
INTEGER(compute_i32, int32_t, uint32_t)
INTEGER(compute_i64, int64_t, uint64_t)

static bool compute_bool(uint32_t opcode, ARGUMENTS) {
  switch (opcode) {
    case ASG_EW_NOT: EACH(uint8_t, uint8_t, !x[i]);
    case ASG_EW_AND: case ASG_EW_MIN: EACH(uint8_t, uint8_t, x[i] && y[i]);
    case ASG_EW_OR: case ASG_EW_MAX: EACH(uint8_t, uint8_t, x[i] || y[i]);
    case ASG_EW_XOR: EACH(uint8_t, uint8_t, x[i] != y[i]);
    default: return false;
  }
}

/* The same for every type T of the operands. */
#define COMPARISON(NAME, T)                              \
  static bool NAME(uint32_t opcode, ARGUMENTS) {         \
    switch (opcode) {                                    \
      case ASG_EW_EQ: EACH(uint8_t, T, x[i] == y[i]);    \
      case ASG_EW_NE: EACH(uint8_t, T, x[i] != y[i]);    \
      case ASG_EW_LT: EACH(uint8_t, T, x[i] < y[i]);     \
      case ASG_EW_LE: EACH(uint8_t, T, x[i] <= y[i]);    \
      case ASG_EW_GT: EACH(uint8_t, T, x[i] > y[i]);     \
      case ASG_EW_GE: EACH(uint8_t, T, x[i] >= y[i]);    \
      default: return false;                             \
    }                                                    \
  }
COMPARISON(compare_f32, float)
COMPARISON(compare_i32, int32_t)
COMPARISON(compare_i64, int64_t)
COMPARISON(compare_bool, uint8_t)

/* Toward zero; what the integer type lacks becomes its nearest end, and a NaN 0. */
static int32_t to_i32(float x) {
  return x != x ? 0 : x >= 2147483648.0f ? INT32_MAX : x < -2147483648.0f ? INT32_MIN : (int32_t)x;
}
static int64_t to_i64(float x) {
  const float end = 9223372036854775808.0f;
  return x != x ? 0 : x >= end ? INT64_MAX : x < -end ? INT64_MIN : (int64_t)x;
}
#define CAST(NAME, T, TO_I32, TO_I64)                       \
  static bool NAME(uint32_t dtype, ARGUMENTS) {             \
    switch (dtype) {                                        \
      case ASG_F32: EACH(float, T, (float)x[i]);            \
      case ASG_I32: EACH(int32_t, T, TO_I32(x[i]));         \
      case ASG_I64: EACH(int64_t, T, TO_I64(x[i]));         \
      case ASG_BOOL: EACH(uint8_t, T, x[i] != 0);           \
      default: return false;                                \
    }                                                       \
  }
CAST(cast_f32, float, to_i32, to_i64)
CAST(cast_i32, int32_t, (int32_t), (int64_t))
CAST(cast_i64, int64_t, (int32_t), (int64_t))
CAST(cast_bool, uint8_t, (int32_t), (int64_t))
/* clang-format on */

/* Bits are chosen, whatever they mean. */
static bool choose(uint32_t size, int64_t n, void* r, const uint8_t* which, const void* a,
                   const void* b) {
  switch (size) {
    case 1:
      EACH(uint8_t, uint8_t, which[i] ? x[i] : y[i]);
    case 4:
      EACH(uint32_t, uint32_t, which[i] ? x[i] : y[i]);
    case 8:
      EACH(uint64_t, uint64_t, which[i] ? x[i] : y[i]);
    default:
      return false;
  }
}

static bool is_finite(int64_t n, void* r, const void* a) {
  const void* b = a;
  EACH(uint8_t, float, isfinite(x[i]) != 0);
}

bool compute(uint32_t opcode, uint32_t dtype, uint32_t operand, int64_t n, void* r, const void* a,
             const void* b, const void* c) {
  if (opcode == ASG_EW_WHERE) return choose(size_of_type(dtype), n, r, a, b, c);
  if (opcode == ASG_EW_IS_FINITE) return dtype == ASG_BOOL && is_finite(n, r, a);
  /* Each by the type of what it reads: f32, i32, i64, bool. */
  typedef bool code(uint32_t, int64_t, void*, const void*, const void*);
  static code* const casts[] = {cast_f32, cast_i32, cast_i64, cast_bool};
  static code* const comparisons[] = {compare_f32, compare_i32, compare_i64, compare_bool};
  static code* const others[] = {compute_f32, compute_i32, compute_i64, compute_bool};
  const bool is_cast = opcode == ASG_EW_CAST;
  const bool compares = opcode >= ASG_EW_EQ && opcode <= ASG_EW_GE;
  const uint32_t read = is_cast || compares ? operand : dtype;
  const int type = read == ASG_F32 ? 0 : read == ASG_I32 ? 1 : read == ASG_I64 ? 2 : 3;
  if (size_of_type(read) == 0) return false;
  if (is_cast) return casts[type](dtype, n, r, a, b);
  return (compares ? comparisons : others)[type](opcode, n, r, a, b);
}

uint32_t combining_opcode(uint32_t reduction) {
  static const uint32_t opcodes[] = {0,          ASG_EW_ADD, ASG_EW_MUL, ASG_EW_MAX,
                                     ASG_EW_MIN, ASG_EW_OR,  ASG_EW_AND};
  return reduction <= ASG_REDUCE_ALL ? opcodes[reduction] : 0;
}

uint64_t neutral_bits(uint32_t reduction, uint32_t dtype) {
  const bool largest = reduction == ASG_REDUCE_MIN, smallest = reduction == ASG_REDUCE_MAX;
  const bool one = reduction == ASG_REDUCE_PROD || reduction == ASG_REDUCE_ALL;
  const float f = smallest ? -INFINITY : largest ? INFINITY : one ? 1.0f : 0.0f;
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  if (dtype == ASG_F32) return bits;
  if (dtype == ASG_I32) return smallest ? 0x80000000u : largest ? INT32_MAX : one;
  if (dtype == ASG_I64) return smallest ? (uint64_t)INT64_MIN : largest ? INT64_MAX : one;
  return largest || one;
}

#define COPY(T) \
  for (int64_t i = 0; i < n; ++i) ((T*)to)[i * to_step] = ((const T*)from)[i * from_step]
void copy_elements(uint32_t size, int64_t n, void* to, int64_t to_step, const void* from,
                   int64_t from_step) {
  if (size == 1) COPY(uint8_t);
  if (size == 4) COPY(uint32_t);
  if (size == 8) COPY(uint64_t);
}
