/* asg/sdk/backend.h - the whole binary contract between the asg core and a backend plugin.
 *
 * C11 and C++17, no dependencies.  A plugin needs this file and nothing else; the C++ glue in
 * asg/sdk/backend.hpp is a convenience on top of it.
 *
 * A plugin exports one symbol, `asg_backend_v0`, which returns a table of functions.  Through it
 * the core opens a device, allocates buffers, compiles flat programs and executes them.  The
 * core has already inferred, differentiated, decomposed, scheduled and planned: what arrives is
 * a list of steps over buffers at fixed offsets.
 *
 * RULES OF THE BOUNDARY
 *  1. The number in the entry symbol is ASG_ABI_MAJOR.  While it is 0 the contract may still
 *     change with every release of asg; from 1 on it is frozen and only grows.
 *  2. Only fixed-width integers, IEEE floats, pointers, and structs of those.  No enum-typed
 *     fields, no bool, no size_t, no long, no bit-fields, no implicit padding.
 *  3. Structs only grow at the end.  `struct_size` is set by whoever owns the memory.  Read a
 *     field only when ASG_HAS(p, field) says it is there.  Arrays of structs carry their stride.
 *  4. Zero means "not set" in every field.
 *  5. Who allocates frees.  Strings are UTF-8, NUL-terminated, and live as long as the object
 *     that returned them.  A program and everything it points to lives for one call only.
 *  6. No exception, longjmp or signal may leave a function (in C++17 the compiler checks it).
 *  7. Threads: [any]    may be called from any thread, concurrently.
 *              [device] the host serialises all [device] calls that share one asg_device.
 *              [init]   called once, with nothing else running in the plugin.
 *  8. A plugin never prints, never exits, and touches no process-wide state: it reports through
 *     asg_error and asg_host.log.
 *  9. Additions that a plugin must not ignore are bits of asg_program.features; the host sets
 *     only bits that the plugin lists in asg_backend_info.features.
 */
#ifndef ASG_SDK_BACKEND_H_
#define ASG_SDK_BACKEND_H_

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define ASG_ABI_MAJOR 0u
#define ASG_ABI_MINOR 0u
#define ASG_OPSET 1u
#define ASG_ENTRY_SYMBOL "asg_backend_v0"
#define ASG_MAX_RANK 8
#if defined(_WIN32)
#define ASG_CALL __cdecl
#define ASG_EXPORT __declspec(dllexport)
#else
#define ASG_CALL
#define ASG_EXPORT __attribute__((visibility("default")))
#endif
#if defined(__cplusplus) && __cplusplus >= 201703L
#define ASG_NOEXCEPT noexcept
#else
#define ASG_NOEXCEPT
#endif
/* True when the struct behind p, as its owner compiled it, contains `field`. */
#define ASG_HAS(p, field) \
  ((p)->struct_size >= (uint32_t)((const char*)(&(p)->field + 1) - (const char*)(p)))
#define ASG_FN(ret, name, ...) ret(ASG_CALL* name)(__VA_ARGS__) ASG_NOEXCEPT

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ status */

typedef int32_t asg_status;
#define ASG_OK 0
#define ASG_INVALID_ARGUMENT 1 /* the host broke the contract, or an index was out of range  */
#define ASG_UNSUPPORTED 2      /* error.step names the step                                  */
#define ASG_OUT_OF_MEMORY 3
#define ASG_DEVICE_LOST 4      /* close the device; open it again to recover                 */
#define ASG_COMPILE_FAILED 5
#define ASG_TIMEOUT 6
#define ASG_UNAVAILABLE 7      /* driver or hardware missing                                 */
#define ASG_INCOMPATIBLE 8
#define ASG_INTERNAL 9         /* any code unknown to the reader means ASG_INTERNAL          */

#define ASG_NO_STEP 0xffffffffu

typedef struct asg_error { /* the caller allocates; the callee writes when status is not OK  */
  uint32_t struct_size;
  int32_t code;
  uint32_t step;           /* step of the program at fault, or ASG_NO_STEP                   */
  uint32_t reserved;
  char message[1008];      /* truncated if need be; long texts go to host->log               */
} asg_error;

