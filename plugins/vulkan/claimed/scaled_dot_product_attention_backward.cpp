// The gradients of attention's query, key and value: the scores are computed again, tile by tile,
// for tiles of queries and for tiles of keys; every sum belongs to one thread.
#include <fmt/core.h>

#include <asg/sdk/composites.hpp>

#include "claimed/attention/passes.hpp"
#include "glsl/loops.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
namespace {

using namespace attention;
namespace backward = sdk::composites::scaled_dot_product_attention_backward;

constexpr Places backward_places{backward::query, backward::key, backward::value, backward::mask,
                                 3};

void claim_attention_backward(const Traits& traits, const asg_step_request& request,
                              asg_claim_reply& reply) {
  if (fits(traits, request, backward_places)) accept(request, reply);
}

/// A shader of the backward pass.
class BackwardPass {
 public:
  BackwardPass(Shader& shader, StepPlan& plan, const Parts& parts, const Tiles& tiles,
               const Temporary& shares, Keeps keeps)
      : shader_(shader),
        plan_(plan),
        parts_(parts),
        tiles_(tiles),
        shares_(shares),
        keeps_(keeps),
        operands_(shader.context(), backward_places),
        sizes_(operands_.sizes()),
        groups_(begin(shader_, operands_, tiles_,
                      keeps == Keeps::queries ? sizes_.queries : sizes_.keys)),
        dy_(side_of(shader_, operands_, backward::dy, sizes_.queries, sizes_.value_size)),
        query_(side_of(shader_, operands_, backward::query, sizes_.queries, sizes_.size,
                       sizes_.scale)),
        key_(side_of(shader_, operands_, backward::key, sizes_.keys, sizes_.size)),
        value_(side_of(shader_, operands_, backward::value, sizes_.keys, sizes_.value_size)) {}

  // The sum of the exponentials makes up for what the logsumexp of large scores has lost in
  // rounding.  Kept is what they are to be multiplied with.
  Grid sum_exponentials() {
    print_of_queries(false);
    std::vector<std::string> totals;
    for (uint32_t i = 0; i < tiles_.rows_of_thread(); ++i)
      totals.push_back(fmt::format("total{}", i));
    const Carried carried = begin_scores(totals);
    tiles_.for_scores([&](uint32_t i, uint32_t, const std::string& s) {
      shader_.print("total{0} += asg_exp({1} - shift{0});", i, s);
    });
    shader_.print("}");
    carried.keep();
    tiles_.over_row(shader_, "all", "total", ASG_REDUCE_SUM);
    for (uint32_t i = 0; i < tiles_.rows_of_thread(); ++i)
      shader_.print(
          "if (tn == 0 && {} < {}) {}", tiles_.row(i), sizes_.queries,
          shader_.temporary(shares_, true)
              .store(place(tiles_.row(i)), fmt::format("all{0} == 0.0 ? 1.0 : 1.0 / all{0}", i)));
    return {groups_};
  }

  Grid for_queries() {
    print_of_queries(true);
    const Carried carried = begin_scores(tiles_.sums("d", sizes_.size));
    tiles_.multiply(shader_, "g", dy_, value_);
    tiles_.for_scores([&](uint32_t i, uint32_t j, const std::string& s) {
      print_probability(s, i);
      keep_gradient(i, j, s, i);
    });
    tiles_.add_products(shader_, "d", key_);
    shader_.print("}");
    carried.keep();
    store("d", backward::dquery, {{}, sizes_.queries, sizes_.size}, sizes_.scale);
    return {groups_};
  }

  Grid for_keys() {
    std::vector<std::string> sums = tiles_.sums("v", sizes_.value_size);
    for (std::string& sum : tiles_.sums("d", sizes_.size)) sums.push_back(std::move(sum));
    const Carried carried = begin_scores(sums);
    tiles_.for_scores([&](uint32_t i, uint32_t j, const std::string& s) {
      print_probability(s, j);
      tiles_.keep_weight(shader_, i, j, fmt::format("is_hidden{0} ? hidden : {0}", s));
    });
    tiles_.add_products(shader_, "v", dy_);
    tiles_.multiply(shader_, "g", value_, dy_);
    tiles_.for_scores(
        [&](uint32_t i, uint32_t j, const std::string& s) { keep_gradient(i, j, s, j); });
    tiles_.add_products(shader_, "d", query_);
    shader_.print("}");
    carried.keep();
    store("v", backward::dvalue, {{}, sizes_.keys, sizes_.value_size}, 1);
    store("d", backward::dkey, {{}, sizes_.keys, sizes_.size}, 1);
    return {groups_};
  }

