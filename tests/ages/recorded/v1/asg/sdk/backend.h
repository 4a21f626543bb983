/* asg/sdk/backend.h - the whole binary contract between the asg core and a backend plugin.
 *
 * C11 and C++17, no dependencies.  A plugin needs this file and the two that it includes: types.h,
 * with the rules of the boundary, and program.h, with what a plugin compiles.  The C++ glue in
 * asg/sdk/backend.hpp is a convenience on top of it.
 *
 * A plugin exports one symbol, `asg_backend_v1`, which returns a table of functions.  Through it
 * the core opens a device, allocates buffers, compiles flat programs and executes them.  The
 * core has already inferred, differentiated, decomposed, scheduled and planned: what arrives is
 * a list of steps over buffers at fixed offsets.
 */
#ifndef ASG_SDK_BACKEND_H_
#define ASG_SDK_BACKEND_H_

#include <asg/sdk/program.h>
#include <asg/sdk/types.h>

#define ASG_ENTRY_SYMBOL "asg_backend_v1"

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------------- host */

#define ASG_LOG_ERROR 1u
#define ASG_LOG_WARN 2u
#define ASG_LOG_INFO 3u
#define ASG_LOG_DEBUG 4u

typedef struct asg_host { /* valid from entry to the return of destroy                       */
  uint32_t struct_size;
  uint32_t abi_minor;
  uint64_t features;      /* that devices may need, rule 9                                   */
  void* ctx;
  const char* name;       /* "asg"                                                           */
  const char* version;    /* for messages only                                               */
  /* [any] must not call back into the plugin                                                */
  ASG_FN(void, log, void* ctx, uint32_t level, const char* message);
  /* [any] rule 10; NULL if unknown.  What it returns lives as long as the host.             */
  ASG_FN(const void*, get_extension, void* ctx, const char* id);
} asg_host;

/* --------------------------------------------------------------- capability */

#define ASG_CAP_STRIDED 1u    /* inputs may have any strides, 0 and negative included; without */
                              /* it the core copies to row-major first. REGION: always so      */
#define ASG_CAP_FIXED_TREE 2u /* REGION: reductions keep the fixed tree                        */
#define ASG_CAP_BOUNDS 4u     /* REGION: accesses may have bounds                              */
#define ASG_CAP_PHASES 16u    /* REGION: more than one phase                                   */
#define ASG_CAP_EPILOGUE 32u  /* MATMUL: epilogues of the instructions accepted for REGION      */
#define ASG_CAP_INSTANCES 64u /* REGION: instances                                             */

/* One accepted signature; several rows per op are fine.  A step is accepted when one row accepts
 * all its operands.  REGION: every instruction needs a row whose `instructions` has its opcode
 * and whose dtypes[0] has its dtype (comparisons: the operands'; CAST: the operand's, too);
 * reductions need a row whose `reductions` and dtypes[0] have them.  All REGION rows of a device
 * carry the same flags. */
typedef struct asg_op_cap {
  uint32_t op;
  uint32_t flags;
  uint32_t max_rank;         /* 0: any */
  uint32_t n_dtypes;
  const uint64_t* dtypes;    /* masks for inputs, then outputs; the last serves the rest       */
  uint64_t instructions[2];  /* REGION: bit set of ASG_EW_*                                    */
  uint64_t reductions;       /* REGION: bit set of ASG_REDUCE_*                                */
} asg_op_cap;

/* A step before anything is planned. */
typedef struct asg_step_request {
  uint32_t struct_size;
  uint32_t op;               /* ASG_OP_*: one that the rows accept; CLAIMED in `claim`         */
  uint64_t features;
  const char* name;          /* the op's: "softmax"                                            */
  uint32_t version;          /* CLAIMED: of the op's definition                                */
  uint32_t n_inputs;
  asg_span types;            /* of asg_type: inputs, then outputs                              */
  asg_span attrs;            /* of asg_attr                                                    */
} asg_step_request;

