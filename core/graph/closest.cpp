#include "graph/closest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace asg {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string closest(std::string_view wanted, std::span<const std::string> known) {
  std::string best;
  if (wanted.size() > 64) return best;
  std::size_t distance = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  for (const std::string& word : known)
    if (const std::size_t d = edit_distance(wanted, word); d < std::min(distance, word.size())) {
      distance = d;
      best = word;
    }
  return best;
}

}  // namespace asg
