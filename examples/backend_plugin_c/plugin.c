/* A backend in plain loops, in C11 over the ABI alone: what training asks for, and no more.
 * Everything elementwise and every reduction is a region (region.c); products and lookups are here.
 *
 * A program has been checked against the capability rows before it comes: its indices exist and its
 * steps keep to their rules.  What the rows do not promise is refused all the same. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instructions.h"
#include "region.h"

/* ------------------------------------------------------------------ errors */

static asg_status fail(asg_error* err, asg_status code, uint32_t step, const char* format, ...) {
  if (err == NULL) return code; /* the host wants no words */
  if (ASG_HAS(err, code)) err->code = code;
  if (ASG_HAS(err, step)) err->step = step;
  /* The host's struct may be longer or shorter than the one that is known here. */
  const size_t head = offsetof(asg_error, message);
  size_t room = err->struct_size > head ? err->struct_size - head : 0;
  if (room > sizeof err->message) room = sizeof err->message;
  va_list arguments;
  va_start(arguments, format);
  if (room > 0) vsnprintf(err->message, room, format, arguments);
  va_end(arguments);
  return code;
}

/* ----------------------------------------------------------------- objects */

enum { most_rows = 16 };
struct asg_backend {
  asg_op_cap rows[most_rows];
  uint64_t masks[most_rows][4];
  uint32_t n_rows;
};
struct asg_device {
  asg_backend* backend;
};
struct asg_buffer {
  uint64_t size;
  char* data;
};

/* A step: GATHER and SCATTER have their attributes, REGION its region. */
enum mode { mode_set, mode_add, mode_max, mode_min };
typedef struct step {
  uint32_t op, inputs[3], output;
  uint32_t axis, batch;
  enum mode mode;
  region* region;
} step;

struct asg_executable {
  uint32_t n_slots, n_values, n_steps;
  asg_slot* slots; /* of constants host_data is a copy */
  asg_value* values;
  step* steps;
  char** addresses; /* of element 0 of each value, in the run under way */
};

/* ----------------------------------------------------------------- kernels */

static int64_t offset_of(const int64_t* at, const int64_t* strides, uint32_t rank) {
  int64_t offset = 0;
  for (uint32_t d = 0; d < rank; ++d) offset += at[d] * strides[d];
  return offset;
}
static int64_t count_of(const int64_t* shape, uint32_t rank) {
  int64_t count = 1;
  for (uint32_t d = 0; d < rank; ++d) count *= shape[d];
  return count;
}
/* The next point of a shape in row-major order. */
static void advance(int64_t* at, const int64_t* shape, uint32_t rank) {
  for (uint32_t d = rank; d-- > 0 && ++at[d] == shape[d];) at[d] = 0;
}

/* a [..., M, K] times b [..., K, N].  A row of the result is a sum of rows of b, so that the inner
 * loop runs over neighbours, which compilers make vectors of; for that b is copied. */
static asg_status multiply(const asg_executable* e, const step* s) {
  const asg_value *a = &e->values[s->inputs[0]], *b = &e->values[s->inputs[1]],
                  *c = &e->values[s->output];
  const uint32_t batch = c->rank - 2, last = c->rank - 1;
  const int64_t m = c->shape[batch], n = c->shape[last], k = a->shape[last];
  float* rows = malloc(((size_t)(k * n) + 1) * sizeof *rows);
  if (rows == NULL) return ASG_OUT_OF_MEMORY;
  float* z = (float*)e->addresses[s->output]; /* outputs are row-major */
  int64_t at[ASG_MAX_RANK] = {0};
  for (int64_t left = count_of(c->shape, batch); left > 0; --left, z += m * n) {
    const float* x = (const float*)e->addresses[s->inputs[0]] + offset_of(at, a->strides, batch);
    const float* y = (const float*)e->addresses[s->inputs[1]] + offset_of(at, b->strides, batch);
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < n; ++j)
        rows[p * n + j] = y[p * b->strides[batch] + j * b->strides[last]];
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) z[i * n + j] = 0;
      for (int64_t p = 0; p < k; ++p) {
        const float factor = x[i * a->strides[batch] + p * a->strides[last]];
        for (int64_t j = 0; j < n; ++j) z[i * n + j] += factor * rows[p * n + j];
      }
    }
    advance(at, c->shape, batch);
  }
  free(rows);
  return ASG_OK;
}

