#include "gemm/epilogue.hpp"

#include <vector>

namespace asg::cpu {

Epilogue::Epilogue(const sdk::ProgramCopy& program, const asg_step& step, bool whole_rows) {
  const Form form = epilogue_form(program, step);
  const std::vector<Group> groups = make_groups(program, form, 1);
  stores_ = !groups.empty();
  if (!stores_) return;
  const auto build = [&](int64_t tile) {
    return make_tape(program, form, groups[0], epilogue_nest(form, groups[0], tile, whole_rows),
                     {});
  };
  // Registers of a tile should stay in the first cache.
  constexpr std::size_t first_cache = 40u << 10;
  tape_ = build(1024);
  for (int64_t tile = 512; tile >= 256 && tape_.scratch_bytes > first_cache; tile /= 2)
    tape_ = build(tile);
}

}  // namespace asg::cpu
