/* A complete backend of one device that accepts nothing and succeeds at everything: what the faulty
 * plugins are made of.  C11 and C++14. */
#ifndef ASG_TESTS_TABLE_H_
#define ASG_TESTS_TABLE_H_

#include <asg/sdk/backend.h>
#include <string.h>

static char object; /* stands for every handle */

static asg_status stub_create(const asg_host* host, asg_backend** out, asg_error* err) {
  (void)host, (void)err;
  *out = (asg_backend*)&object;
  return ASG_OK;
}
static void stub_destroy(asg_backend* backend) { (void)backend; }
static uint32_t stub_device_count(asg_backend* backend) { return (void)backend, 1u; }
static asg_status stub_device_info(asg_backend* backend, uint32_t index, asg_device_info* out,
                                   asg_error* err) {
  (void)backend, (void)index, (void)err;
  strcpy(out->id, "stub");
  return ASG_OK;
}
static asg_status stub_device_open(asg_backend* backend, const asg_open_args* args,
                                   asg_device** out, asg_error* err) {
  (void)backend, (void)args, (void)err;
  *out = (asg_device*)&object;
  return ASG_OK;
}
static void stub_device_close(asg_device* device) { (void)device; }
static asg_status stub_compile(asg_device* device, const asg_compile_args* args,
                               asg_executable** out, asg_error* err) {
  (void)device, (void)args, (void)err;
  *out = (asg_executable*)&object;
  return ASG_OK;
}
static void stub_executable_destroy(asg_executable* executable) { (void)executable; }
static asg_status stub_buffer_create(asg_device* device, const asg_buffer_args* args,
                                     asg_buffer** out, asg_error* err) {
  (void)device, (void)args, (void)err;
  *out = (asg_buffer*)&object;
  return ASG_OK;
}
static void stub_buffer_destroy(asg_buffer* buffer) { (void)buffer; }
static asg_status stub_upload(asg_buffer* buffer, const asg_transfer_args* args, asg_event** done,
                              asg_error* err) {
  (void)buffer, (void)args, (void)done, (void)err;
  return ASG_OK;
}
static asg_status stub_download(asg_buffer* buffer, const asg_transfer_args* args,
                                asg_event** done, asg_error* err) {
  (void)buffer, (void)args, (void)done, (void)err;
  return ASG_OK;
}
static asg_status stub_execute(asg_executable* executable, const asg_exec_args* args,
                               asg_event** done, asg_error* err) {
  (void)executable, (void)args, (void)done, (void)err;
  return ASG_OK;
}

static asg_backend_info stub_info(const char* name) {
  asg_backend_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  info.opset = ASG_OPSET;
  info.name = name;
  info.version = "1.2.3";
  return info;
}

static asg_backend_api stub_api(const asg_backend_info* info) {
  asg_backend_api api;
  memset(&api, 0, sizeof api);
  api.struct_size = sizeof api;
  api.abi_minor = ASG_ABI_MINOR;
  api.info = info;
  api.create = stub_create;
  api.destroy = stub_destroy;
  api.device_count = stub_device_count;
  api.device_info = stub_device_info;
  api.device_open = stub_device_open;
  api.device_close = stub_device_close;
  api.compile = stub_compile;
  api.executable_destroy = stub_executable_destroy;
  api.buffer_create = stub_buffer_create;
  api.buffer_destroy = stub_buffer_destroy;
  api.upload = stub_upload;
  api.download = stub_download;
  api.execute = stub_execute;
  return api;
}

#endif /* ASG_TESTS_TABLE_H_ */