 private:
  std::string place(const std::string& at) const {
    return fmt::format("head * {}u + uint({})", sizes_.queries, at);
  }

  /// Prints the sums and, in a loop over the tiles of columns, the scores.
  Carried begin_scores(const std::vector<std::string>& sums) {
    Carried carried(shader_, plan_, parts_, groups_, declare_sums(shader_, sums));
    begin_columns(shader_, sizes_, tiles_, keeps_, parts_);
    if (keeps_ == Keeps::keys) print_of_queries(true);
    scores(shader_, operands_, tiles_, query_, key_, keeps_);
    return carried;
  }

  // What belongs to the queries of the tile, which are its rows or its columns: the shift of the
  // scores and, for gradients, delta and the share of an exponential.
  void print_of_queries(bool gradients) {
    const bool rows = keeps_ == Keeps::queries;
    const uint32_t count = rows ? tiles_.rows_of_thread() : Tiles::columns_of_thread;
    for (uint32_t n = 0; n < count; ++n) {
      const std::string at = rows ? tiles_.row(n) : Tiles::column(n);
      shader_.print("float shift{} = 0.0;", n);
      if (gradients) shader_.print("float share{0} = 0.0, delta{0} = 0.0;", n);
      shader_.print("if ({} < {}) {{", at, sizes_.queries);
      shader_.print("shift{0} = {1};\nif (shift{0} == minus_infinity) shift{0} = 0.0;", n,
                    operands_.load(shader_, backward::lse, at));
      if (gradients) {
        shader_.print("delta{} = {};", n, operands_.load(shader_, backward::delta, at));
        shader_.print("share{} = {};", n, shader_.temporary(shares_, false).load(place(at)));
      }
      shader_.print("}");
    }
  }

  // A score becomes the probability of its pair, of query n.
  void print_probability(const std::string& s, uint32_t n) {
    shader_.print("const bool is_hidden{0} = {0} == minus_infinity;", s);
    shader_.print("{0} = asg_exp({0} - shift{1}) * share{1};", s, n);
  }

  /// Keeps the gradient of a score of query n as weight.
  void keep_gradient(uint32_t i, uint32_t j, const std::string& s, uint32_t n) {
    tiles_.keep_weight(
        shader_, i, j,
        fmt::format("is_hidden{0} ? hidden : {0} * (g{1}_{2} - delta{3})", s, i, j, n));
  }

  void store(const char* sums, uint32_t output, const Side& like, float factor) {
    tiles_.for_sums(
        shader_, sums, like,
        [&](uint32_t, const std::string& row, const std::string& column, const std::string& sum) {
          shader_.print(operands_.store(shader_, output, row, column, sum + times(factor)));
        });
  }

  Shader& shader_;
  StepPlan& plan_;
  const Parts& parts_;
  const Tiles& tiles_;
  Temporary shares_;
  Keeps keeps_;
  Operands operands_;
  const Sizes& sizes_;
  uint64_t groups_;
  Side dy_, query_, key_, value_;
};

void plan_attention_backward(const StepContext& context, StepPlan& plan) {
  const Operands operands(context, backward_places);
  const Sizes& s = operands.sizes();
  const Temporary shares =
      plan.allocate(ASG_F32, operands.heads() * static_cast<uint64_t>(s.queries));
  const auto add = [&](Keeps keeps, int64_t widest, bool barrier, Grid (BackwardPass::*print)()) {
    const Tiles tiles(context.traits, widest, operands.hides());
    add_in_parts(context, plan, tiles.threads(), column_tiles(s, keeps), barrier,
                 [&](Shader& shader, const Parts& parts) {
                   return (BackwardPass(shader, plan, parts, tiles, shares, keeps).*print)();
                 });
  };
  add(Keeps::queries, s.size, false, &BackwardPass::sum_exponentials);
  add(Keeps::queries, s.size, true, &BackwardPass::for_queries);
  // Both passes over the gradients wait for the shares, not for each other.
  add(Keeps::keys, s.size + s.value_size, false, &BackwardPass::for_keys);
}

}  // namespace

extern const KernelMaker scaled_dot_product_attention_backward_kernel{
    ASG_OP_CLAIMED, nullptr, plan_attention_backward, "scaled_dot_product_attention_backward",
    claim_attention_backward};

}  // namespace asg::vulkan
