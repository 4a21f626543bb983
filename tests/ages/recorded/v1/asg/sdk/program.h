/* asg/sdk/program.h - what a plugin compiles: slots, values, steps, regions and their instructions.
 * C11 and C++17, no dependencies.  asg/sdk/backend.h includes it.
 */
#ifndef ASG_SDK_PROGRAM_H_
#define ASG_SDK_PROGRAM_H_

#include <asg/sdk/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ program */

/* Steps.  Numbers are explicit, append-only and never reused; a change of meaning is a new
 * number.  Everything that computes element by element, moves elements affinely or reduces
 * arrives as ASG_OP_REGION, fused or alone; the others are these kernels.
 *
 * MATMUL      a [..., M, K], b [..., K, N] -> [..., M, N].  All three have the same rank and the
 *             same batch axes; a broadcast batch axis has stride 0.  M, N or K may be 0 (K = 0
 *             gives zeros).  With a region (its epilogue) the product itself is not stored: the
 *             region, one phase over the product's axes without reductions, gets its elements
 *             by ASG_EW_PRODUCT; the step's inputs after a and b are what the region loads, its
 *             outputs what it stores.
 * GATHER      x, indices (I32 or I64) -> y.  Attributes axis, batch_dims (<= axis): the first
 *             batch_dims axes of x and indices run together;
 *             y.shape = x.shape[:axis] + indices.shape[batch_dims:] + x.shape[axis+1:],
 *             y[b, p, i, q] = x[b, p, indices[b, i], q].  An index outside [0, x.shape[axis])
 *             is ASG_INVALID_ARGUMENT with the index and the extent in the message.
 * SCATTER     x, indices, updates -> y.  Attributes axis, batch_dims, mode ("set", "add", "max",
 *             "min").  y = x, then for every element of updates (shaped as GATHER's result) in
 *             row-major order y[b, p, indices[b, i], q] = mode(y[...], updates[b, p, i, q]).
 *             Same index rule.  The result must not depend on the number of threads.
 * FOLD        x [..., O1..On, K1..Kn] -> y [..., S1..Sn], the adjoint of unfold: attributes
 *             strides, dilations, pads (n leading pads): y[.., s] is the sum of the x[.., o, k]
 *             with o*stride + k*dilation - pad = s.
 * ARG_REDUCE  x -> y (I64), axis removed.  Attributes axis, mode ("max", "min").  The first of
 *             equal elements wins; a NaN wins over every number.
 * SORT        x -> sorted x, I64 positions.  Attributes axis, descending (0/1).  Stable; NaN is largest.
 * CUMULATIVE  x -> y.  Attributes axis, mode ("sum", "prod", "max"), exclusive (begins with the
 *             neutral element), reverse.
 * CLAIMED     a composite op that the plugin accepted in `claim`; `name` and attributes say
 *             which.
 *
 * Outputs of steps that are no region are row-major and overlap no input and no other output
 * (CLAIMED: unless the reply asked for other strides).  All of these are of opset 1.
 */
#define ASG_OP_REGION 1u
#define ASG_OP_MATMUL 2u
#define ASG_OP_GATHER 3u
#define ASG_OP_SCATTER 4u
#define ASG_OP_FOLD 5u
#define ASG_OP_ARG_REDUCE 6u
#define ASG_OP_SORT 7u
#define ASG_OP_CUMULATIVE 8u
#define ASG_OP_CLAIMED 9u

#define ASG_SLOT_ARENA 1u  /* the planned scratch block; contents undefined before a run     */
#define ASG_SLOT_INPUT 2u  /* only read                                                      */
#define ASG_SLOT_OUTPUT 3u
#define ASG_SLOT_STATE 4u  /* parameters, optimiser state: read and written                  */
#define ASG_SLOT_CONST 5u  /* host_data holds the bytes during compile; the plugin keeps them */

typedef struct asg_slot { /* one buffer binding of the program                               */
  uint32_t role, reserved;
  uint64_t size;          /* bytes                                                           */
  uint64_t alignment;     /* of where it is bound in a buffer, in bytes                      */
  const void* host_data;
  const char* name;
} asg_slot;

