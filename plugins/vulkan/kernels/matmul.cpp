// MATMUL: a [..., M, K], b [..., K, N] -> [..., M, N], stored or handed to an epilogue.
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
    shader.line(to.store(element_of(context.output(0), to, coordinates), element));
    return;
  }
  const Form form(*region, false);
  Emitter emitter(shader, form, coordinates);
  emitter.product = element;
  std::vector<uint32_t> stores;
  for (uint32_t s = 0; s < form.stores.size(); ++s) stores.push_back(s);
  emitter.instructions(0, static_cast<uint32_t>(form.insts.size()), {}, stores);
  for (const asg_store& store : form.stores) emitter.store(store, Emitter::name(store.source));
}

class Generator {
 public:
  Generator(const Product& product, const Cut& cut)
      : product_(product), cut_(cut), tile_(cut.tile) {}

  /// Whether the shader keeps below the iterations that the device is trusted with.
  bool make(StepPlan& plan) {
    const auto batch = static_cast<uint64_t>(product_.batch);
    const auto elements = static_cast<uint64_t>(product_.m * product_.n) * batch;
    const uint64_t words = word_count(product_.dtype), before = plan.temporary_bytes;
    if (cut_.in_parts())
      partial_ = {plan.allocate(elements * cut_.slices * words * 4, 256),
                  elements * cut_.slices * words * 4};
    Shader shader(product_.context, tile_.threads());
    print_place(shader);
    Sums(shader, product_, cut_).print();
    print_results(shader, elements);
    if (shader.iterations() > product_.context.traits.max_iterations && !least()) {
      plan.temporary_bytes = before;
      return false;
    }
    Dispatch dispatch = shader.finish(cut_.groups() * batch, false);
    for (uint32_t run = 0; run < cut_.runs; ++run) {
      dispatch.part = run;
      plan.dispatches.push_back(dispatch);
      dispatch.barrier = true;
    }
    if (cut_.in_parts()) add_parts(plan, elements);
    return true;
  }

 private:
  struct Words {
    uint64_t begin = 0, bytes = 0;
  };

  // More runs would not make the loops shorter.
  bool least() const {
    return cut_.in_parts() && cut_.depth <= static_cast<int64_t>(std::max(tile_.k, 1u));
  }

  void print_place(Shader& shader) {
    const std::string per_matrix = text(cut_.tiles_n * cut_.tiles_m);
    shader.line("const int n0 = int(group % " + text(cut_.tiles_n) + ") * " +
                std::to_string(tile_.n) + ";");
    shader.line("const int m0 = int(group / " + text(cut_.tiles_n) + " % " + text(cut_.tiles_m) +
                ") * " + std::to_string(tile_.m) + ";");
    shader.line("const uint batch = group / " + per_matrix + " % " +
                text(static_cast<uint64_t>(product_.batch)) + ";");
    if (cut_.in_parts()) {
      const std::string depth = std::to_string(cut_.depth);
      shader.line("const int slice = int(group / " + per_matrix + " / " +
                  text(static_cast<uint64_t>(product_.batch)) + ");");
      shader.line("const int first = (slice * " + std::to_string(cut_.runs) +
                  " + int(push.part)) * " + depth + ", end = min(first + " + depth + ", " +
                  std::to_string(product_.k) + ");");
    }
    batch_ = print_coordinates(shader, batch_of(product_), "batch", "i");
    const std::string across = text(tile_.n / tile_.columns);
    shader.line(tile_.k == 0 ? "const int tn = int(gl_SubgroupInvocationID), tm = 0;"
                             : "const int tn = int(thread % " + across + "), tm = int(thread / " +
                                   across + ");");
    const auto base = [&](const char* name, const asg_value& value, uint32_t input) {
      const Shader::Elements buffer = shader.value(product_.context.step.inputs[input], false);
      shader.line("const int base_" + std::string(name) + " = " +
                  affine(buffer.base, value.strides, batch_) + ";");
    };
    base("a", product_.a, 0);
    base("b", product_.b, 1);
  }

