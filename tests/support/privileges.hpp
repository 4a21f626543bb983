// Doing without what root may do.
#pragma once
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>

namespace test_support {

/// Takes from this thread for a while what lets root read and write anywhere.
class Unprivileged {
 public:
  Unprivileged() {
    get(old_);
    __user_cap_data_struct less[2] = {old_[0], old_[1]};
    less[0].effective &= ~(1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH);
    set(less);
  }
  ~Unprivileged() { set(old_); }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  static void get(__user_cap_data_struct* data) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    if (::syscall(SYS_capget, &header, data) != 0) throw std::runtime_error("capget");
  }
  static void set(const __user_cap_data_struct* data) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    if (::syscall(SYS_capset, &header, data) != 0) throw std::runtime_error("capset");
  }
  __user_cap_data_struct old_[2] = {};
};

}  // namespace test_support