typedef struct asg_value { /* a tensor: where it lives and what shape it has                 */
  uint32_t dtype, rank;
  int64_t shape[ASG_MAX_RANK];
  int64_t strides[ASG_MAX_RANK]; /* in elements; 0 broadcasts, negative allowed               */
  uint32_t slot;                 /* index into asg_program.slots                              */
  uint32_t reserved;
  uint64_t offset;               /* bytes from the start of the slot to element 0             */
  uint64_t extent_begin, extent_end; /* bytes of the slot it may touch: [begin, end)          */
} asg_value;

typedef struct asg_step { /* one kernel                                                      */
  uint32_t op;
  uint32_t stage;          /* within a stage no write overlaps any other access, arena reuse  */
  uint32_t n_inputs;       /* included: barriers are needed only where the stage changes      */
  uint32_t n_outputs;
  const uint32_t* inputs;  /* indices into asg_program.values; REGION: every value it loads   */
  const uint32_t* outputs; /* REGION: every value it stores                                   */
  asg_span attrs;          /* of asg_attr                                                     */
  uint32_t region;         /* REGION, MATMUL: 1 + index into asg_program.regions; else 0      */
  uint32_t scratch;        /* CLAIMED: 1 + index of the scratch value it asked for; else 0    */
  const char* name;        /* the op's name, for dumps, profiles and CLAIMED                  */
  const char* origin;      /* the user's module path and file:line, for messages              */
  asg_span bodies;         /* of asg_program: what a step of control flow runs.  No op of     */
} asg_step;                /* opset 1 has any; those to come have a bit of `features`         */

/* ------------------------------------------------------------------ regions
 *
 * A region is a loop nest over a domain of `rank` axes with sizes dims[], run in phases.  A
 * phase executes its instructions once for each point of the domain; it may reduce registers
 * over some of the axes, and later phases read the results as values constant over those axes.
 * Instruction k of the region defines register k (SSA, over all phases); a phase may use
 * registers of its own instructions only, and earlier reductions through ASG_EW_REDUCED.
 *
 * Example, softmax over the last axis of [R, C]:
 *   phase 0  r0 = LOAD x                                  reduction 0 = max(r0) over axis 1
 *   phase 1  r1 = LOAD x; r2 = REDUCED 0; r3 = r1 - r2; r4 = EXP r3
 *                                                         reduction 1 = sum(r4) over axis 1
 *   phase 2  r5..r8 as r1..r4; r9 = REDUCED 1; r10 = r8 / r9      store r10
 *
 * A store may overwrite bytes that the region loads when that load has the same map (offset and
 * strides, no bounds): each point is read before it is written.
 *
 * INSTANCES.  A region with instances runs once for each of them (one table, not many small
 * steps).  It has rank 1, one phase, no reductions, no bounds; instance i has instances[i].length
 * points (dims[0] is the largest length), and its access k touches the value instances[i].values[k].
 *
 * FIXED REDUCTION TREE.  Number the points of the reduced axes 0..R-1 in row-major order.  Cut
 * them into blocks of 4096.  In a block, point i is accumulated in lane i mod 16, lanes start
 * with the neutral element, and lanes are combined as lane[i] = lane[i] op lane[i + h] for
 * h = 8, 4, 2, 1.  Block results are combined pairwise: neighbours 0-1, 2-3, ...; an odd last
 * one passes on unchanged; repeated until one is left.  So no result depends on the number of
 * threads or the width of the machine's vectors.  A backend that cannot keep to the tree says
 * so by leaving ASG_CAP_FIXED_TREE out of its row.
 */

/* The point is inside when 0 <= base + sum(coef[d] * i[d]) < extent. */
typedef struct asg_bound {
  int64_t base;
  int64_t extent;
  int64_t coef[ASG_MAX_RANK];
} asg_bound;