/* An array whose element type may grow: `stride` is sizeof(element) in the writer's header. */
typedef struct asg_span {
  const void* data;
  uint32_t count;
  uint32_t stride;
} asg_span;
#define ASG_AT(T, span, i) \
  ((const T*)(const void*)((const char*)(span).data + (size_t)(i) * (span).stride))

typedef struct asg_option { /* options of a backend or device: "threads" = "2"               */
  const char *key, *value;
} asg_option;

/* ------------------------------------------------------------- element types */

#define ASG_F32 1u
#define ASG_F64 2u
#define ASG_F16 3u
#define ASG_BF16 4u
#define ASG_I8 5u
#define ASG_I32 6u
#define ASG_I64 7u
#define ASG_U8 8u
#define ASG_BOOL 9u /* one byte, 0 or 1 */
#define ASG_U32 10u
#define ASG_DTYPE_BIT(d) (1u << (d))

typedef struct asg_type {
  uint32_t dtype, rank;
  int64_t shape[ASG_MAX_RANK];
} asg_type;

/* ---------------------------------------------------------------- attributes */

#define ASG_ATTR_INT 1u    /* i                                                              */
#define ASG_ATTR_FLOAT 2u  /* f                                                              */
#define ASG_ATTR_STRING 3u /* s                                                              */
#define ASG_ATTR_INTS 4u   /* ints[count]                                                    */

typedef struct asg_attr {
  const char* name;
  uint32_t kind, count;
  int64_t i;
  double f;
  const char* s;
  const int64_t* ints;
} asg_attr;

/* -------------------------------------------------------------------- host */

#define ASG_LOG_ERROR 1u
#define ASG_LOG_WARN 2u
#define ASG_LOG_INFO 3u
#define ASG_LOG_DEBUG 4u

typedef struct asg_host { /* valid from entry to the return of destroy                       */
  uint32_t struct_size;
  uint32_t abi_minor;
  void* ctx;
  const char* name;    /* "asg"                                                              */
  const char* version; /* for messages only                                                  */
  /* [any] must not call back into the plugin                                                */
  ASG_FN(void, log, void* ctx, uint32_t level, const char* message);
  /* [any] "asg.NAME/REV" or "reverse.uri.NAME/REV"; NULL if unknown                         */
  ASG_FN(const void*, get_extension, void* ctx, const char* id);
} asg_host;

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
#define ASG_SLOT_INPUT 2u
#define ASG_SLOT_OUTPUT 3u
#define ASG_SLOT_STATE 4u  /* parameters, optimiser state: read and written                  */
#define ASG_SLOT_CONST 5u  /* host_data holds the bytes during compile; the plugin keeps them */

typedef struct asg_slot { /* one buffer binding of the program                               */
  uint32_t role, flags;
  uint64_t size; /* bytes                                                                    */
  uint64_t alignment;
  const void* host_data;
  const char* name;
} asg_slot;

typedef struct asg_value { /* a tensor: where it lives and what shape it has                 */
  uint32_t dtype, rank;
  int64_t shape[ASG_MAX_RANK];
  int64_t strides[ASG_MAX_RANK]; /* in elements; 0 broadcasts, negative allowed               */
  uint32_t slot;                 /* index into asg_program.slots                              */
  uint32_t flags;
  uint64_t offset;               /* bytes from the start of the slot to element 0             */
  uint64_t extent_begin, extent_end; /* bytes of the slot it may touch: [begin, end)          */
  const char* name;
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
} asg_step;

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
 * points, and its access k touches the value instances[i].values[k].
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

/* Where a load or store of a region touches a value: element
 * offset + sum(strides[d] * i[d]) (+ index_stride * register), counted from the value's element
 * 0 (the shape and strides of the value itself play no part).  A load outside one of the bounds
 * gives `fill`; a store outside is skipped. */
typedef struct asg_access {
  uint32_t value;
  uint32_t n_bounds;
  int64_t offset;
  int64_t strides[ASG_MAX_RANK];
  const asg_bound* bounds;
  uint64_t fill;           /* the element's bits, in the low bytes                            */
  uint32_t index_register; /* 1 + an I32 or I64 register that indexes one more axis; 0: none  */
  uint32_t reserved;
  int64_t index_stride;
  int64_t index_extent;    /* an index outside [0, index_extent) is ASG_INVALID_ARGUMENT      */
} asg_access;

