// MATMUL: a [..., M, K], b [..., K, N] -> [..., M, N], stored or handed to an epilogue.
#include <asg/sdk/region_check.hpp>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"
#include "region/emit.hpp"
#include "region/form.hpp"
#include "region/reach.hpp"

namespace asg::vulkan {
namespace {

/// A workgroup computes m x n elements, a thread rows x columns of them, k products at a time.
struct Tile {
  uint32_t m, n, k, rows, columns;
  uint32_t threads() const { return m / rows * (n / columns); }
};

struct Product {
  const StepContext& context;
  const asg_value &a, &b;
  uint32_t rank, dtype;
  int64_t m, n, k, batch;

  explicit Product(const StepContext& of)
      : context(of), a(of.input(0)), b(of.input(1)), rank(a.rank), dtype(a.dtype) {
    const uint32_t r = rank;
    require(r >= 2 && b.rank == r, "matmul: ranks differ or are below 2");
    m = a.shape[r - 2];
    k = a.shape[r - 1];
    n = b.shape[r - 1];
    batch = sdk::product(a.shape, r - 2);
    bool fits = b.shape[r - 2] == k;
    for (uint32_t d = 0; d + 2 < r; ++d) fits &= a.shape[d] == b.shape[d];
    require(fits, "matmul: shapes do not fit");
  }
};

Tile choose(const Product& product) {
  const Traits& traits = product.context.traits;
  // Without shared memory: neighbouring threads are neighbouring columns.
  if (traits.software) return {8, 32, 1, 8, 4};
  const auto fills = [&](uint32_t m, uint32_t n, uint64_t groups) {
    return product.m >= m && product.n >= n &&
           ceil_div(static_cast<uint64_t>(product.m), m) *
                   ceil_div(static_cast<uint64_t>(product.n), n) *
                   static_cast<uint64_t>(product.batch) >=
               groups;
  };
  if (product.dtype == ASG_F32 && traits.max_invocations >= 256) {
    if (fills(128, 128, 64)) return {128, 128, 16, 8, 8};
    if (fills(48, 48, 16)) return {64, 64, 16, 4, 4};
  }
  return {32, 32, 16, 2, 2};
}

std::string cell(const char* name, uint32_t i, uint32_t j) {
  return std::string(name) + std::to_string(i) + "_" + std::to_string(j);
}

class Generator {
 public:
  Generator(const Product& product, const Tile& tile)
      : product_(product),
        tile_(tile),
        shader_(product.context, tile.threads()),
        type_(register_type(product.dtype)),
        a_(shader_.value(product.context.step.inputs[0], false)),
        b_(shader_.value(product.context.step.inputs[1], false)) {}

  Dispatch make() {
    const uint64_t tiles_m = ceil_div(static_cast<uint64_t>(product_.m), tile_.m),
                   tiles_n = ceil_div(static_cast<uint64_t>(product_.n), tile_.n);
    shader_.line("const int n0 = int(group % " + text(tiles_n) + ") * " + std::to_string(tile_.n) +
                 ";");
    shader_.line("const int m0 = int(group / " + text(tiles_n) + " % " + text(tiles_m) + ") * " +
                 std::to_string(tile_.m) + ";");
    shader_.line("const uint batch = group / " + text(tiles_n * tiles_m) + ";");
    batch_ = print_coordinates(shader_, {product_.a.shape, product_.a.shape + product_.rank - 2},
                               "batch", "i");
    const uint32_t across = tile_.n / tile_.columns;
    shader_.line("const int tn = int(thread % " + text(across) + "), tm = int(thread / " +
                 text(across) + ");");
    shader_.line("const int base_a = " + affine(a_.base, product_.a.strides, batch_) + ";");
    shader_.line("const int base_b = " + affine(b_.base, product_.b.strides, batch_) + ";");
    for (uint32_t i = 0; i < tile_.rows; ++i)
      for (uint32_t j = 0; j < tile_.columns; ++j)
        shader_.line(type_ + " " + cell("c", i, j) + " = " + literal(product_.dtype, 0) + ";");
    if (product_.context.traits.software)
      from_memory();
    else
      from_tiles();
    results();
    return shader_.finish(tiles_m * tiles_n * static_cast<uint64_t>(product_.batch), false);
  }

