// asg/sdk/error.hpp - exceptions inside a plugin, status and message outside.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include <asg/sdk/backend.h>

namespace asg::sdk {

/// What plugin code throws: it becomes the status, step and message that the host sees.
class Error : public std::exception {
 public:
  Error(asg_status code, std::string message, uint32_t step = ASG_NO_STEP)
      : code_(code), step_(step), message_(std::move(message)) {}

  const char* what() const noexcept override { return message_.c_str(); }
  asg_status code() const noexcept { return code_; }
  uint32_t step() const noexcept { return step_; }

 private:
  asg_status code_;
  uint32_t step_;
  std::string message_;
};

/// Writes code, step and as much of the message as fits into the host's error; returns code.
inline asg_status report(asg_error* error, asg_status code, uint32_t step,
                         const char* message) noexcept {
  if (error != nullptr && error->struct_size > offsetof(asg_error, message)) {
    error->code = code;
    error->step = step;
    // A later header may have more behind the message.
    const std::size_t room =
        std::min<std::size_t>(error->struct_size, sizeof *error) - offsetof(asg_error, message) - 1;
    std::size_t length = std::strlen(message);
    if (length > room) {
      length = room;
      // Never cut a UTF-8 character in two: the host promises its users valid text.
      while (length > 0 && (static_cast<unsigned char>(message[length]) & 0xc0u) == 0x80u) --length;
    }
    std::memcpy(error->message, message, length);
    error->message[length] = '\0';
  }
  return code;
}

/// Runs `body`; every exception becomes a status and a message, none leaves.
template <class Body>
asg_status guard(asg_error* error, Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return ASG_OK;
  } catch (const Error& e) {
    return report(error, e.code(), e.step(), e.what());
  } catch (const std::bad_alloc&) {
    return report(error, ASG_OUT_OF_MEMORY, ASG_NO_STEP, "out of memory");
  } catch (const std::exception& e) {
    return report(error, ASG_INTERNAL, ASG_NO_STEP, e.what());
  } catch (...) {
    return report(error, ASG_INTERNAL, ASG_NO_STEP, "an exception of unknown type");
  }
}

}  // namespace asg::sdk
