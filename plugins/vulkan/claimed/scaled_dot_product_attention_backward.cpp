// The gradients of attention's query, key and value: the scores are computed again, tile by tile,
// for tiles of queries and for tiles of keys; every sum belongs to one thread.
#include "claimed/attention/passes.hpp"
#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
namespace {

using namespace attention;

void claim(const Traits& traits, const asg_claim_request& request, asg_claim_reply& reply) {
  if (fits(traits, request, 1, 6)) accept(request, reply);
}

enum Input : uint32_t { dy, query, key, value, lse, delta };
enum Output : uint32_t { dquery, dkey, dvalue };

/// A shader of the backward pass.
class Pass {
 public:
  Pass(Shader& shader, StepPlan& plan, const Parts& parts, const Tiles& tiles, uint64_t shares,
       Keeps keeps)
      : shader_(shader),
        plan_(plan),
        parts_(parts),
        tiles_(tiles),
        shares_(shares),
        keeps_(keeps),
        operands_(shader.context(), query, 3),
        sizes_(operands_.sizes()),
        groups_(begin(shader_, operands_, tiles_,
                      keeps == Keeps::queries ? sizes_.queries : sizes_.keys)),
        dy_(side_of(shader_, operands_, dy, sizes_.queries, sizes_.value_size)),
        query_(side_of(shader_, operands_, query, sizes_.queries, sizes_.size, sizes_.scale)),
        key_(side_of(shader_, operands_, key, sizes_.keys, sizes_.size)),
        value_(side_of(shader_, operands_, value, sizes_.keys, sizes_.value_size)) {}

  // The sum of the exponentials makes up for what the logsumexp of large scores has lost in
  // rounding.  Kept is what they are to be multiplied with.
  Grid sum_exponentials() {
    print_of_queries(false);
    std::vector<Carried::Register> totals;
    for (uint32_t i = 0; i < tiles_.rows_of_thread(); ++i) {
      totals.push_back({ASG_F32, "total" + std::to_string(i)});
      shader_.line("float " + totals.back().name + " = 0.0;");
    }
    const Carried carried(shader_, plan_, parts_, groups_, totals);
    begin_columns(shader_, sizes_, tiles_, keeps_, parts_);
    scores(shader_, operands_, tiles_, query_, key_, keeps_);
    for_scores([&](uint32_t i, uint32_t, const std::string& s) {
      const std::string n = std::to_string(i);
      shader_.line("total" + n + " += asg_exp(" + s + " - shift" + n + ");");
    });
    shader_.line("}");
    carried.keep();
    tiles_.over_row(shader_, "all", "total",
                    [](const std::string& a, const std::string& b) { return a + " + " + b; });
    for (uint32_t i = 0; i < tiles_.rows_of_thread(); ++i) {
      const std::string all = "all" + std::to_string(i);
      shader_.line("if (tn == 0 && " + tiles_.row(i) + " < " + std::to_string(sizes_.queries) +
                   ") " +
                   to_words(ASG_F32, words(true), place(tiles_.row(i)),
                            all + " == 0.0 ? 1.0 : 1.0 / " + all));
    }
    return {groups_};
  }

  Grid for_queries() {
    print_of_queries(true);
    tiles_.declare_sums(shader_, "d", sizes_.size);
    std::vector<Carried::Register> sums;
    tiles_.add_sums(sums, "d", sizes_.size);
    const Carried carried(shader_, plan_, parts_, groups_, sums);
    begin_columns(shader_, sizes_, tiles_, keeps_, parts_);
    scores(shader_, operands_, tiles_, query_, key_, keeps_);
    tiles_.multiply(shader_, "g", dy_, value_);
    for_scores([&](uint32_t i, uint32_t j, const std::string& s) {
      const std::string n = std::to_string(i);
      print_probability(s, n);
      tiles_.keep_weight(
          shader_, i, j,
          "is_hidden" + s + " ? hidden : " + s + " * (g" + s.substr(1) + " - delta" + n + ")");
    });
    tiles_.add_products(shader_, "d", key_);
    shader_.line("}");
    carried.keep();
    store("d", dquery, {{}, sizes_.queries, sizes_.size}, sizes_.scale);
    return {groups_};
  }

  Grid for_keys() {
    tiles_.declare_sums(shader_, "v", sizes_.value_size);
    tiles_.declare_sums(shader_, "d", sizes_.size);
    std::vector<Carried::Register> sums;
    tiles_.add_sums(sums, "v", sizes_.value_size);
    tiles_.add_sums(sums, "d", sizes_.size);
    const Carried carried(shader_, plan_, parts_, groups_, sums);
    begin_columns(shader_, sizes_, tiles_, keeps_, parts_);
    print_of_queries(true);
    scores(shader_, operands_, tiles_, query_, key_, keeps_);
    for_scores([&](uint32_t i, uint32_t j, const std::string& s) {
      print_probability(s, std::to_string(j));
      tiles_.keep_weight(shader_, i, j, "is_hidden" + s + " ? hidden : " + s);
    });
    tiles_.add_products(shader_, "v", dy_);
    tiles_.multiply(shader_, "g", value_, dy_);
    for_scores([&](uint32_t i, uint32_t j, const std::string& s) {
      tiles_.keep_weight(shader_, i, j,
                         "is_hidden" + s + " ? hidden : " + s + " * (g" + s.substr(1) + " - delta" +
                             std::to_string(j) + ")");
    });
    tiles_.add_products(shader_, "d", query_);
    shader_.line("}");
    carried.keep();
    store("v", dvalue, {{}, sizes_.keys, sizes_.value_size}, 1);
    store("d", dkey, {{}, sizes_.keys, sizes_.size}, 1);
    return {groups_};
  }