/* What GATHER and SCATTER share: for each point of `picked`, whose [b, p, i, q] is [b, p,
 * indices[b, i], q] of x, either element is joined with the other. */
static void join(char* to, const char* from, uint32_t size, enum mode mode) {
  if (mode == mode_set) {
    memcpy(to, from, size);
    return;
  }
  const uint32_t opcode = mode == mode_add   ? ASG_EW_ADD
                          : mode == mode_max ? ASG_EW_MAX
                                             : ASG_EW_MIN;
  compute(opcode, ASG_F32, ASG_F32, 1, to, to, from, NULL);
}
static asg_status pick(const asg_executable* e, const step* s, uint32_t x_value,
                       uint32_t picked_value, bool gather, asg_error* err) {
  const asg_value *x = &e->values[x_value], *indices = &e->values[s->inputs[1]],
                  *picked = &e->values[picked_value];
  const uint32_t size = size_of_type(x->dtype), axis = s->axis, batch = s->batch;
  const uint32_t index_axes = indices->rank - batch, behind = axis + index_axes;
  int64_t at[ASG_MAX_RANK] = {0};
  for (int64_t left = count_of(picked->shape, picked->rank); left > 0; --left) {
    const int64_t place = offset_of(at, indices->strides, batch) +
                          offset_of(at + axis, indices->strides + batch, index_axes);
    const char* from = e->addresses[s->inputs[1]];
    const int64_t index = indices->dtype == ASG_I32 ? ((const int32_t*)(const void*)from)[place]
                                                    : ((const int64_t*)(const void*)from)[place];
    if (index < 0 || index >= x->shape[axis])
      return fail(err, ASG_INVALID_ARGUMENT, (uint32_t)(s - e->steps),
                  "index %lld is outside [0, %lld) of axis %u", (long long)index,
                  (long long)x->shape[axis], axis);
    char* one = e->addresses[x_value] +
                (offset_of(at, x->strides, axis) + index * x->strides[axis] +
                 offset_of(at + behind, x->strides + axis + 1, x->rank - axis - 1)) *
                    (int64_t)size;
    char* other =
        e->addresses[picked_value] + offset_of(at, picked->strides, picked->rank) * (int64_t)size;
    join(gather ? other : one, gather ? one : other, size, s->mode);
    advance(at, picked->shape, picked->rank);
  }
  return ASG_OK;
}

static asg_status scatter(const asg_executable* e, const step* s, asg_error* err) {
  const asg_value* x = &e->values[s->inputs[0]];
  float* y = (float*)e->addresses[s->output]; /* row-major */
  int64_t at[ASG_MAX_RANK] = {0};
  for (int64_t left = count_of(x->shape, x->rank); left > 0; --left) {
    *y++ = ((const float*)e->addresses[s->inputs[0]])[offset_of(at, x->strides, x->rank)];
    advance(at, x->shape, x->rank);
  }
  return pick(e, s, s->output, s->inputs[2], false, err);
}

static asg_status run_step(const asg_executable* e, const step* s, asg_error* err) {
  switch (s->op) {
    case ASG_OP_REGION:
      return region_run(s->region, e->values, e->addresses);
    case ASG_OP_MATMUL:
      return multiply(e, s);
    case ASG_OP_GATHER:
      return pick(e, s, s->inputs[0], s->output, true, err);
    default:
      return scatter(e, s, err);
  }
}

/* ----------------------------------------------------------------- compile */

static void ASG_CALL executable_destroy(asg_executable* e) ASG_NOEXCEPT {
  if (e == NULL) return;
  for (uint32_t i = 0; e->steps != NULL && i < e->n_steps; ++i) region_free(e->steps[i].region);
  for (uint32_t i = 0; e->slots != NULL && i < e->n_slots; ++i) free((void*)e->slots[i].host_data);
  free(e->slots);
  free(e->values);
  free(e->steps);
  free(e->addresses);
  free(e);
}

static const asg_attr* find_attr(const asg_step* from, const char* name) {
  for (uint32_t i = 0; i < from->attrs.count; ++i) {
    const asg_attr* attr = ASG_AT(asg_attr, from->attrs, i);
    if (strcmp(attr->name, name) == 0) return attr;
  }
  return NULL;
}
static uint32_t attr_int(const asg_step* from, const char* name) {
  const asg_attr* attr = find_attr(from, name);
  return attr != NULL ? (uint32_t)attr->i : 0;
}
static enum mode attr_mode(const asg_step* from) {
  const asg_attr* attr = find_attr(from, "mode");
  const char* mode = attr != NULL ? attr->s : "set";
  return strcmp(mode, "add") == 0   ? mode_add
         : strcmp(mode, "max") == 0 ? mode_max
         : strcmp(mode, "min") == 0 ? mode_min
                                    : mode_set;
}