typedef struct asg_claim_reply { /* the host zeroes it and sets struct_size                    */
  uint32_t struct_size;
  uint32_t accepted;       /* 1: the step will arrive as CLAIMED, and compile must accept it    */
  uint64_t scratch_bytes;  /* planned into the arena while the step runs                        */
  uint64_t strided_inputs, strided_outputs; /* bit i: input i may have any strides, output i any */
  /* order of axes but the last, which stays last; without the bit they are row-major           */
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
  uint64_t host_features;        /* that it needs, rule 9                                       */
  uint64_t memory_total;         /* bytes; 0 unknown                                            */
  uint64_t memory_free;
  uint64_t max_buffer_size;      /* bytes; 0 unknown                                            */
  uint64_t max_value_range;      /* bytes that one value may span (maxStorageBufferRange); 0 any */
  uint64_t offset_alignment;     /* a power of two, bytes: where a value's memory begins in its */
                                 /* slot, and a slot's in its buffer, is a multiple of it       */
  uint32_t max_region_buffers;   /* values a region or instance touches, a product's operands   */
  uint32_t max_region_insts;     /* and reductions' results among them; instructions. 0: any    */
  uint32_t threads;              /* threads it computes with; 0 unknown                         */
  uint32_t reserved;
  asg_span op_caps;              /* of asg_op_cap; lives as long as the backend (device_info) or */
                                 /* the device (opened_info)                                    */
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
  uint64_t features;   /* understood in programs and arguments, rule 9                         */
  const char* name;    /* "vulkan": [a-z0-9_]+, equals the file name's                          */
  const char* version;
  const char* vendor;
  const char* description;
  asg_span options;    /* of asg_option_info: what devices can be opened with                  */
  uint32_t sanitizers, reserved; /* ASG_SANITIZE_* the plugin was built with                    */
} asg_backend_info;

/* --------------------------------------------------------- arguments of calls */

typedef struct asg_open_args {
  uint32_t struct_size;
  uint32_t index;          /* below device_count                                               */
  uint64_t features;
  asg_span options;        /* of asg_option, keys of asg_backend_info.options, each once        */
} asg_open_args;

typedef struct asg_compile_args {
  uint32_t struct_size, reserved;
  uint64_t features;
  const asg_program* program;
} asg_compile_args;

typedef struct asg_buffer_args {
  uint32_t struct_size, reserved;
  uint64_t features;
  uint64_t size;           /* bytes, > 0                                                       */
} asg_buffer_args;

typedef struct asg_transfer_args {
  uint32_t struct_size, reserved;
  uint64_t features;
  uint64_t offset, size;   /* of the buffer, bytes; any alignment                              */
  void* host;              /* only read by upload                                              */
} asg_transfer_args;

typedef struct asg_binding {
  asg_buffer* buffer;      /* of the same device                                               */
  uint64_t offset, size;   /* inside it; offset aligned to the slot's alignment, size at least  */
} asg_binding;             /* the slot's                                                       */

#define ASG_EXEC_PROFILE 1u /* note when each step begins and ends                             */
typedef struct asg_exec_args {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t features;
  asg_span bindings;       /* of asg_binding, one per slot; those of CONST slots are ignored.   */
} asg_exec_args;           /* Two overlap only where both slots are INPUT                      */

typedef struct asg_step_time {
  uint32_t step, reserved;
  uint64_t begin_ns, end_ns; /* of a monotonic clock with a beginning of its own in each run    */
} asg_step_time;

/* ------------------------------------------------------------ function table
 *
 * Functions marked optional may be NULL; the comment says what the host then does.
 *
 * LIFE.  The host destroys an executable, a buffer or an event when no work uses it any more (its
 * event was waited for, or the call has returned without one), a device when all of these are gone,
 * a backend after its devices.
 *
 * WORK.  What is asked of one device (uploads, executions, downloads) takes effect in the order of
 * the calls, as if each were over before the next began, whether the plugin finishes before it
 * returns or later.  Work of different devices has no order.
 *
 * EVENTS.  Where `done` is NULL the plugin finishes before it returns.  Otherwise it may return
 * earlier and give an event in *done, or finish and set *done to NULL; host memory of a transfer
 * stays as it is until the event was waited for.  The host waits for every event once with success
 * or an error before it destroys it; a failure of the work is reported by event_wait.
 *
 * FAILURE.  Work that fails with ASG_INVALID_ARGUMENT (an index out of range) or ASG_UNSUPPORTED
 * leaves all STATE slots as they were; OUTPUT and ARENA may hold anything.  After any other code
 * STATE may hold anything, too.  Work after it, already submitted or not, runs as if it had been
 * left out; after ASG_DEVICE_LOST every call but the destroying ones gives ASG_DEVICE_LOST. */
