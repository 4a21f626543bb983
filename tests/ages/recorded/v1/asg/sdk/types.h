/* asg/sdk/types.h - what everything at the boundary between asg and a plugin is made of: its rules,
 * status codes, arrays, element types, attributes and options.  C11 and C++17, no dependencies.
 * asg/sdk/backend.h includes it.
 *
 * RULES OF THE BOUNDARY
 *  1. The number in the entry symbol is ASG_ABI_MAJOR.  The contract is frozen and only grows:
 *     a plugin works with every asg that has its entry symbol, older and newer ones.
 *  2. Only fixed-width integers, IEEE floats, pointers, and structs of those, in the machine's own
 *     byte order.  No enum-typed fields, no bool, no size_t, no long, no bit-fields, no implicit
 *     padding.
 *  3. Structs only grow at the end.  A struct behind a pointer begins with `struct_size`, set by
 *     whoever owns the memory: read a field only when ASG_HAS(p, field) says it is there, and leave
 *     what lies behind the struct that you know.  Structs in arrays have no size: the array (an
 *     asg_span) carries their stride, and what an older writer lacks counts as zero.
 *  4. Zero means "not set" in every field; fields called reserved are zero.
 *  5. Who allocates frees.  Strings are UTF-8, NUL-terminated, and live as long as the object
 *     that returned them.  What an argument points to, a program with all its parts too, lives for
 *     one call only, if the function does not say otherwise.
 *  6. No exception, longjmp or signal may leave a function (in C++17 the compiler checks it).
 *  7. Threads: [any]    may be called from any thread, concurrently.
 *              [device] the host serialises all [device] calls that share one asg_device; they
 *                       may come from different threads.
 *              [init]   called once at a time, with nothing else running in this asg_backend.
 *     A process may hold several asg_backends of one plugin, each with devices of its own.
 *  8. A plugin never prints, never exits, and touches no process-wide state (locale, signals,
 *     rounding mode, descriptors that are not its own): it reports through asg_error and
 *     asg_host.log.
 *  9. Additions that may not be ignored are bits of `features`, one numbering for programs and
 *     arguments of calls: the host sets only bits that the plugin lists in
 *     asg_backend_info.features, and a plugin answers ASG_INCOMPATIBLE to others.  What a device
 *     needs of the host stands in asg_device_info.host_features; the host does not open a device
 *     that wants bits outside asg_host.features.  No bit of either kind is defined yet.
 * 10. An extension is a service that either side may lack: a struct of functions that begins with
 *     struct_size, asked for by an id "asg.NAME/REV", or "reverse.domain.NAME/REV" for anybody
 *     else's.  The plugin asks the host through asg_host.get_extension, the host the plugin through
 *     asg_backend_api.get_extension; who lacks it answers NULL, and the other does without.  What an
 *     id means never changes: a change is a new REV, and both may be offered.  asg's own are in
 *     asg/sdk/extensions.h.
 */
#ifndef ASG_SDK_TYPES_H_
#define ASG_SDK_TYPES_H_

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define ASG_ABI_MAJOR 1u
#define ASG_ABI_MINOR 0u
#define ASG_OPSET 1u /* the highest that this header describes; each op and opcode says its own  */
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
#define ASG_ASSERT_LAYOUT(c) static_assert(c, "asg ABI: layout")

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

/* The caller allocates, sets struct_size and zeroes the rest; the callee writes when its status is
 * not ASG_OK.  A caller that wants no words passes NULL. */
typedef struct asg_error {
  uint32_t struct_size;
  int32_t code;
  uint32_t step;           /* step of the program at fault, or ASG_NO_STEP                   */
  uint32_t reserved;
  char message[1008];      /* truncated if need be; long texts go to host->log               */
} asg_error;

/* ------------------------------------------------------------------ arrays */

/* An array whose element type may grow: `stride` is sizeof(element) in the writer's header, where
 * the writer is who made the array.  This and asg_room stand inside other structs and never grow. */
typedef struct asg_span {
  const void* data;
  uint32_t count;
  uint32_t stride;
} asg_span;
#define ASG_AT(T, span, i) \
  ((const T*)(const void*)((const char*)(span).data + (size_t)(i) * (span).stride))

/* Room for `count` elements of `stride` bytes that the caller gives and the callee fills: of each
 * element as much as both know. */
typedef struct asg_room {
  void* data;
  uint32_t count;
  uint32_t stride;
} asg_room;

/* ------------------------------------------------------------- element types
 *
 * Numbers are below 64, append-only and never reused.  A type of less than a byte, when there is
 * one, is packed: element 0 lies in the lowest bits of the byte at asg_value.offset, the next in
 * the bits above, without gaps between rows; strides still count elements, and a value's extent is
 * rounded up to whole bytes, which no other value shares. */
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
#define ASG_DTYPE_BIT(d) (UINT64_C(1) << (d))

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

/* ------------------------------------------------------------------- options */

typedef struct asg_option { /* as the user gave it: "threads" = "2"                          */
  const char *key, *value;
} asg_option;

typedef struct asg_option_info { /* that a device can be opened with                         */
  const char* key;               /* [a-z0-9_]+                                               */
  const char* default_value;     /* what holds when it is not given                          */
  const char* help;              /* what it does and which values it takes, one line         */
} asg_option_info;

#ifdef __cplusplus
}
#endif

#if UINTPTR_MAX == UINT64_MAX
ASG_ASSERT_LAYOUT(sizeof(asg_error) == 1024 && sizeof(asg_span) == 16 && sizeof(asg_room) == 16);
ASG_ASSERT_LAYOUT(sizeof(asg_type) == 72 && sizeof(asg_attr) == 48);
ASG_ASSERT_LAYOUT(sizeof(asg_option) == 16 && sizeof(asg_option_info) == 24);
#endif
#endif /* ASG_SDK_TYPES_H_ */
