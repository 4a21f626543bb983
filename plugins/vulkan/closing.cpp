#include "closing.hpp"

#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <vector>

namespace asg::vulkan {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<ClosedAtExit*> open;
};
// Never destroyed: it is used when static objects are.
Registry& registry() {
  static Registry* const all = new Registry;
  return *all;
}

void close_all() {
  const std::lock_guard lock(registry().mutex);
  auto& open = registry().open;
  for (; !open.empty(); open.pop_back()) open.back()->close();
}

// The objects of the thread that ends the process are destroyed first of all, and what is registered
// then is called before the destructor of any static object.
struct OfThread {
  ~OfThread() {
    if (gettid() == getpid()) std::atexit(close_all);
  }
};

}  // namespace

ClosedAtExit::~ClosedAtExit() {
  const std::lock_guard lock(registry().mutex);
  std::erase(registry().open, this);
}

void ClosedAtExit::close_at_exit() {
  thread_local const OfThread here;
  const std::lock_guard lock(registry().mutex);
  registry().open.push_back(this);
}

}  // namespace asg::vulkan
