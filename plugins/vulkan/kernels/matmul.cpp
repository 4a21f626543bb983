// MATMUL: a [..., M, K], b [..., K, N] -> [..., M, N], stored or handed to an epilogue.
#include <fmt/format.h>

#include <algorithm>

#include <asg/sdk/region_check.hpp>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"
#include "product/sums.hpp"
#include "region/emit.hpp"
#include "region/form.hpp"
#include "region/reach.hpp"

namespace asg::vulkan {
using namespace fmt::literals;
namespace {

std::vector<int64_t> batch_of(const Product& product) {
  return {product.a.shape, product.a.shape + product.rank - 2};
}

/// Prints what becomes of the element of the product at `coordinates`.
void print_element(Shader& shader, const std::vector<std::string>& coordinates,
                   const std::string& element) {
  const StepContext& context = shader.context();
  const asg_region* region = context.program.region(context.step);
  if (region == nullptr) {
    const Shader::Elements to = shader.value(context.step.outputs[0], true);
    shader.print(to.store(element_of(context.output(0), to, coordinates), element));
    return;
  }
  const Form form(context.program, *region, false);
  Emitter emitter(shader, form, coordinates);
  emitter.product = element;
  emitter.phase(0);
}

class ProductShaders {
 public:
  ProductShaders(const Product& product, const Cut& cut)
      : product_(product),
        cut_(cut),
        tile_(cut.tile),
        elements_(static_cast<uint64_t>(product.m * product.n * product.batch)) {}

  /// Whether the shader keeps below the iterations that the device is trusted with.
  bool make(StepPlan& plan) {
    const uint64_t before = plan.temporary_bytes;
    if (cut_.in_parts()) partial_ = plan.allocate(product_.dtype, elements_ * cut_.slices);
    Shader shader(product_.context, tile_.threads());
    print_place(shader);
    Sums(shader, product_, cut_).print();
    print_results(shader);
    if (shader.iterations() > product_.context.traits.max_iterations && !least()) {
      plan.temporary_bytes = before;
      return false;
    }
    plan.add(shader.finish(cut_.groups() * static_cast<uint64_t>(product_.batch), false),
             cut_.runs);
    if (cut_.in_parts()) add_parts(plan);
    return true;
  }

 private:
  // More runs would not make the loops shorter.
  bool least() const {
    return cut_.in_parts() && cut_.depth <= static_cast<int64_t>(std::max(tile_.k, 1u));
  }

  void print_place(Shader& shader) {
    shader.print(R"(
const int n0 = int(group % {tiles_n}u) * {n};
const int m0 = int(group / {tiles_n}u % {tiles_m}u) * {m};
const uint batch = group / {tiles}u % {batch}u;)",
                 "tiles_n"_a = cut_.tiles_n, "n"_a = tile_.n, "tiles_m"_a = cut_.tiles_m,
                 "m"_a = tile_.m, "tiles"_a = cut_.tiles_n * cut_.tiles_m,
                 "batch"_a = product_.batch);
    if (cut_.in_parts())
      shader.print(R"(
const int slice = int(group / {tiles}u / {batch}u);
const int first = (slice * {runs} + int(push.part)) * {depth}, end = min(first + {depth}, {k});)",
                   "tiles"_a = cut_.tiles_n * cut_.tiles_m, "batch"_a = product_.batch,
                   "runs"_a = cut_.runs, "depth"_a = cut_.depth, "k"_a = product_.k);
    batch_ = print_coordinates(shader, batch_of(product_), "batch", "i");
    if (tile_.k == 0)
      shader.print("const int tn = int(gl_SubgroupInvocationID), tm = 0;");
    else
      shader.print("const int tn = int(thread % {0}u), tm = int(thread / {0}u);",
                   tile_.n / tile_.columns);
    const auto base = [&](char name, const asg_value& value, uint32_t input) {
      const Shader::Elements buffer = shader.value(product_.context.step.inputs[input], false);
      shader.print("const int base_{} = {};", name, affine(buffer.base, value.strides, batch_));
    };
    base('a', product_.a, 0);
    base('b', product_.b, 1);
  }

