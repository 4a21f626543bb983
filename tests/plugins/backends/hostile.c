/* A plugin that does what its file's name says: asg-backend-PLACE_ACTION.so, "create_crashes".  Its
 * name is that of the file, so that one library makes all of them.  With ASG_TEST_INNER, the path
 * of a good plugin, it works as that one does, until the place is reached. */
#define _GNU_SOURCE
#include "table.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char name[128];
static asg_backend_info info;
static asg_backend_api api, inner;

static void read_name(void) {
  Dl_info found;
  if (name[0] != '\0' || dladdr(&info, &found) == 0) return;
  /* Where others may write to the directory, the host loads what it has judged by a descriptor. */
  char target[4096] = "";
  const char* path = found.dli_fname;
  if (strncmp(path, "/proc/", 6) == 0 && readlink(path, target, sizeof target - 1) > 0)
    path = target;
  const char* file = strrchr(path, '/');
  file = file == NULL ? path : file + 1;
  if (strncmp(file, "asg-backend-", 12) != 0) return;
  snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - 15), file + 12);
}

static int overflow(volatile int* depth) {
  volatile int more[256];
  more[0] = *depth + 1;
  return *depth < 0 ? 0 : overflow(more) + more[0];
}

static void eat_memory(void) {
  volatile int first = 0;
  for (;;) {
    volatile char* const block = malloc((size_t)256 << 20);
    if (block == NULL) abort();
    block[0] = (char)++first;
  }
}

/* In the group of the process, with all of its descriptors. */
static void leave_a_process(void) {
  const pid_t child = fork();
  if (child != 0) return;
  sleep(600);
  _exit(0);
}

static void act(const char* action) {
  volatile int depth = 0;
  if (strcmp(action, "crashes") == 0) raise(SIGSEGV);
  if (strcmp(action, "overflows") == 0) overflow(&depth);
  if (strcmp(action, "aborts") == 0) abort();
  if (strcmp(action, "exits") == 0) exit(0);
  if (strcmp(action, "vanishes") == 0) _exit(0);
  if (strcmp(action, "loops") == 0)
    for (;;) depth = 1;
  if (strcmp(action, "sleeps") == 0)
    for (;;) pause();
  if (strcmp(action, "stops") == 0) raise(SIGSTOP);
  if (strcmp(action, "eats") == 0) eat_memory();
  if (strcmp(action, "forks") == 0) leave_a_process();
  if (strcmp(action, "rounds") == 0) fesetround(FE_UPWARD);
  if (strcmp(action, "closes") == 0) close(1);
  if (strcmp(action, "sweeps") == 0)
    for (int i = 0; i < 1024; ++i) close(i);
  if (strcmp(action, "chatters") == 0)
    for (;;) fputs("chatter\n", stdout);
  if (strcmp(action, "redirects") == 0) dup2(open("/dev/null", O_WRONLY), 2);
#if defined(__SSE__)
  if (strcmp(action, "flushes") == 0) __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u);
#endif
}

static void reach(const char* place) {
  read_name();
  const size_t length = strlen(place);
  if (strncmp(name, place, length) == 0 && name[length] == '_') act(name + length + 1);
}

/* A line in the file ASG_TEST_TRACE for every time that it is loaded. */
static void leave_a_trace(void) {
  const char* const path = getenv("ASG_TEST_TRACE");
  const int file = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file < 0) return;
  dprintf(file, "%s\n", name);
  close(file);
}

__attribute__((constructor)) static void construct(void) {
  read_name();
  leave_a_trace();
  reach("constructor");
}

#define PLACE(result, function, parameters, arguments) \
  static result function parameters {                  \
    reach(#function);                                  \
    return inner.function arguments;                   \
  }
PLACE(asg_status, create, (const asg_host* h, asg_backend** out, asg_error* e), (h, out, e))
PLACE(uint32_t, device_count, (asg_backend * b), (b))
PLACE(asg_status, device_info, (asg_backend * b, uint32_t i, asg_device_info* out, asg_error* e),
      (b, i, out, e))
PLACE(asg_status, device_open,
      (asg_backend * b, const asg_open_args* a, asg_device** out, asg_error* e), (b, a, out, e))
PLACE(asg_status, compile,
      (asg_device * d, const asg_compile_args* a, asg_executable** out, asg_error* e),
      (d, a, out, e))
PLACE(asg_status, upload,
      (asg_buffer * b, const asg_transfer_args* a, asg_event** done, asg_error* e),
      (b, a, done, e))
PLACE(asg_status, execute,
      (asg_executable * x, const asg_exec_args* a, asg_event** done, asg_error* e), (x, a, done, e))
static void destroy(asg_backend* backend) {
  reach("destroy");
  inner.destroy(backend);
}

static void find_inner(const asg_host* host, asg_error* err) {
  const char* const path = getenv("ASG_TEST_INNER");
  void* const library = path == NULL ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  asg_backend_entry entry = NULL;
  void* const symbol = library == NULL ? NULL : dlsym(library, ASG_ENTRY_SYMBOL);
  memcpy(&entry, &symbol, sizeof entry);
  const asg_backend_api* const table = entry == NULL ? NULL : entry(host, err);
  info = stub_info(name);
  inner = stub_api(&info);
  if (table == NULL) return;
  inner = *table;
  info = *table->info;
}

ASG_EXPORT const asg_backend_api* ASG_CALL asg_backend_v1(const asg_host* host, asg_error* err) {
  reach("entry");
  find_inner(host, err);
  info.name = name;
  if (strncmp(name, "says_", 5) == 0) info.description = "two\nlines \x1b[31m and \xff no text";
  api = inner;
  api.info = &info;
  api.create = create;
  api.destroy = destroy;
  api.device_count = device_count;
  api.device_info = device_info;
  api.device_open = device_open;
  api.compile = compile;
  api.upload = upload;
  api.execute = execute;
  return &api;
}
