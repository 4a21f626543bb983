/* The library that the plugin missing_library does not find. */
__attribute__((visibility("default"))) int asg_test_absent(void);
int asg_test_absent(void) { return 0; }
