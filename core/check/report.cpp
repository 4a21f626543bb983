#include "check/report.hpp"

#include <algorithm>
#include <string_view>

namespace asg::proof {
namespace {

// Messages of plugins have numbers and names of the case in them: what is the same without digits
// is the same fault.
bool same_fault(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto next = [&](std::string_view& text) {
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    const char c = text.empty() ? '\0' : text.front();
    if (!text.empty()) text.remove_prefix(1);
    return c;
  };
  while (!a.empty() || !b.empty())
    if (next(a) != next(b)) return false;
  return true;
}

}  // namespace

void KindReport::add(const Finding& finding) {
  const auto same = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) {
    return same_fault(f.what, finding.what);
  });
  if (same == findings.end())
    findings.push_back(finding);
  else
    same->times += finding.times;
}

void KindReport::merge(const KindReport& part) {
  checked += part.checked;
  refused += part.refused;
  for (const Finding& finding : part.findings) add(finding);
  facts.insert(facts.end(), part.facts.begin(), part.facts.end());
  notes.insert(notes.end(), part.notes.begin(), part.notes.end());
}

}  // namespace asg::proof
