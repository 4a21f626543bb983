/* A whole backend in C on nothing but asg/sdk/backend.h: two devices that multiply row-major f32
 * matrices. */
#include <asg/sdk/backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asg_backend {
  const asg_host* host;
};
struct asg_device {
  struct asg_backend* backend;
};
struct asg_buffer {
  uint64_t size;
  char* bytes;
};
typedef struct matmul {
  asg_value a, b, y;
} matmul;
struct asg_executable {
  uint32_t n_steps;
  uint32_t n_slots;
  char** constants; /* per slot; NULL for those that are bound */
  matmul steps[];
};

static asg_status fail(asg_error* err, asg_status code, uint32_t step, const char* message) {
  err->code = code;
  err->step = step;
  snprintf(err->message, sizeof err->message, "%s", message);
  return code;
}

static asg_status create(const asg_host* host, asg_backend** out, asg_error* err) {
  *out = malloc(sizeof **out);
  if (*out == NULL) return fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory");
  (*out)->host = host;
  host->log(host->ctx, ASG_LOG_INFO, "created");
  return ASG_OK;
}
static void destroy(asg_backend* backend) {
  backend->host->log(backend->host->ctx, ASG_LOG_INFO, "destroyed");
  free(backend);
}
static uint32_t device_count(asg_backend* backend) { return (void)backend, 2u; }

static asg_status device_info(asg_backend* backend, uint32_t index, asg_device_info* out,
                              asg_error* err) {
  static const uint64_t f32_only[] = {ASG_DTYPE_BIT(ASG_F32)};
  static const asg_op_cap caps[] = {{ASG_OP_MATMUL, 0, 2, 1, f32_only, {0, 0}, 0}};
  (void)backend;
  if (index > 1) return fail(err, ASG_INVALID_ARGUMENT, ASG_NO_STEP, "there are two devices");
  out->kind = ASG_DEVICE_SOFTWARE;
  snprintf(out->id, sizeof out->id, "0000:0%u:00.0", index + 1);
  snprintf(out->name, sizeof out->name, "plain C number %u", index);
  out->offset_alignment = 16;
  out->max_buffer_size = 1u << 20;
  out->op_caps.data = caps;
  out->op_caps.count = 1;
  out->op_caps.stride = sizeof caps[0];
  return ASG_OK;
}
static asg_status device_open(asg_backend* backend, const asg_open_args* args, asg_device** out,
                              asg_error* err) {
  if (args->options.count > 0)
    return fail(err, ASG_INVALID_ARGUMENT, ASG_NO_STEP, "there are no options");
  *out = malloc(sizeof **out);
  if (*out == NULL) return fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory");
  (*out)->backend = backend;
  return ASG_OK;
}
static void device_close(asg_device* device) {
  const asg_host* host = device->backend->host;
  host->log(host->ctx, ASG_LOG_INFO, "closed");
  free(device);
}

static void executable_destroy(asg_executable* executable) {
  for (uint32_t i = 0; executable->constants != NULL && i < executable->n_slots; ++i)
    free(executable->constants[i]);
  free(executable->constants);
  free(executable);
}
static int keep_constants(asg_executable* executable, const asg_program* program) {
  executable->n_slots = program->slots.count;
  executable->constants = calloc(program->slots.count, sizeof(char*));
  if (executable->constants == NULL) return 0;
  for (uint32_t i = 0; i < program->slots.count; ++i) {
    const asg_slot* slot = ASG_AT(asg_slot, program->slots, i);
    if (slot->role != ASG_SLOT_CONST) continue;
    executable->constants[i] = malloc(slot->size);
    if (executable->constants[i] == NULL) return 0;
    memcpy(executable->constants[i], slot->host_data, slot->size);
  }
  return 1;
}
static asg_status compile(asg_device* device, const asg_compile_args* args, asg_executable** out,
                          asg_error* err) {
  const asg_program* program = args->program;
  const uint32_t n = program->steps.count;
  (void)device;
  asg_executable* executable = calloc(1, sizeof *executable + n * sizeof(matmul));
  if (executable == NULL) return fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory");
  executable->n_steps = n;
  if (!keep_constants(executable, program)) {
    executable_destroy(executable);
    return fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory for the constants");
  }
  for (uint32_t i = 0; i < n; ++i) {
    const asg_step* step = ASG_AT(asg_step, program->steps, i);
    if (step->op != ASG_OP_MATMUL) {
      executable_destroy(executable);
      return fail(err, ASG_UNSUPPORTED, i, "only matrix products are implemented");
    }
    executable->steps[i].a = *ASG_AT(asg_value, program->values, step->inputs[0]);
    executable->steps[i].b = *ASG_AT(asg_value, program->values, step->inputs[1]);
    executable->steps[i].y = *ASG_AT(asg_value, program->values, step->outputs[0]);
  }
  *out = executable;
  return ASG_OK;
}

static asg_status buffer_create(asg_device* device, const asg_buffer_args* args, asg_buffer** out,
                                asg_error* err) {
  (void)device;
  *out = malloc(sizeof **out);
  char* bytes = malloc(args->size);
  if (*out == NULL || bytes == NULL) {
    free(*out);
    free(bytes);
    return fail(err, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "no memory for a buffer");
  }
  (*out)->size = args->size;
  (*out)->bytes = bytes;
  return ASG_OK;
}
static void buffer_destroy(asg_buffer* buffer) {
  free(buffer->bytes);
  free(buffer);
}
static asg_status upload(asg_buffer* buffer, const asg_transfer_args* args, asg_event** done,
                         asg_error* err) {
  (void)err;
  if (done != NULL) *done = NULL;
  memcpy(buffer->bytes + args->offset, args->host, args->size);
  return ASG_OK;
}
static asg_status download(asg_buffer* buffer, const asg_transfer_args* args, asg_event** done,
                           asg_error* err) {
  (void)err;
  if (done != NULL) *done = NULL;
  memcpy(args->host, buffer->bytes + args->offset, args->size);
  return ASG_OK;
}

static float* address(const asg_executable* executable, const asg_exec_args* args,
                      const asg_value* value) {
  const asg_binding* binding = ASG_AT(asg_binding, args->bindings, value->slot);
  char* slot = executable->constants[value->slot];
  if (slot == NULL) slot = binding->buffer->bytes + binding->offset;
  return (float*)(void*)(slot + value->offset);
}
static asg_status execute(asg_executable* executable, const asg_exec_args* args, asg_event** done,
                          asg_error* err) {
  (void)err;
  if (done != NULL) *done = NULL;
  for (uint32_t s = 0; s < executable->n_steps; ++s) {
    const matmul* step = &executable->steps[s];
    const float *a = address(executable, args, &step->a), *b = address(executable, args, &step->b);
    float* y = address(executable, args, &step->y);
    const int64_t rows = step->y.shape[0], columns = step->y.shape[1], inner = step->a.shape[1];
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) {
        float sum = 0;
        for (int64_t k = 0; k < inner; ++k) sum += a[i * inner + k] * b[k * columns + j];
        y[i * columns + j] = sum;
      }
  }
  return ASG_OK;
}

ASG_EXPORT const asg_backend_api* ASG_CALL asg_backend_v1(const asg_host* host, asg_error* err) {
  static const asg_backend_info info = {.struct_size = sizeof info,
                                        .opset = ASG_OPSET,
                                        .name = "plain",
                                        .version = "0.5",
                                        .vendor = "tests",
                                        .description = "matrix products in C"};
  static const asg_backend_api api = {.struct_size = sizeof api,
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
                                      .execute = execute};
  (void)host, (void)err;
  return &api;
}