  void print_results(Shader& shader, uint64_t elements) {
    const uint32_t count = tile_.rows * tile_.columns;
    shader.line(register_type(product_.dtype) + " results[" + std::to_string(count) + "];");
    for (uint32_t i = 0; i < tile_.rows; ++i)
      for (uint32_t j = 0; j < tile_.columns; ++j)
        shader.line("results[" + std::to_string(i * tile_.columns + j) +
                    "] = " + wrapped(product_.dtype, Sums::at(i, j)) + ";");
    const std::string unrolled =
        product_.context.traits.software ? "[[dont_unroll]] " : "[[unroll]] ";
    shader.line(loop("int e = 0; e < " + std::to_string(count) + "; ++e", count, unrolled));
    const std::string columns = std::to_string(tile_.columns);
    shader.line("const int m = m0 + tm + e / " + columns + " * " +
                std::to_string(tile_.m / tile_.rows) + ";");
    shader.line("const int n = n0 + tn + e % " + columns + " * " +
                std::to_string(tile_.n / tile_.columns) + ";");
    shader.line("if (m < " + std::to_string(product_.m) + " && n < " + std::to_string(product_.n) +
                ") {");
    if (cut_.in_parts()) {
      const std::string words = shader.temporary(partial_.begin, partial_.bytes, true);
      shader.line("const uint word = (uint(slice) * " + text(elements) + " + (batch * " +
                  text(static_cast<uint64_t>(product_.m)) + " + uint(m)) * " +
                  text(static_cast<uint64_t>(product_.n)) + " + uint(n)) * " +
                  text(word_count(product_.dtype)) + ";");
      if (cut_.runs > 1) {
        const std::string before = shader.temporary(partial_.begin, partial_.bytes, false);
        shader.line("if (push.part != 0u) results[e] += " +
                    from_words(product_.dtype, before, "word") + ";");
      }
      shader.line(to_words(product_.dtype, words, "word", "results[e]"));
    } else {
      std::vector<std::string> at = batch_;
      at.insert(at.end(), {"m", "n"});
      print_element(shader, at, "results[e]");
    }
    shader.line("}");
    shader.line("}");
  }

  // The slices' sums, to each of which its runs have added, are added up in their order.
  void add_parts(StepPlan& plan, uint64_t elements) {
    Shader shader(product_.context, product_.context.traits.group_size());
    begin_elements(shader, elements);
    const uint32_t dtype = product_.dtype;
    const std::string words = shader.temporary(partial_.begin, partial_.bytes, false);
    const std::string step = text(elements * word_count(dtype));
    shader.line("uint word = p * " + text(word_count(dtype)) + ";");
    shader.line(register_type(dtype) + " sum = " + from_words(dtype, words, "word") + ";");
    shader.line(loop("uint slice = 1u; slice < " + text(cut_.slices) + "; ++slice", cut_.slices));
    shader.line("word += " + step + ";");
    shader.line("sum += " + from_words(dtype, words, "word") + ";");
    shader.line("}");
    std::vector<int64_t> dims = batch_of(product_);
    dims.insert(dims.end(), {product_.m, product_.n});
    const std::vector<std::string> at = print_coordinates(shader, dims, "p", "i");
    shader.line("const " + register_type(dtype) + " whole = " + wrapped(dtype, "sum") + ";");
    print_element(shader, at, "whole");
    end_elements(shader, plan, elements, true);
  }

  const Product& product_;
  const Cut& cut_;
  const Tile& tile_;
  std::vector<std::string> batch_;
  Words partial_;
};

std::vector<sdk::Capability> capabilities(const Traits& traits) {
  std::vector<sdk::Capability> rows = rows_per_dtype(traits, ASG_OP_MATMUL, false, {same});
  for (sdk::Capability& row : rows) row.flags |= ASG_CAP_EPILOGUE;
  return rows;
}

void plan(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  require(step.n_inputs >= 2, "matmul: wrong number of inputs");
  const Product product(context);
  if (const asg_region* region = context.program.region(step)) {
    sdk::check_region(context.program, step);
    check_reach(context, *region);
  } else {
    check_arity(step, 2, 1);
    const asg_value& c = context.output(0);
    bool fits = c.rank == product.rank && c.shape[c.rank - 2] == product.m &&
                c.shape[c.rank - 1] == product.n;
    for (uint32_t d = 0; fits && d + 2 < c.rank; ++d) fits = c.shape[d] == product.a.shape[d];
    require(fits, "matmul: the output's shape does not fit");
  }
  if (product.m == 0 || product.n == 0 || product.batch == 0) return;
  for (Cut cut = choose_cut(product); !Generator(product, cut).make(plan);)
    cut = more_runs(product, cut);
}

}  // namespace

extern const KernelMaker matmul_kernel{ASG_OP_MATMUL, capabilities, plan};

}  // namespace asg::vulkan
