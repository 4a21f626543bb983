#include "runtime/program_cache.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

#include <fmt/format.h>

namespace asg {
namespace {

// What one argument has been given as, over all programs.
struct Variety {
  std::set<DType> dtypes;
  std::set<int> ranks;
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes;  // least and most of each axis

  void see(const TensorType& type) {
    dtypes.insert(type.dtype);
    ranks.insert(type.shape.rank());
    for (int axis = 0; axis < type.shape.rank(); ++axis) {
      const std::int64_t size = type.shape[axis];
      const auto at = static_cast<std::size_t>(axis);
      if (at >= sizes.size()) sizes.emplace_back(size, size);
      sizes[at] = {std::min(sizes[at].first, size), std::max(sizes[at].second, size)};
    }
  }

  [[nodiscard]] std::vector<std::string> words(std::size_t argument) const {
    std::vector<std::string> result;
    if (dtypes.size() > 1)
      result.push_back(fmt::format("the element type of argument {} varies", argument));
    if (ranks.size() > 1) {
      result.push_back(fmt::format("the rank of argument {} varies from {} to {}", argument,
                                   *ranks.begin(), *ranks.rbegin()));
      return result;
    }
    for (std::size_t axis = 0; axis < sizes.size(); ++axis)
      if (const auto [least, most] = sizes[axis]; least != most)
        result.push_back(fmt::format("axis {} of argument {} varies from {} to {}", axis, argument,
                                     least, most));
    return result;
  }
};

}  // namespace

std::size_t ProgramCache::Hash::operator()(const Types& types) const {
  std::uint64_t hash = 14695981039346656037u;
  const auto mix = [&](std::uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  };
  for (const TensorType& type : types) {
    mix(static_cast<std::uint64_t>(type.dtype));
    mix(static_cast<std::uint64_t>(type.shape.rank()));
    for (const std::int64_t size : type.shape) mix(static_cast<std::uint64_t>(size));
  }
  return hash;
}

const CompiledGraph* ProgramCache::find(const Types& types) {
  const auto found = index_.find(types);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->second;
}

void ProgramCache::add(const Types& types, CompiledGraph program) {
  while (full()) {
    index_.erase(entries_.back().first);
    entries_.pop_back();
  }
  entries_.emplace_front(types, std::move(program));
  index_[types] = entries_.begin();
}

void ProgramCache::clear() {
  index_.clear();
  entries_.clear();
}

std::string ProgramCache::what_varies(const Types& types) const {
  std::vector<Variety> arguments(types.size());
  const auto see = [&](const Types& seen) {
    for (std::size_t i = 0; i < std::min(seen.size(), arguments.size()); ++i)
      arguments[i].see(seen[i]);
  };
  see(types);
  for (const auto& [known, program] : entries_) see(known);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    for (std::string& word : arguments[i].words(i)) words.push_back(std::move(word));
  return words.empty() ? "the number of arguments varies"
                       : fmt::format("{}", fmt::join(words, " and "));
}

}  // namespace asg