 private:
  std::string row(uint32_t i) const {
    return "m0 + tm + " + std::to_string(i * (tile_.m / tile_.rows));
  }
  std::string column(uint32_t j) const {
    return "n0 + tn + " + std::to_string(j * (tile_.n / tile_.columns));
  }
  std::string at_a(const std::string& m, const std::string& k) const {
    const int64_t* strides = product_.a.strides + product_.rank - 2;
    return a_.load("base_a + " + affine(0, strides, {m, k}));
  }
  std::string at_b(const std::string& k, const std::string& n) const {
    const int64_t* strides = product_.b.strides + product_.rank - 2;
    return b_.load("base_b + " + affine(0, strides, {k, n}));
  }
  void add_products() {
    for (uint32_t i = 0; i < tile_.rows; ++i)
      for (uint32_t j = 0; j < tile_.columns; ++j) {
        const std::string c = cell("c", i, j), x = "x" + std::to_string(i),
                          y = "y" + std::to_string(j);
        const bool fused = product_.dtype == ASG_F32 && product_.context.traits.software;
        shader_.line(fused ? c + " = fma(" + x + ", " + y + ", " + c + ");"
                           : c + " += " + x + " * " + y + ";");
      }
  }

  // Rows and columns beyond the edge repeat the last one, and are not stored.
  void from_memory() {
    const std::string last_m = std::to_string(product_.m - 1),
                      last_n = std::to_string(product_.n - 1);
    for (uint32_t i = 0; i < tile_.rows; ++i)
      shader_.line("const int m" + std::to_string(i) + "_ = min(" + row(i) + ", " + last_m + ");");
    for (uint32_t j = 0; j < tile_.columns; ++j)
      shader_.line("const int n" + std::to_string(j) + "_ = min(" + column(j) + ", " + last_n +
                   ");");
    shader_.line("for (int k = 0; k < " + std::to_string(product_.k) + "; ++k) {");
    for (uint32_t j = 0; j < tile_.columns; ++j)
      shader_.line(type_ + " y" + std::to_string(j) + " = " +
                   at_b("k", "n" + std::to_string(j) + "_") + ";");
    for (uint32_t i = 0; i < tile_.rows; ++i)
      shader_.line(type_ + " x" + std::to_string(i) + " = " +
                   at_a("m" + std::to_string(i) + "_", "k") + ";");
    add_products();
    shader_.line("}");
  }