/* Whether a step that is no region is one that the rows promise. */
static bool is_promised(const asg_executable* e, const asg_step* from) {
  const uint32_t dtype = e->values[from->inputs[0]].dtype;
  if (from->op == ASG_OP_MATMUL)
    return from->region == 0 && dtype == ASG_F32 && e->values[from->inputs[1]].dtype == ASG_F32;
  const uint32_t index = e->values[from->inputs[1]].dtype;
  if (index != ASG_I32 && index != ASG_I64) return false;
  return from->op == ASG_OP_GATHER ? size_of_type(dtype) != 0 : dtype == ASG_F32;
}

static asg_status compile_step(asg_executable* e, uint32_t i, const asg_program* program,
                               asg_error* err) {
  const asg_step* from = ASG_AT(asg_step, program->steps, i);
  step* to = &e->steps[i];
  to->op = from->op;
  if (from->op == ASG_OP_REGION) {
    asg_status status;
    const char* why;
    to->region = region_copy(ASG_AT(asg_region, program->regions, from->region - 1), &status, &why);
    return to->region != NULL ? ASG_OK : fail(err, status, i, "%s: %s", from->name, why);
  }
  if ((from->op != ASG_OP_MATMUL && from->op != ASG_OP_GATHER && from->op != ASG_OP_SCATTER) ||
      !is_promised(e, from))
    return fail(err, ASG_UNSUPPORTED, i, "there is no kernel for '%s' of these types", from->name);
  memcpy(to->inputs, from->inputs, from->n_inputs * sizeof *to->inputs);
  to->output = from->outputs[0];
  to->axis = attr_int(from, "axis");
  to->batch = attr_int(from, "batch_dims");
  to->mode = attr_mode(from);
  return ASG_OK;
}

static asg_status ASG_CALL compile(asg_device* device, const asg_compile_args* args,
                                   asg_executable** out, asg_error* err) ASG_NOEXCEPT {
  (void)device;
  const asg_program* program = args->program;
  if (program->opset > ASG_OPSET || program->features != 0 || args->features != 0)
    return fail(err, ASG_INCOMPATIBLE, ASG_NO_STEP, "the program needs a newer plugin");
  asg_executable* e = calloc(1, sizeof *e);
  if (e == NULL) return fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory for a program");
  e->n_slots = program->slots.count;
  e->n_values = program->values.count;
  e->n_steps = program->steps.count;
  e->slots = copy_span(program->slots, sizeof(asg_slot));
  e->values = copy_span(program->values, sizeof(asg_value));
  e->steps = calloc(e->n_steps + (size_t)1, sizeof(step));
  e->addresses = calloc(e->n_values + (size_t)1, sizeof(char*));
  bool enough = e->slots != NULL && e->values != NULL && e->steps != NULL && e->addresses != NULL;
  for (uint32_t i = 0; e->slots != NULL && i < e->n_slots;
       ++i) { /* what is kept is the plugin's own */
    const void* data = e->slots[i].role == ASG_SLOT_CONST ? e->slots[i].host_data : NULL;
    void* copy = data != NULL ? malloc((size_t)e->slots[i].size + 1) : NULL;
    if (copy != NULL) memcpy(copy, data, (size_t)e->slots[i].size);
    enough = enough && (data == NULL || copy != NULL);
    e->slots[i].host_data = copy;
  }
  asg_status status =
      enough ? ASG_OK : fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory for a program");
  for (uint32_t i = 0; status == ASG_OK && i < e->n_steps; ++i)
    status = compile_step(e, i, program, err);
  if (status == ASG_OK)
    *out = e;
  else
    executable_destroy(e);
  return status;
}

/* ----------------------------------------------------------------- execute */