 private:
  uint64_t bytes() const {
    return operands_.heads() * static_cast<uint64_t>(sizes_.queries) * sizeof(float);
  }
  std::string words(bool writes) { return shader_.temporary(shares_, bytes(), writes); }
  std::string place(const std::string& at) const {
    return "head * " + text(static_cast<uint64_t>(sizes_.queries)) + " + uint(" + at + ")";
  }

  // What belongs to the queries of the tile, which are its rows or its columns: the shift of the
  // scores and, for gradients, delta and the share of an exponential.
  void print_of_queries(bool gradients) {
    const bool rows = keeps_ == Keeps::queries;
    const uint32_t count = rows ? tiles_.rows_of_thread() : Tiles::columns_of_thread;
    for (uint32_t n = 0; n < count; ++n) {
      const std::string at = rows ? tiles_.row(n) : Tiles::column(n), no = std::to_string(n);
      shader_.line("float shift" + no + " = 0.0;");
      if (gradients) shader_.line("float share" + no + " = 0.0, delta" + no + " = 0.0;");
      shader_.line("if (" + at + " < " + std::to_string(sizes_.queries) + ") {");
      shader_.line("shift" + no + " = " + operands_.load(shader_, lse, at) + ";");
      shader_.line("if (shift" + no + " == minus_infinity) shift" + no + " = 0.0;");
      if (gradients) {
        shader_.line("delta" + no + " = " + operands_.load(shader_, delta, at) + ";");
        shader_.line("share" + no + " = " + from_words(ASG_F32, words(false), place(at)) + ";");
      }
      shader_.line("}");
    }
  }

  // A score becomes the probability of its pair, of query n.
  void print_probability(const std::string& s, const std::string& n) {
    shader_.line("const bool is_hidden" + s + " = " + s + " == minus_infinity;");
    shader_.line(s + " = asg_exp(" + s + " - shift" + n + ") * share" + n + ";");
  }

  template <class Use>
  void for_scores(const Use& use) {
    for (uint32_t i = 0; i < tiles_.rows_of_thread(); ++i)
      for (uint32_t j = 0; j < Tiles::columns_of_thread; ++j)
        use(i, j, "s" + std::to_string(i) + "_" + std::to_string(j));
  }

  void store(const char* sums, Output output, const Side& like, float factor) {
    const std::string times = factor == 1 ? "" : " * " + number(factor);
    tiles_.for_sums(
        shader_, sums, like,
        [&](uint32_t, const std::string& row, const std::string& column, const std::string& sum) {
          shader_.line(operands_.store(shader_, output, row, column, sum + times));
        });
  }

  Shader& shader_;
  StepPlan& plan_;
  const Parts& parts_;
  const Tiles& tiles_;
  uint64_t shares_;  // where they begin in temporary memory
  Keeps keeps_;
  Operands operands_;
  const Sizes& sizes_;
  uint64_t groups_;
  Side dy_, query_, key_, value_;
};

void plan(const StepContext& context, StepPlan& plan) {
  const Operands operands(context, query, 3);
  const Sizes& s = operands.sizes();
  const uint64_t shares =
      plan.allocate(operands.heads() * static_cast<uint64_t>(s.queries) * sizeof(float),
                    context.traits.offset_alignment);
  const auto add = [&](Keeps keeps, int64_t widest, bool barrier, Grid (Pass::*print)()) {
    const Tiles tiles(context.traits, widest, operands.hides());
    add_in_parts(context, plan, tiles.threads(), column_tiles(s, keeps), barrier,
                 [&](Shader& shader, const Parts& parts) {
                   return (Pass(shader, plan, parts, tiles, shares, keeps).*print)();
                 });
  };
  add(Keeps::queries, s.size, false, &Pass::sum_exponentials);
  add(Keeps::queries, s.size, true, &Pass::for_queries);
  // Both passes over the gradients wait for the shares, not for each other.
  add(Keeps::keys, s.size + s.value_size, false, &Pass::for_keys);
}

}  // namespace

extern const KernelMaker scaled_dot_product_attention_backward_kernel{
    ASG_OP_CLAIMED, nullptr, plan, "scaled_dot_product_attention_backward", claim};

}  // namespace asg::vulkan
