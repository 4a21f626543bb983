/* A shared library that is no plugin of this asg, and that shows when its code was run. */
#include <stdlib.h>

__attribute__((constructor)) static void leave_a_trace(void) {
  setenv("ASG_TEST_CONSTRUCTOR_RAN", "1", 1);
}

#ifdef ENTRY
__attribute__((visibility("default"))) const void* ENTRY(void);
const void* ENTRY(void) { return NULL; }
#else
__attribute__((visibility("default"))) int something_useful(void);
int something_useful(void) { return 1; }
#endif