/* Where a load or store of a region touches a value: element offset + sum(strides[d] * i[d]),
 * counted from the value's element 0 (the shape and strides of the value itself play no part).  A
 * load outside one of the bounds gives `fill`; a store outside is skipped. */
typedef struct asg_access {
  uint32_t value, reserved;
  int64_t offset;
  int64_t strides[ASG_MAX_RANK];
  asg_span bounds;         /* of asg_bound                                                    */
  uint64_t fill;           /* the element's bits, as those of IMM                             */
} asg_access;

/* Instructions.  `dtype` is that of the result; operands have the same one unless said.  Integer
 * arithmetic wraps.  Floats follow IEEE 754, round to nearest even, and are never contracted.  A
 * device with REGION rows has LOAD and IMM for every dtype of theirs, and REDUCED where it has
 * reductions and phases; everything else it may lack: the core composes what it can of what there
 * is and refuses the rest by name.  All opcodes are of opset 1. */
#define ASG_EW_LOAD 1u     /* element of access a                                             */
#define ASG_EW_IMM 2u      /* the constant whose bits are the low ones of the number imm      */
#define ASG_EW_REDUCED 3u  /* result of reduction a of an earlier phase                       */
#define ASG_EW_IOTA 4u     /* integer or float of access a's offset + sum(strides[d] * i[d])   */
#define ASG_EW_RANDOM 5u   /* U32 Philox4x32-10; a: I64 register seed, b: I64 register step,   */
                           /* c: access giving the element number n as in IOTA, imm: stream.   */
                           /* Word n mod 4 of the block with counter                           */
                           /* {lo(n / 4), lo(stream), hi(stream), lo(step)}, key {lo, hi(seed)} */
#define ASG_EW_CAST 6u     /* register a. To BOOL: != 0; float to integer: toward zero, saturating, NaN 0; */
#define ASG_EW_BITCAST 7u  /* (between integers the low bits).  BITCAST: a register of the same size */
#define ASG_EW_WHERE 8u    /* a (BOOL) ? b : c                                                 */
#define ASG_EW_PRODUCT 9u  /* element of the product, in an epilogue                           */
#define ASG_EW_NEG 16u
#define ASG_EW_ABS 17u
#define ASG_EW_SIGN 18u    /* -1, 0 or 1; of NaN NaN, of -0 -0                                 */
#define ASG_EW_FLOOR 19u
#define ASG_EW_CEIL 20u
#define ASG_EW_ROUND 21u   /* halves to even                                                   */
#define ASG_EW_EXP 22u
#define ASG_EW_LOG 23u
#define ASG_EW_SQRT 24u
#define ASG_EW_RSQRT 25u   /* 1 / sqrt(a)                                                      */
#define ASG_EW_SIN 26u
#define ASG_EW_COS 27u
#define ASG_EW_TANH 28u
#define ASG_EW_NOT 29u     /* BOOL                                                             */
#define ASG_EW_IS_FINITE 30u /* BOOL of a float register                                       */
#define ASG_EW_ERF 31u     /* ERF, EXPM1 and LOG1P are optional: without them the core         */
#define ASG_EW_EXPM1 32u   /* composes them of others                                          */
#define ASG_EW_LOG1P 33u
#define ASG_EW_ADD 48u
#define ASG_EW_SUB 49u
#define ASG_EW_MUL 50u
#define ASG_EW_DIV 51u     /* integers: toward zero; by 0 gives 0                              */
#define ASG_EW_REM 52u     /* C's fmod and %, sign of the dividend; integer by 0 gives 0       */
#define ASG_EW_POW 53u     /* C's pow; integers: b >= 0, wraps; b < 0 gives 0 (1 and -1 exact)  */
#define ASG_EW_MAX 54u     /* a NaN operand gives NaN; of equal ones, 0 and -0 too, a          */
#define ASG_EW_MIN 55u
#define ASG_EW_EQ 64u      /* result BOOL, operands of one dtype                               */
#define ASG_EW_NE 65u
#define ASG_EW_LT 66u
#define ASG_EW_LE 67u
#define ASG_EW_GT 68u
#define ASG_EW_GE 69u
#define ASG_EW_AND 70u     /* BOOL                                                             */
#define ASG_EW_OR 71u
#define ASG_EW_XOR 72u
#define ASG_EW_BIT_AND 80u /* integers                                                         */
#define ASG_EW_BIT_OR 81u
#define ASG_EW_BIT_XOR 82u
#define ASG_EW_SHIFT_LEFT 83u  /* by >= the width gives 0; b < 0 counts as that (shift.hpp)    */
#define ASG_EW_SHIFT_RIGHT 84u /* U32: zeros move in; signed: the sign, also by >= the width   */
#define ASG_EW_COUNT 128u  /* opcodes are below this; capability bit sets hold this many       */

