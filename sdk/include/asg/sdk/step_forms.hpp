// asg/sdk/step_forms.hpp - steps that are neither regions nor claimed, checked and read once.
//
// A plugin makes a form of a step when it compiles it, and finds in it what the header says of the
// op: nothing that breaks the contract comes past.
// Errors of all: ASG_INVALID_ARGUMENT naming the op, where the program breaks the contract.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <asg/sdk/error.hpp>
#include <asg/sdk/host_kernel.hpp>
#include <asg/sdk/program_copy.hpp>

namespace asg::sdk {

inline void require(bool ok, const std::string& what) {
  if (!ok) throw Error(ASG_INVALID_ARGUMENT, what);
}
inline void require_arity(const asg_step& step, uint32_t inputs, uint32_t outputs) {
  require(step.n_inputs == inputs && step.n_outputs == outputs,
          std::string(step.name) + ": wrong number of inputs or outputs");
}
inline bool same_shape(const asg_value& a, const asg_value& b) {
  return a.rank == b.rank && std::equal(a.shape, a.shape + a.rank, b.shape);
}
/// The attribute `axis`, which names an axis of the value.
inline uint32_t checked_axis(const asg_step& step, const asg_value& value) {
  const int64_t axis = attr_int(step, "axis");
  require(axis >= 0 && axis < value.rank, std::string(step.name) + ": axis " +
                                              std::to_string(axis) + " of " +
                                              std::to_string(value.rank));
  return static_cast<uint32_t>(axis);
}
/// The attribute `mode` as the number of one of `names`.
template <class Mode, std::size_t N>
Mode checked_mode(const asg_step& step, const std::array<std::string_view, N>& names) {
  const std::string_view mode = attr_string(step, "mode");
  const auto* const found = std::find(names.begin(), names.end(), mode);
  require(found != names.end(),
          std::string(step.name) + ": unknown mode '" + std::string(mode) + "'");
  return static_cast<Mode>(found - names.begin());
}

/// SORT: x -> sorted x, positions.
struct SortForm {
  uint32_t axis;
  bool descending;

  SortForm(const ProgramCopy& program, const asg_step& step) {
    require_arity(step, 1, 2);
    const asg_value& x = program.input(step, 0);
    axis = checked_axis(step, x);
    require(same_shape(x, program.output(step, 0)) && same_shape(x, program.output(step, 1)),
            "sort: shapes do not fit");
    descending = attr_int(step, "descending", 0) != 0;
  }
};

/// CUMULATIVE: x -> y.
struct CumulativeForm {
  enum class Mode : uint8_t { sum, prod, max };
  uint32_t axis;
  Mode mode;
  bool exclusive, reverse;

  CumulativeForm(const ProgramCopy& program, const asg_step& step) {
    require_arity(step, 1, 1);
    const asg_value& x = program.input(step, 0);
    axis = checked_axis(step, x);
    require(same_shape(x, program.output(step, 0)), "cumulative: shapes do not fit");
    mode = checked_mode<Mode, 3>(step, {"sum", "prod", "max"});
    exclusive = attr_int(step, "exclusive", 0) != 0;
    reverse = attr_int(step, "reverse", 0) != 0;
  }
};

/// ARG_REDUCE: x -> y, which lacks the axis.
struct ArgReduceForm {
  uint32_t axis;
  bool largest;

  ArgReduceForm(const ProgramCopy& program, const asg_step& step) {
    require_arity(step, 1, 1);
    const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
    axis = checked_axis(step, x);
    bool fits = y.rank + 1 == x.rank;
    for (uint32_t d = 0; fits && d < y.rank; ++d)
      fits = y.shape[d] == x.shape[d < axis ? d : d + 1];
    require(fits, "arg_reduce: shapes do not fit");
    require(x.shape[axis] > 0 || element_count(y) == 0, "arg_reduce: nothing to choose from");
    enum class Mode : uint8_t { max, min };
    largest = checked_mode<Mode, 2>(step, {"max", "min"}) == Mode::max;
  }
};

/// What GATHER and SCATTER share: picked[b, p, i, q] is x[b, p, indices[b, i], q].
struct IndexForm {
  uint32_t axis;        // of x, that is indexed
  uint32_t batch_dims;  // b: the first axes of all three
  uint32_t index_axes;  // i: those of indices that are no batch
  int64_t extent;       // of the axis

