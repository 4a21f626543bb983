// File descriptors: owning them, and seeing whether a plugin has touched those of others.
#pragma once
#include <sys/stat.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace asg::loader {

/// A descriptor that is closed at the end; -1 for none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  [[nodiscard]] explicit operator bool() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// Watches descriptors that belong to the program: what stands behind a number must not change.
class DescriptorWatch {
 public:
  /// Of the standard streams, and of `more`.
  explicit DescriptorWatch(std::span<const int> more = {});
  DescriptorWatch(const DescriptorWatch&) = delete;
  DescriptorWatch& operator=(const DescriptorWatch&) = delete;

  /// The first that was closed or replaced, or -1. Standard streams are put back, so that the
  /// complaint can be read.
  [[nodiscard]] int changed() const;
  /// Errors   Refusal naming `function` when one was changed.
  void check(std::string_view function) const;

 private:
  struct Watched {
    int number;
    bool open;
    struct stat status;
    Descriptor copy;
  };
  std::vector<Watched> watched_;
};

}  // namespace asg::loader