/* Instructions.  `dtype` is that of the result; operands have the same one unless said.  Integer
 * arithmetic wraps.  Floats follow IEEE 754, round to nearest even, and are never contracted. */
#define ASG_EW_LOAD 1u     /* element of access a                                             */
#define ASG_EW_IMM 2u      /* the constant whose bits are imm                                 */
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
  uint32_t opset;          /* <= asg_backend_info.opset of the plugin                         */
  uint64_t features;       /* must-understand bits, rule 9                                    */
  asg_span slots;          /* of asg_slot                                                     */
  asg_span values;         /* of asg_value                                                    */
  asg_span steps;          /* of asg_step, in a valid order of execution                      */
  asg_span regions;        /* of asg_region                                                   */
  uint64_t fingerprint[2]; /* of everything above: key for compile caches                     */
  const char* name;
} asg_program;

/* --------------------------------------------------------------- capability */

#define ASG_CAP_STRIDED 1u    /* inputs may have any strides, 0 and negative included; without */
                              /* it the core copies to row-major first. REGION: always so      */
#define ASG_CAP_FIXED_TREE 2u /* REGION: reductions keep the fixed tree                        */
#define ASG_CAP_BOUNDS 4u     /* REGION: accesses may have bounds                              */
#define ASG_CAP_INDEX 8u      /* REGION: accesses may have an index register                   */
#define ASG_CAP_PHASES 16u    /* REGION: more than one phase                                   */
#define ASG_CAP_EPILOGUE 32u  /* MATMUL: epilogues of the instructions accepted for REGION      */
#define ASG_CAP_INSTANCES 64u /* REGION: instances                                             */

/* One accepted signature; several rows per op are fine.  A step is accepted when one row accepts
 * all its operands.  REGION: every instruction needs a row whose `instructions` has its opcode
 * and whose dtypes[0] has its dtype (comparisons: the operands'); reductions need a row whose
 * `reductions` and dtypes[0] have them.  All REGION rows of a device carry the same flags. */
typedef struct asg_op_cap {
  uint32_t op;
  uint32_t flags;
  uint32_t max_rank;
  uint32_t n_dtypes;
  const uint32_t* dtypes;    /* masks for inputs, then outputs; the last serves the rest       */
  uint64_t instructions[2];  /* REGION: bit set of ASG_EW_*                                    */
  uint64_t reductions;       /* REGION: bit set of ASG_REDUCE_*                                */
} asg_op_cap;

/* The question asked once per composite op, before planning. */
typedef struct asg_claim_request {
  uint32_t struct_size;
  uint32_t n_inputs, n_outputs;
  uint32_t version;      /* of the op's definition                                             */
  const char* op;        /* "softmax"                                                          */
  const asg_type* types; /* inputs, then outputs                                               */
  asg_span attrs;        /* of asg_attr                                                        */
} asg_claim_request;

typedef struct asg_claim_reply { /* the host zeroes it and sets struct_size                    */
  uint32_t struct_size;
  uint32_t accepted;       /* 1: the step will arrive as CLAIMED, and compile must accept it    */
  uint64_t scratch_bytes;  /* planned into the arena while the step runs                        */
  uint64_t strided_inputs, strided_outputs; /* bit i: input i may have any strides, output i any */
  /* order of axes but the last, which stays last; without the bit they are row-major           */
  uint32_t n_in_place, reserved;
  uint32_t in_place[8][2]; /* {input, output}: may share all bytes                              */
} asg_claim_reply;

/* ------------------------------------------------------------------ devices */

#define ASG_DEVICE_CPU 1u
#define ASG_DEVICE_GPU 2u
#define ASG_DEVICE_IGPU 3u
#define ASG_DEVICE_ACCEL 4u
#define ASG_DEVICE_SOFTWARE 5u /* emulated (lavapipe): never preferred                         */

