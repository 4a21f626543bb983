/* A plugin with one fault, the one that FAULT_... names.  BACKEND is its name. */
#include "table.h"

static asg_backend_info info;
static asg_backend_api api;

#if defined(FAULT_create_fails)
static asg_status fail_create(const asg_host* host, asg_backend** out, asg_error* err) {
  (void)host, (void)out;
  strcpy(err->message, "no driver\x01 for this \xff machine\n");
  return ASG_UNAVAILABLE;
}
#elif defined(FAULT_create_gives_nothing)
static asg_status fail_create(const asg_host* host, asg_backend** out, asg_error* err) {
  (void)host, (void)out, (void)err;
  return ASG_OK;
}
#elif defined(FAULT_fails_without_reason)
static asg_status fail_create(const asg_host* host, asg_backend** out, asg_error* err) {
  (void)host, (void)out, (void)err;
  return 12345;
}
#elif defined(FAULT_no_devices)
static uint32_t no_devices(asg_backend* backend) { return (void)backend, 0u; }
#elif defined(FAULT_odd_alignment)
static asg_status odd_info(asg_backend* backend, uint32_t index, asg_device_info* out,
                           asg_error* err) {
  out->offset_alignment = 24;
  return stub_device_info(backend, index, out, err);
}
#elif defined(FAULT_short_facts)
static asg_status short_facts(asg_backend* backend, uint32_t index, asg_device_info* out,
                              asg_error* err) {
  out->struct_size = 100;
  return stub_device_info(backend, index, out, err);
}
#elif defined(FAULT_needs_more)
static asg_status needs_more(asg_backend* backend, uint32_t index, asg_device_info* out,
                             asg_error* err) {
  out->host_features = 1u << 5;
  return stub_device_info(backend, index, out, err);
}
#elif defined(FAULT_odd_option)
static const asg_option_info odd_option[] = {{"Cache Size", "1", "of nothing"}};
#elif defined(FAULT_narrow_rows)
static asg_status narrow_rows(asg_backend* backend, uint32_t index, asg_device_info* out,
                              asg_error* err) {
  static const asg_op_cap row;
  out->op_caps.data = &row;
  out->op_caps.count = 1;
  out->op_caps.stride = 8;
  return stub_device_info(backend, index, out, err);
}
#elif defined(FAULT_undefined_symbol)
int asg_test_is_defined_nowhere(void);
#elif defined(FAULT_missing_library)
int asg_test_absent(void);
#endif

ASG_EXPORT const asg_backend_api* ASG_CALL asg_backend_v1(const asg_host* host, asg_error* err) {
  (void)host, (void)err;
  info = stub_info(BACKEND);
  api = stub_api(&info);
#if defined(FAULT_refuses)
  strcpy(err->message, "this processor has no vector unit");
  return NULL;
#elif defined(FAULT_refuses_silently)
  return NULL;
#elif defined(FAULT_small_table)
  api.struct_size = 64;
#elif defined(FAULT_no_function)
  api.execute = NULL;
#elif defined(FAULT_no_event_destroy)
  api.event_wait = (asg_status(*)(asg_event*, uint64_t, asg_error*))(void (*)(void))stub_execute;
#elif defined(FAULT_wrong_name)
  info.name = "someone_else";
#elif defined(FAULT_no_name)
  info.name = NULL;
#elif defined(FAULT_bad_name)
  info.name = "Not A Name";
#elif defined(FAULT_no_info)
  api.info = NULL;
#elif defined(FAULT_small_info)
  info.struct_size = 16;
#elif defined(FAULT_no_opset)
  info.opset = 0;
#elif defined(FAULT_sanitized)
  info.sanitizers = 0x40000000;
#elif defined(FAULT_create_fails) || defined(FAULT_create_gives_nothing) || \
    defined(FAULT_fails_without_reason)
  api.create = fail_create;
#elif defined(FAULT_no_devices)
  api.device_count = no_devices;
#elif defined(FAULT_odd_alignment)
  api.device_info = odd_info;
#elif defined(FAULT_short_facts)
  api.device_info = short_facts;
#elif defined(FAULT_needs_more)
  api.device_info = needs_more;
#elif defined(FAULT_odd_option)
  info.options.data = odd_option;
  info.options.count = 1;
  info.options.stride = sizeof odd_option[0];
#elif defined(FAULT_narrow_options)
  info.options.data = &info;
  info.options.count = 1;
  info.options.stride = 8;
#elif defined(FAULT_narrow_rows)
  api.device_info = narrow_rows;
#elif defined(FAULT_undefined_symbol)
  api.abi_minor = (uint32_t)asg_test_is_defined_nowhere();
#elif defined(FAULT_missing_library)
  api.abi_minor = (uint32_t)asg_test_absent();
#elif !defined(FAULT_none) && !defined(FAULT_asan)
#error "which fault?"
#endif
  return &api;
}