typedef struct asg_backend_api {
  uint32_t struct_size;
  uint32_t abi_minor; /* ASG_ABI_MINOR of the plugin's header                                    */
  const asg_backend_info* info;

  /* [init] Drivers are touched here, never in the entry function. */
  ASG_FN(asg_status, create, const asg_host* host, asg_backend** out, asg_error* err);
  /* [init] Every child is already gone; joins all threads; the code stays mapped. */
  ASG_FN(void, destroy, asg_backend*);
  /* [any] optional, rule 10.  What it returns lives as long as the backend. */
  ASG_FN(const void*, get_extension, asg_backend*, const char* id);

  ASG_FN(uint32_t, device_count, asg_backend*); /* [any] */
  /* [any] As a device opened without options would be. */
  ASG_FN(asg_status, device_info, asg_backend*, uint32_t index, asg_device_info* out,
         asg_error* err);
  ASG_FN(asg_status, device_open, asg_backend*, const asg_open_args*, asg_device** out,
         asg_error* err);                    /* [any] */
  ASG_FN(void, device_close, asg_device*); /* [device] */
  /* [device] optional: options change nothing that device_info says.  The same of this device. */
  ASG_FN(asg_status, opened_info, asg_device*, asg_device_info* out, asg_error* err);

  /* [device] optional: without it nothing is claimed.  Asked for composite ops before planning; a
   * pure function of the request. */
  ASG_FN(asg_status, claim, asg_device*, const asg_step_request*, asg_claim_reply*, asg_error*);
  /* [device] optional: the rows say all.  Asked for steps that are no region and that the rows
   * accept, before planning: ASG_OK, or ASG_UNSUPPORTED with what is too much for the device; the
   * core then does without the step or refuses the program by the op's name.  A pure function of
   * the request.  compile must accept what got ASG_OK. */
  ASG_FN(asg_status, supports, asg_device*, const asg_step_request*, asg_error*);
  /* [device] */
  ASG_FN(asg_status, compile, asg_device*, const asg_compile_args*, asg_executable** out,
         asg_error* err);
  ASG_FN(void, executable_destroy, asg_executable*); /* [device] */

  /* [device] Contents undefined; aligned to at least device_info.offset_alignment. */
  ASG_FN(asg_status, buffer_create, asg_device*, const asg_buffer_args*, asg_buffer** out,
         asg_error* err);
  ASG_FN(void, buffer_destroy, asg_buffer*); /* [device] */
  /* [device] */
  ASG_FN(asg_status, upload, asg_buffer*, const asg_transfer_args*, asg_event** done,
         asg_error* err);
  ASG_FN(asg_status, download, asg_buffer*, const asg_transfer_args*, asg_event** done,
         asg_error* err);
  /* [device] */
  ASG_FN(asg_status, execute, asg_executable*, const asg_exec_args*, asg_event** done,
         asg_error* err);

  /* All three NULL for a plugin that always sets *done to NULL. */
  /* [any] ASG_TIMEOUT when the work is not over after timeout_ns; then it may be called again. */
  ASG_FN(asg_status, event_wait, asg_event*, uint64_t timeout_ns, asg_error* err);
  /* [any] optional.  Fills asg_step_time of an execution that was profiled and is over, as many as
   * there is room for, and returns how many there are. */
  ASG_FN(uint32_t, event_profile, asg_event*, const asg_room* out);
  ASG_FN(void, event_destroy, asg_event*); /* [device] */
} asg_backend_api;

/* [init] The entry point.  Cheap and pure: no threads, no drivers, no files.  Returns a table with
 * static storage duration, or NULL with *err filled.  May be called more than once. */
typedef ASG_FN(const asg_backend_api*, asg_backend_entry, const asg_host* host, asg_error* err);
ASG_EXPORT const asg_backend_api* ASG_CALL asg_backend_v1(const asg_host* host,
                                                          asg_error* err) ASG_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#if UINTPTR_MAX == UINT64_MAX
ASG_ASSERT_LAYOUT(sizeof(asg_host) == 56 && sizeof(asg_op_cap) == 48);
ASG_ASSERT_LAYOUT(sizeof(asg_step_request) == 64 && sizeof(asg_claim_reply) == 32);
ASG_ASSERT_LAYOUT(sizeof(asg_device_info) == 280 && sizeof(asg_backend_info) == 72);
ASG_ASSERT_LAYOUT(sizeof(asg_open_args) == 32 && sizeof(asg_compile_args) == 24);
ASG_ASSERT_LAYOUT(sizeof(asg_buffer_args) == 24 && sizeof(asg_transfer_args) == 40);
ASG_ASSERT_LAYOUT(sizeof(asg_binding) == 24 && sizeof(asg_exec_args) == 32);
ASG_ASSERT_LAYOUT(sizeof(asg_step_time) == 24);
ASG_ASSERT_LAYOUT(offsetof(asg_backend_api, create) == 16 && sizeof(asg_backend_api) == 16 + 20 * 8);
#endif
#endif /* ASG_SDK_BACKEND_H_ */