  // Copies one operand's tile to shared memory, along the axis in which it lies densely.
  void stage(const char* name, bool is_a, bool along_k) {
    const uint32_t outer = is_a ? tile_.m : tile_.n, count = outer * tile_.k;
    const uint32_t fast = along_k ? tile_.k : outer;
    const std::string size = std::to_string(is_a ? product_.m : product_.n);
    shader_.line("for (uint e = thread; e < " + text(count) + "; e += " + text(tile_.threads()) +
                 ") {");
    shader_.line("const int fast = int(e % " + text(fast) + "), slow = int(e / " + text(fast) +
                 ");");
    shader_.line(std::string("const int kk = ") + (along_k ? "fast" : "slow") +
                 ", o = " + (along_k ? "slow" : "fast") + ";");
    shader_.line(std::string("const int at = ") + (is_a ? "m0" : "n0") + " + o, k = k0 + kk;");
    shader_.line(std::string(name) + "[kk * " + std::to_string(outer + 1) + " + o] = at < " + size +
                 " && k < " + std::to_string(product_.k) + " ? " +
                 (is_a ? at_a("at", "k") : at_b("k", "at")) + " : " + literal(product_.dtype, 0) +
                 ";");
    shader_.line("}");
  }
  void from_tiles() {
    const auto shared = [&](const char* name, uint32_t outer) {
      shader_.global("shared " + type_ + " " + name + "[" + std::to_string(tile_.k * (outer + 1)) +
                     "];");
    };
    shared("sa", tile_.m);
    shared("sb", tile_.n);
    const uint32_t last = product_.rank - 1;
    shader_.line("for (int k0 = 0; k0 < " + std::to_string(product_.k) +
                 "; k0 += " + std::to_string(tile_.k) + ") {");
    stage("sa", true, product_.a.strides[last] == 1);
    stage("sb", false, product_.b.strides[last] != 1);
    shader_.line("barrier();");
    shader_.line("[[unroll]] for (int kk = 0; kk < " + std::to_string(tile_.k) + "; ++kk) {");
    for (uint32_t i = 0; i < tile_.rows; ++i)
      shader_.line(type_ + " x" + std::to_string(i) + " = sa[kk * " + std::to_string(tile_.m + 1) +
                   " + tm + " + std::to_string(i * (tile_.m / tile_.rows)) + "];");
    for (uint32_t j = 0; j < tile_.columns; ++j)
      shader_.line(type_ + " y" + std::to_string(j) + " = sb[kk * " + std::to_string(tile_.n + 1) +
                   " + tn + " + std::to_string(j * (tile_.n / tile_.columns)) + "];");
    add_products();
    shader_.line("}");
    shader_.line("barrier();");
    shader_.line("}");
  }

  void results() {
    const uint32_t count = tile_.rows * tile_.columns;
    shader_.line(type_ + " results[" + std::to_string(count) + "];");
    for (uint32_t i = 0; i < tile_.rows; ++i)
      for (uint32_t j = 0; j < tile_.columns; ++j)
        shader_.line("results[" + std::to_string(i * tile_.columns + j) +
                     "] = " + wrapped(product_.dtype, cell("c", i, j)) + ";");
    const std::string unrolled = product_.context.traits.software ? "" : "[[unroll]] ";
    shader_.line(unrolled + "for (int e = 0; e < " + std::to_string(count) + "; ++e) {");
    const std::string columns = std::to_string(tile_.columns);
    shader_.line("const int m = m0 + tm + e / " + columns + " * " +
                 std::to_string(tile_.m / tile_.rows) + ";");
    shader_.line("const int n = n0 + tn + e % " + columns + " * " +
                 std::to_string(tile_.n / tile_.columns) + ";");
    shader_.line("if (m < " + std::to_string(product_.m) + " && n < " + std::to_string(product_.n) +
                 ") {");
    std::vector<std::string> at = batch_;
    at.insert(at.end(), {"m", "n"});
    const asg_region* region = product_.context.program.region(product_.context.step);
    if (region == nullptr) {
      const asg_value& c = product_.context.output(0);
      const Shader::Elements to = shader_.value(product_.context.step.outputs[0], true);
      shader_.line(to.store(element_of(c, to, at), "results[e]"));
    } else {
      const Form form(*region, false);
      Emitter emitter(shader_, form, at);
      emitter.product = "results[e]";
      std::vector<uint32_t> stores;
      for (uint32_t s = 0; s < form.stores.size(); ++s) stores.push_back(s);
      emitter.instructions(0, static_cast<uint32_t>(form.insts.size()), {}, stores);
      for (const asg_store& store : form.stores) emitter.store(store, Emitter::name(store.source));
    }
    shader_.line("}");
    shader_.line("}");
  }

  const Product& product_;
  Tile tile_;
  Shader shader_;
  std::string type_;
  Shader::Elements a_, b_;
  std::vector<std::string> batch_;
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
  plan.dispatches.push_back(Generator(product, choose(product)).make());
}

}  // namespace

extern const KernelMaker matmul_kernel{ASG_OP_MATMUL, capabilities, plan};

}  // namespace asg::vulkan