static asg_status ASG_CALL execute(asg_executable* e, const asg_exec_args* args, asg_event** done,
                                   asg_error* err) ASG_NOEXCEPT {
  if (done != NULL) *done = NULL; /* it is over when this returns */
  if (args->features != 0)
    return fail(err, ASG_INCOMPATIBLE, ASG_NO_STEP, "the run needs a newer plugin");
  if (args->bindings.count != e->n_slots)
    return fail(err, ASG_INVALID_ARGUMENT, ASG_NO_STEP, "%u bindings for %u slots",
                args->bindings.count, e->n_slots);
  for (uint32_t i = 0; i < e->n_values; ++i) {
    const asg_value* value = &e->values[i];
    const asg_slot* slot = &e->slots[value->slot];
    const asg_binding* binding = ASG_AT(asg_binding, args->bindings, value->slot);
    char* base = (char*)slot->host_data;
    if (slot->role != ASG_SLOT_CONST) {
      const asg_buffer* buffer = binding->buffer;
      if (buffer == NULL || binding->offset > buffer->size ||
          binding->size > buffer->size - binding->offset || binding->size < value->extent_end)
        return fail(err, ASG_INVALID_ARGUMENT, ASG_NO_STEP, "slot %u is bound to too few bytes",
                    value->slot);
      base = buffer->data + binding->offset;
    }
    e->addresses[i] = base + value->offset;
  }
  for (uint32_t i = 0; i < e->n_steps; ++i) {
    const asg_status status = run_step(e, &e->steps[i], err);
    if (status == ASG_OUT_OF_MEMORY) return fail(err, status, i, "no memory to run a step");
    if (status != ASG_OK) return status;
  }
  return ASG_OK;
}

/* ----------------------------------------------------------------- buffers */

static asg_status ASG_CALL buffer_create(asg_device* device, const asg_buffer_args* args,
                                         asg_buffer** out, asg_error* err) ASG_NOEXCEPT {
  (void)device;
  asg_buffer* buffer = malloc(sizeof *buffer);
  char* data =
      args->size < SIZE_MAX - 64 ? aligned_alloc(64, ((size_t)args->size + 63) / 64 * 64) : NULL;
  if (buffer == NULL || data == NULL) {
    free(buffer);
    free(data);
    return fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory for a buffer of %llu bytes",
                (unsigned long long)args->size);
  }
  buffer->size = args->size;
  buffer->data = data;
  *out = buffer;
  return ASG_OK;
}
static void ASG_CALL buffer_destroy(asg_buffer* buffer) ASG_NOEXCEPT {
  free(buffer->data);
  free(buffer);
}

static asg_status transfer(asg_buffer* buffer, const asg_transfer_args* args, asg_event** done,
                           asg_error* err, bool up) {
  if (done != NULL) *done = NULL;
  if (args->offset > buffer->size || args->size > buffer->size - args->offset)
    return fail(err, ASG_INVALID_ARGUMENT, ASG_NO_STEP, "the range leaves a buffer of %llu bytes",
                (unsigned long long)buffer->size);
  char* place = buffer->data + args->offset;
  if (args->size > 0) memcpy(up ? place : args->host, up ? args->host : place, (size_t)args->size);
  return ASG_OK;
}
static asg_status ASG_CALL upload(asg_buffer* buffer, const asg_transfer_args* args,
                                  asg_event** done, asg_error* err) ASG_NOEXCEPT {
  return transfer(buffer, args, done, err, true);
}
static asg_status ASG_CALL download(asg_buffer* buffer, const asg_transfer_args* args,
                                    asg_event** done, asg_error* err) ASG_NOEXCEPT {
  return transfer(buffer, args, done, err, false);
}

/* ---------------------------------------------------- the backend, its device */

static asg_op_cap* add_row(asg_backend* b, uint32_t op, uint64_t first, uint64_t second) {
  const uint32_t i = b->n_rows++;
  b->masks[i][0] = b->masks[i][2] = b->masks[i][3] = first;
  b->masks[i][1] = second;
  b->rows[i].op = op;
  b->rows[i].max_rank = ASG_MAX_RANK;
  b->rows[i].n_dtypes = op == ASG_OP_REGION ? 1 : 4; /* the last serves the rest */
  b->rows[i].dtypes = b->masks[i];
  b->rows[i].flags = ASG_CAP_STRIDED;
  return &b->rows[i];
}