  void print_results(Shader& shader) {
    const uint32_t count = tile_.rows * tile_.columns;
    shader.print("{} results[{}];", register_type(product_.dtype), count);
    for (uint32_t i = 0; i < tile_.rows; ++i)
      for (uint32_t j = 0; j < tile_.columns; ++j)
        shader.print("results[{}] = {};", i * tile_.columns + j,
                     wrapped(product_.dtype, Sums::at(i, j)));
    shader.print(
        R"(
{unroll}{loop}
  const int m = m0 + tm + e / {columns} * {step_m};
  const int n = n0 + tn + e % {columns} * {step_n};
  if (m < {m} && n < {n}) {{)",
        "unroll"_a = product_.context.traits.software ? "[[dont_unroll]] " : gpu::unroll,
        "loop"_a = loop("int e = 0; e < {}; ++e", count, count), "columns"_a = tile_.columns,
        "step_m"_a = tile_.m / tile_.rows, "step_n"_a = tile_.n / tile_.columns, "m"_a = product_.m,
        "n"_a = product_.n);
    if (cut_.in_parts()) {
      print_part(shader);
    } else {
      std::vector<std::string> at = batch_;
      at.insert(at.end(), {"m", "n"});
      print_element(shader, at, "results[e]");
    }
    shader.print("}\n}");
  }

  void print_part(Shader& shader) {
    const uint32_t dtype = product_.dtype;
    const Shader::Words to = shader.temporary(partial_, true);
    shader.print(
        "const uint word = (uint(slice) * {}u + (batch * {}u + uint(m)) * {}u + uint(n)) * {}u;",
        elements_, product_.m, product_.n, word_count(dtype));
    if (cut_.runs > 1)
      shader.print("if (push.part != 0u) results[e] += {};",
                   from_words(dtype, shader.temporary(partial_, false).name, "word"));
    shader.print(to_words(dtype, to.name, "word", "results[e]"));
  }

  // The slices' sums, to each of which its runs have added, are added up in their order.
  void add_parts(StepPlan& plan) {
    Shader shader(product_.context, product_.context.traits.group_size());
    begin_elements(shader, elements_);
    const uint32_t dtype = product_.dtype;
    const std::string parts = shader.temporary(partial_, false).name;
    shader.print(R"(
uint word = p * {words}u;
{type} sum = {part};
{loop}
  word += {step}u;
  sum += {part};
}})",
                 "words"_a = word_count(dtype), "type"_a = register_type(dtype),
                 "part"_a = from_words(dtype, parts, "word"),
                 "loop"_a = loop("uint slice = 1u; slice < {}u; ++slice", cut_.slices, cut_.slices),
                 "step"_a = elements_ * word_count(dtype));
    std::vector<int64_t> dims = batch_of(product_);
    dims.insert(dims.end(), {product_.m, product_.n});
    const std::vector<std::string> at = print_coordinates(shader, dims, "p", "i");
    shader.print("const {} whole = {};", register_type(dtype), wrapped(dtype, "sum"));
    print_element(shader, at, "whole");
    end_elements(shader, plan, elements_, true);
  }

  const Product& product_;
  const Cut& cut_;
  const Tile& tile_;
  uint64_t elements_;
  std::vector<std::string> batch_;
  Temporary partial_;
};

std::vector<sdk::Capability> matmul_capabilities(const Traits& traits) {
  std::vector<sdk::Capability> rows = rows_per_dtype(traits, ASG_OP_MATMUL, false, {same});
  for (sdk::Capability& row : rows) row.flags |= ASG_CAP_EPILOGUE;
  return rows;
}

void plan_matmul(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  const Product product(context);
  if (const asg_region* region = context.program.region(step)) {
    sdk::check_region(context.program, step);
    check_reach(context, *region);
  }
  if (product.m == 0 || product.n == 0 || product.batch == 0) return;
  for (Cut cut = choose_cut(product); !ProductShaders(product, cut).make(plan);)
    cut = more_runs(product, cut);
}

}  // namespace

extern const KernelMaker matmul_kernel{ASG_OP_MATMUL, matmul_capabilities, plan_matmul};

}  // namespace asg::vulkan