typedef struct asg_device_info { /* the host sets struct_size; the callee fills what fits and  */
  uint32_t struct_size;          /* sets struct_size to what it filled                          */
  uint32_t kind;
  char id[64];                   /* stable across runs: "0000:01:00.0", "cpu"                   */
  char name[128];
  uint8_t uuid[16];              /* physical device; zero if unknown                            */
  uint64_t memory_total;         /* bytes; 0 unknown                                            */
  uint64_t memory_free;
  uint64_t max_buffer_size;      /* bytes; 0 unknown                                            */
  uint64_t max_value_range;      /* bytes that one value may span (maxStorageBufferRange); 0 any */
  uint64_t offset_alignment;     /* bytes; the core plans where a value's memory begins to this */
  uint32_t max_region_buffers;   /* values a region or instance touches, a product's operands   */
  uint32_t max_region_insts;     /* and reductions' results among them; instructions. 0: any    */
  uint32_t host_visible;         /* 1: buffer_map works and is cheap                            */
  uint32_t threads;              /* threads it computes with; 0 unknown                         */
  asg_span op_caps;              /* of asg_op_cap; lives as long as the backend                 */
} asg_device_info;

typedef struct asg_backend asg_backend;
typedef struct asg_device asg_device;
typedef struct asg_buffer asg_buffer;
typedef struct asg_executable asg_executable;
typedef struct asg_event asg_event;

#define ASG_SANITIZE_ADDRESS 1u
#define ASG_SANITIZE_THREAD 2u

typedef struct asg_backend_info {
  uint32_t struct_size;
  uint32_t opset;      /* highest opset understood                                             */
  uint64_t features;   /* program features understood                                          */
  const char* name;    /* "vulkan": [a-z0-9_]+, equals the file name's                          */
  const char* version;
  const char* vendor;
  const char* description;
  const char* options_help; /* "key=default  text\n" per line, or NULL                          */
  uint32_t sanitizers, reserved; /* ASG_SANITIZE_* the plugin was built with                    */
} asg_backend_info;

typedef struct asg_binding {
  asg_buffer* buffer;
  uint64_t offset, size;
} asg_binding;

#define ASG_EXEC_PROFILE 1u
typedef struct asg_exec_args {
  uint32_t struct_size;
  uint32_t flags;
  const asg_binding* bindings; /* one per slot; those of CONST slots are ignored                */
  uint32_t n_bindings, n_waits;
  asg_event* const* waits;
} asg_exec_args;

typedef struct asg_executable_info {
  uint32_t struct_size, n_kernels;
  uint64_t device_bytes, compile_ns;
} asg_executable_info;

typedef struct asg_step_time {
  uint32_t step, reserved;
  uint64_t begin_ns, end_ns;
} asg_step_time;

/* ------------------------------------------------------------ function table */