  IndexForm(const asg_step& step, const asg_value& x, const asg_value& indices,
            const asg_value& picked)
      : axis(checked_axis(step, x)), extent(x.shape[axis]) {
    const std::string name = step.name;
    const int64_t batch = attr_int(step, "batch_dims", 0);
    require(batch >= 0 && batch <= axis && batch <= indices.rank,
            name + ": batch_dims must be in [0, axis]");
    batch_dims = static_cast<uint32_t>(batch);
    index_axes = indices.rank - batch_dims;
    bool fits = picked.rank + 1 == x.rank + index_axes;
    for (uint32_t d = 0; d < batch_dims; ++d) fits &= indices.shape[d] == x.shape[d];
    uint32_t at = 0;
    const auto expect = [&](int64_t size) { fits = fits && picked.shape[at++] == size; };
    for (uint32_t d = 0; fits && d < axis; ++d) expect(x.shape[d]);
    for (uint32_t d = batch_dims; fits && d < indices.rank; ++d) expect(indices.shape[d]);
    for (uint32_t d = axis + 1; fits && d < x.rank; ++d) expect(x.shape[d]);
    require(fits, name + ": shapes do not fit");
  }

  /// For an index that was met when a step runs.
  void check_index(const char* name, int64_t index) const {
    if (index < 0 || index >= extent)
      throw Error(ASG_INVALID_ARGUMENT, std::string(name) + ": index " + std::to_string(index) +
                                            " is outside [0, " + std::to_string(extent) +
                                            ") of axis " + std::to_string(axis));
  }
};

/// GATHER: x, indices -> picked.
struct GatherForm : IndexForm {
  GatherForm(const ProgramCopy& program, const asg_step& step)
      : IndexForm((require_arity(step, 2, 1), step), program.input(step, 0), program.input(step, 1),
                  program.output(step, 0)) {}
};

/// SCATTER: x, indices, picked -> y like x.
struct ScatterForm : IndexForm {
  enum class Mode : uint8_t { set, add, max, min };
  Mode mode;

  ScatterForm(const ProgramCopy& program, const asg_step& step)
      : IndexForm((require_arity(step, 3, 1), step), program.input(step, 0), program.input(step, 1),
                  program.input(step, 2)),
        mode(checked_mode<Mode, 4>(step, {"set", "add", "max", "min"})) {
    const asg_value& x = program.input(step, 0);
    require(same_shape(x, program.output(step, 0)), "scatter: x and y differ in shape");
    require(mode != Mode::add || x.dtype != ASG_BOOL, "scatter: bool has no sum");
  }
};

/// FOLD: x [..., O1..On, K1..Kn] -> y [..., S1..Sn].
struct FoldForm {
  Ints strides, dilations, pads;  // of the step, for each of the n axes
  uint32_t n;
  uint32_t outer;  // axes before them

  FoldForm(const ProgramCopy& program, const asg_step& step)
      : strides(attr_ints(step, "strides")),
        dilations(attr_ints(step, "dilations")),
        pads(attr_ints(step, "pads")),
        n(pads.size()) {
    require_arity(step, 1, 1);
    const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
    require(strides.size() == n && dilations.size() == n,
            "fold: strides, dilations and pads differ in length");
    require(n <= y.rank && x.rank == y.rank + n, "fold: ranks do not fit");
    outer = y.rank - n;
    require(std::equal(y.shape, y.shape + outer, x.shape), "fold: shapes do not fit");
    for (uint32_t d = 0; d < n; ++d)
      require(strides[d] > 0 && dilations[d] > 0, "fold: strides and dilations must be positive");
  }
};

/// MATMUL: a [..., m, k], b [..., k, n] -> c [..., m, n], or an epilogue's product.
struct MatmulForm {
  asg_value c;  // the output; of an epilogue, a row-major value that is nowhere in the program
  bool has_epilogue;
  int64_t m, n, k;

  MatmulForm(const ProgramCopy& program, const asg_step& step)
      : has_epilogue(program.region(step) != nullptr) {
    require(has_epilogue ? step.n_inputs >= 2 : step.n_inputs == 2 && step.n_outputs == 1,
            std::string(step.name) + ": wrong number of inputs or outputs");
    const asg_value &a = program.input(step, 0), &b = program.input(step, 1);
    const uint32_t rank = a.rank;
    require(rank >= 2 && b.rank == rank, "matmul: ranks differ or are below 2");
    c = a;
    c.shape[rank - 1] = b.shape[rank - 1];
    int64_t stride = 1;
    for (uint32_t d = rank; d-- > 0; stride *= c.shape[d]) c.strides[d] = stride;
    bool fits = a.shape[rank - 1] == b.shape[rank - 2];
    for (uint32_t d = 0; d + 2 < rank; ++d) fits &= a.shape[d] == b.shape[d];
    if (has_epilogue) {
      c.dtype = product_dtype(program, step);
    } else {
      fits &= same_shape(program.output(step, 0), c);
      c = program.output(step, 0);
    }
    require(fits, "matmul: shapes do not fit");
    m = c.shape[rank - 2];
    n = c.shape[rank - 1];
    k = a.shape[rank - 1];
  }
};

}  // namespace asg::sdk
