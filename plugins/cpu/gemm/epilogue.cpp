#include "gemm/epilogue.hpp"

#include <vector>

namespace asg::cpu {

Epilogue::Epilogue(const sdk::ProgramCopy& program, const asg_step& step, bool whole_rows) {
  const Form form = epilogue_form(program, step);
  const std::vector<Nest> nests = make_nests(program, form, 1);
  stores_ = !nests.empty();
  if (!stores_) return;
  const auto build = [&](int64_t tile) {
    return make_tape(program, form, nests[0], epilogue_tiling(form, nests[0], tile, whole_rows),
                     {});
  };
  tape_ = fit_first_cache(build(most_points), build);
}

}  // namespace asg::cpu
