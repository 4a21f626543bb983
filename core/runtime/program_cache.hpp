// The programs of a function, by the types of its arguments.
#pragma once
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

#include <asg/runtime/compile.hpp>

namespace asg {

/// At most `limit` programs: the one that was not asked for for the longest time makes room.
class ProgramCache {
 public:
  explicit ProgramCache(std::size_t limit) : limit_(limit) {}

  /// The program for these types, nullptr when there is none.
  [[nodiscard]] const CompiledGraph* find(const Types& types);
  void add(const Types& types, CompiledGraph program);
  void clear();

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool full() const { return entries_.size() >= limit_; }
  /// How the types differ from those that there are, in words: "axis 1 of argument 0 varies from 3
  /// to 80".
  [[nodiscard]] std::string what_varies(const Types& types) const;

 private:
  struct Hash {
    std::size_t operator()(const Types& types) const;
  };
  using Entries = std::list<std::pair<Types, CompiledGraph>>;

  std::size_t limit_;
  Entries entries_;  // the last one asked for stands first
  std::unordered_map<Types, Entries::iterator, Hash> index_;
};

}  // namespace asg
