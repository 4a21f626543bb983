/* A shared library that is no plugin of this asg, and that shows when its code was run. */
#include <stdio.h>
#include <stdlib.h>

/* In a file, because it may run in another process than the test's. */
__attribute__((constructor)) static void leave_a_trace(void) {
  const char* const path = getenv("ASG_TEST_TRACE");
  FILE* const file = path == NULL ? NULL : fopen(path, "w");
  if (file != NULL) fclose(file);
}

#ifdef ENTRY
__attribute__((visibility("default"))) const void* ENTRY(void);
const void* ENTRY(void) { return NULL; }
#else
__attribute__((visibility("default"))) int something_useful(void);
int something_useful(void) { return 1; }
#endif
