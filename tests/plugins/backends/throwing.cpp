// Functions that throw what they must not. In C++14 the ABI's function types are not noexcept, so
// nothing in the plugin stops the exceptions.
#include <stdexcept>

#include "table.h"

namespace {

asg_backend_info info;
asg_backend_api api;

asg_status throw_from_create(const asg_host*, asg_backend**, asg_error*) {
  throw std::runtime_error("the driver fell over");
}
asg_status throw_from_execute(asg_executable*, const asg_exec_args*, asg_event**, asg_error*) {
  throw 42;
}
void throw_from_close(asg_device*) { throw std::runtime_error("cannot close"); }

#if defined(THROWS_in_constructor)
struct Thrower {
  Thrower() { throw std::runtime_error("before it was asked"); }
};
const Thrower thrower;
#endif

}  // namespace

extern "C" ASG_EXPORT const asg_backend_api* ASG_CALL asg_backend_v1(const asg_host*, asg_error*) {
  info = stub_info(BACKEND);
  api = stub_api(&info);
#if defined(THROWS_in_entry)
  throw std::runtime_error("not today");
#elif defined(THROWS_in_create)
  api.create = throw_from_create;
#else
  api.execute = throw_from_execute;
  api.device_close = throw_from_close;
#endif
  static_cast<void>(throw_from_create);
  static_cast<void>(throw_from_execute);
  static_cast<void>(throw_from_close);
  return &api;
}