typedef struct asg_inst {
  uint32_t op, dtype, a, b, c, reserved;
  uint64_t imm;
} asg_inst;

#define ASG_REDUCE_SUM 1u
#define ASG_REDUCE_PROD 2u
#define ASG_REDUCE_MAX 3u /* a NaN gives NaN; of nothing: -inf, the smallest integer, false    */
#define ASG_REDUCE_MIN 4u
#define ASG_REDUCE_ANY 5u /* BOOL                                                              */
#define ASG_REDUCE_ALL 6u

typedef struct asg_reduction {
  uint32_t kind;
  uint32_t dtype;  /* of source (a register), accumulator and result                          */
  uint32_t source;
  uint32_t axes;   /* mask: bit d set reduces domain axis d                                   */
} asg_reduction;

#define ASG_STORE_REGISTER 0u  /* of the store's phase, at each point of the domain             */
#define ASG_STORE_REDUCTION 1u /* at each point of the axes that the reduction keeps; its       */
                               /* access has stride 0 on the reduced axes                       */
typedef struct asg_store {
  uint32_t kind;
  uint32_t source; /* register or reduction                                                   */
  uint32_t access, reserved;
} asg_store;

/* Instructions [previous end, end) of each kind belong to the phase. */
typedef struct asg_phase {
  uint32_t insts_end, reductions_end, stores_end, reserved;
} asg_phase;

typedef struct asg_instance {
  int64_t length;
  const uint32_t* values; /* one for each access of the region                                */
} asg_instance;

typedef struct asg_region {
  uint32_t struct_size;
  uint32_t rank;
  int64_t dims[ASG_MAX_RANK];
  asg_span insts;      /* of asg_inst      */
  asg_span accesses;   /* of asg_access    */
  asg_span reductions; /* of asg_reduction */
  asg_span stores;     /* of asg_store     */
  asg_span phases;     /* of asg_phase     */
  asg_span instances;  /* of asg_instance; most regions have none */
} asg_region;

typedef struct asg_program { /* valid during the call only: copy what you keep               */
  uint32_t struct_size;
  uint32_t opset;          /* the highest that one of its ops, opcodes and dtypes is of: what */
                           /* it needs, not what the host knows                               */
  uint64_t features;       /* rule 9                                                          */
  asg_span slots;          /* of asg_slot                                                     */
  asg_span values;         /* of asg_value                                                    */
  asg_span steps;          /* of asg_step, in a valid order of execution                      */
  asg_span regions;        /* of asg_region                                                   */
  const char* name;
} asg_program;

#ifdef __cplusplus
}
#endif

#if UINTPTR_MAX == UINT64_MAX
ASG_ASSERT_LAYOUT(sizeof(asg_slot) == 40 && sizeof(asg_value) == 168 && sizeof(asg_step) == 88);
ASG_ASSERT_LAYOUT(sizeof(asg_inst) == 32 && sizeof(asg_bound) == 80 && sizeof(asg_access) == 104);
ASG_ASSERT_LAYOUT(sizeof(asg_reduction) == 16 && sizeof(asg_store) == 16 && sizeof(asg_phase) == 16);
ASG_ASSERT_LAYOUT(sizeof(asg_region) == 168 && sizeof(asg_program) == 88);
#endif
#endif /* ASG_SDK_PROGRAM_H_ */
