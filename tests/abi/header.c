/* The ABI header is the whole program: it must compile alone, without a warning, as C and C++. */
#include <asg/sdk/backend.h>

const asg_backend_api* ASG_CALL asg_backend_v1(const asg_host* host, asg_error* err) ASG_NOEXCEPT {
  static const asg_backend_api api = {sizeof(asg_backend_api), ASG_ABI_MINOR, NULL, NULL, NULL,
                                      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                                      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
  return ASG_HAS(host, version) && err != NULL ? &api : NULL;
}