static asg_status ASG_CALL create(const asg_host* host, asg_backend** out,
                                  asg_error* err) ASG_NOEXCEPT {
  (void)host;
  static const uint32_t types[] = {ASG_F32, ASG_I32, ASG_I64, ASG_BOOL};
  asg_backend* b = calloc(1, sizeof *b);
  if (b == NULL) return fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory for a backend");
  const uint64_t f32 = ASG_DTYPE_BIT(ASG_F32),
                 index = ASG_DTYPE_BIT(ASG_I32) | ASG_DTYPE_BIT(ASG_I64);
  add_row(b, ASG_OP_MATMUL, f32, f32);
  add_row(b, ASG_OP_SCATTER, f32, index);
  for (uint32_t i = 0; i < 4; ++i) {
    const uint32_t type = types[i];
    add_row(b, ASG_OP_GATHER, ASG_DTYPE_BIT(type), index);
    asg_op_cap* row = add_row(b, ASG_OP_REGION, ASG_DTYPE_BIT(type), 0);
    row->flags |= ASG_CAP_FIXED_TREE | ASG_CAP_PHASES;
    for (uint32_t op = ASG_EW_LOAD; op < ASG_EW_COUNT; ++op) /* what there is code for */
      if (op <= ASG_EW_REDUCED || compute(op, type, type, 0, NULL, NULL, NULL, NULL))
        row->instructions[op / 64] |= UINT64_C(1) << (op % 64);
    for (uint32_t kind = ASG_REDUCE_SUM; kind <= ASG_REDUCE_ALL; ++kind)
      if (compute(combining_opcode(kind), type, type, 0, NULL, NULL, NULL, NULL))
        row->reductions |= UINT64_C(1) << kind;
  }
  *out = b;
  return ASG_OK;
}
static void ASG_CALL destroy(asg_backend* b) ASG_NOEXCEPT { free(b); }

static uint32_t ASG_CALL device_count(asg_backend* b) ASG_NOEXCEPT {
  (void)b;
  return 1;
}
static asg_status ASG_CALL device_info(asg_backend* b, uint32_t index, asg_device_info* out,
                                       asg_error* err) ASG_NOEXCEPT {
  if (index != 0) return fail(err, ASG_INVALID_ARGUMENT, ASG_NO_STEP, "there is one device");
  asg_device_info info = {0};
  info.struct_size = out->struct_size < sizeof info ? out->struct_size : (uint32_t)sizeof info;
  info.kind = ASG_DEVICE_CPU;
  strcpy(info.id, "cpu");
  strcpy(info.name, "host memory");
  info.max_buffer_size = PTRDIFF_MAX;
  info.offset_alignment = 64;
  info.threads = 1;
  info.op_caps.data = b->rows;
  info.op_caps.count = b->n_rows;
  info.op_caps.stride = sizeof *b->rows;
  memcpy(out, &info, info.struct_size); /* as much as the host knows */
  return ASG_OK;
}
static asg_status ASG_CALL device_open(asg_backend* b, const asg_open_args* args, asg_device** out,
                                       asg_error* err) ASG_NOEXCEPT {
  if (args->index != 0) return fail(err, ASG_INVALID_ARGUMENT, ASG_NO_STEP, "there is one device");
  if (args->features != 0 || args->options.count > 0)
    return fail(err, ASG_INVALID_ARGUMENT, ASG_NO_STEP, "this backend knows no options");
  asg_device* device = malloc(sizeof *device);
  if (device == NULL) return fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory for a device");
  device->backend = b;
  *out = device;
  return ASG_OK;
}
static void ASG_CALL device_close(asg_device* device) ASG_NOEXCEPT { free(device); }

/* What is left out is NULL: nothing is claimed, nothing runs on after it returned. */
const asg_backend_api* ASG_CALL asg_backend_v1(const asg_host* host, asg_error* err) ASG_NOEXCEPT {
  (void)host;
  (void)err;
  static const asg_backend_info info = {
      .struct_size = sizeof info,
      .opset = ASG_OPSET,
      .name = "example_c",
      .version = "1.0",
      .vendor = "example",
      .description = "plain loops in C",
  };
  static const asg_backend_api api = {
      .struct_size = sizeof api,
      .abi_minor = ASG_ABI_MINOR,
      .info = &info,
      .create = create,
      .destroy = destroy,
      .device_count = device_count,
      .device_info = device_info,
      .device_open = device_open,
      .device_close = device_close,
      .compile = compile,
      .executable_destroy = executable_destroy,
      .buffer_create = buffer_create,
      .buffer_destroy = buffer_destroy,
      .upload = upload,
      .download = download,
      .execute = execute,
  };
  return &api;
}
