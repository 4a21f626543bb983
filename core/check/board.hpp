// What a process that checks is at, written where the one that waits for it can read it at any
// time.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/descriptors.hpp"

namespace asg::proof {

/// A page of memory that two processes share. Nothing in it is trusted: the plugin can write to it.
/// Threads  one of each process.
class Board {
 public:
  /// A new one.
  /// Errors   Error when the system has no memory for it.
  Board();
  /// That of another process, by its descriptor.
  explicit Board(int descriptor);
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;
  ~Board();

  [[nodiscard]] int descriptor() const { return descriptor_.number(); }

  void begin_case(std::uint64_t number, std::string_view text);
  /// A literal.
  void begin_call(const char* function);

  [[nodiscard]] std::uint64_t number() const;
  /// The case in words.
  [[nodiscard]] std::string text() const;
  /// What the plugin was asked last: "execute".
  [[nodiscard]] std::string call() const;

 private:
  struct Page {
    std::atomic<std::uint64_t> number;
    char call[64];
    char text[2048];
  };
  void map();

  loader::Descriptor descriptor_;
  Page* page_ = nullptr;
};

}  // namespace asg::proof