/* Functions marked optional may be NULL; the comment says what the host then does. */
typedef struct asg_backend_api {
  uint32_t struct_size;
  uint32_t abi_minor; /* ASG_ABI_MINOR of the plugin's header                                    */
  const asg_backend_info* info;

  /* [init] Drivers are touched here, never in the entry function. */
  ASG_FN(asg_status, create, const asg_host* host, const asg_option* opts, uint32_t n_opts,
         asg_backend** out, asg_error* err);
  /* [init] Every child is already gone; joins all threads; the code stays mapped. */
  ASG_FN(void, destroy, asg_backend*);
  /* [any] optional */
  ASG_FN(const void*, get_extension, asg_backend*, const char* id);

  ASG_FN(uint32_t, device_count, asg_backend*); /* [any] */
  ASG_FN(asg_status, device_info, asg_backend*, uint32_t index, asg_device_info* out,
         asg_error* err); /* [any] */
  ASG_FN(asg_status, device_open, asg_backend*, uint32_t index, const asg_option* opts,
         uint32_t n_opts, asg_device** out, asg_error* err); /* [any] */
  ASG_FN(void, device_close, asg_device*);                   /* [device] */

  /* [device] optional: without it nothing is claimed.  A pure function of the request. */
  ASG_FN(asg_status, claim, asg_device*, const asg_claim_request*, asg_claim_reply*, asg_error*);
  /* [device] */
  ASG_FN(asg_status, compile, asg_device*, const asg_program*, const asg_option* opts,
         uint32_t n_opts, asg_executable** out, asg_error* err);
  ASG_FN(void, executable_destroy, asg_executable*);                          /* [device] */
  ASG_FN(asg_status, executable_info, asg_executable*, asg_executable_info*); /* [device] optional */

  /* [device] Contents undefined; aligned to at least device_info.offset_alignment. size > 0 */
  ASG_FN(asg_status, buffer_create, asg_device*, uint64_t size, asg_buffer** out, asg_error*);
  ASG_FN(void, buffer_destroy, asg_buffer*); /* [device] */
  ASG_FN(void*, buffer_map, asg_buffer*);    /* [device] optional: the host uses upload and download */
  /* [device] done is NULL: finish before returning.  Otherwise the host memory stays valid until
   * *done is signalled; a plugin may still finish at once and set *done to NULL. */
  ASG_FN(asg_status, upload, asg_buffer*, uint64_t offset, const void* src, uint64_t size,
         asg_event** done, asg_error* err);
  ASG_FN(asg_status, download, asg_buffer*, uint64_t offset, void* dst, uint64_t size,
         asg_event** done, asg_error* err);

  /* [device] Same rule for `done`.  Work on one device runs in the order of submission. */
  ASG_FN(asg_status, execute, asg_executable*, const asg_exec_args*, asg_event** done,
         asg_error* err);

  /* All three NULL for a synchronous plugin, which always sets *done to NULL. */
  ASG_FN(asg_status, event_wait, asg_event*, uint64_t timeout_ns, asg_error* err); /* [any] */
  /* [any] Writes at most `capacity` entries and returns how many there are. */
  ASG_FN(uint32_t, event_profile, asg_event*, asg_step_time* out, uint32_t capacity);
  ASG_FN(void, event_destroy, asg_event*); /* [device] */
} asg_backend_api;

/* [init] The entry point.  Cheap and pure: no threads, no drivers, no files.  Returns a table with
 * static storage duration, or NULL with *err filled.  May be called more than once. */
typedef ASG_FN(const asg_backend_api*, asg_backend_entry, const asg_host* host, asg_error* err);
ASG_EXPORT const asg_backend_api* ASG_CALL asg_backend_v0(const asg_host* host,
                                                          asg_error* err) ASG_NOEXCEPT;

#ifdef __cplusplus
}
#endif

/* ------------------------------------------------------------- checked layout */
#define ASG_ASSERT_LAYOUT(c) static_assert(c, "asg ABI: layout")
#if UINTPTR_MAX == UINT64_MAX
ASG_ASSERT_LAYOUT(sizeof(asg_error) == 1024 && sizeof(asg_span) == 16 && sizeof(asg_host) == 48);
ASG_ASSERT_LAYOUT(sizeof(asg_type) == 72 && sizeof(asg_attr) == 48 && sizeof(asg_slot) == 40);
ASG_ASSERT_LAYOUT(sizeof(asg_value) == 176 && sizeof(asg_step) == 72 && sizeof(asg_inst) == 32);
ASG_ASSERT_LAYOUT(sizeof(asg_bound) == 80 && sizeof(asg_access) == 120);
ASG_ASSERT_LAYOUT(sizeof(asg_reduction) == 16 && sizeof(asg_store) == 16 && sizeof(asg_phase) == 16);
ASG_ASSERT_LAYOUT(sizeof(asg_region) == 168 && sizeof(asg_program) == 104);
ASG_ASSERT_LAYOUT(sizeof(asg_op_cap) == 48 && sizeof(asg_device_info) == 288);
ASG_ASSERT_LAYOUT(sizeof(asg_claim_request) == 48 && sizeof(asg_claim_reply) == 104);
ASG_ASSERT_LAYOUT(sizeof(asg_backend_info) == 64 && sizeof(asg_exec_args) == 32);
ASG_ASSERT_LAYOUT(offsetof(asg_backend_api, create) == 16 && sizeof(asg_backend_api) == 16 + 20 * 8);
#endif
#endif /* ASG_SDK_BACKEND_H_ */
