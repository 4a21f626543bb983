// Reading and writing at positions, and counting, against PyTorch.
#include <asg/ops/histogram.hpp>
#include <asg/ops/indexing.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

using Function = std::function<Tensor(const Inputs&)>;

void compare(const std::vector<std::pair<std::string, Function>>& cases) {
  for (const auto& [name, function] : cases)
    agrees(name, [f = function](const Inputs& in) { return Tensors{f(in)}; });
}

BOOST_AUTO_TEST_CASE(read) {
  compare(
      {{"gather", [](const Inputs& in) { return gather(in("x"), 1, in("index")); }},
       {"gather_smaller", [](const Inputs& in) { return gather(in("x"), 1, in("index")); }},
       {"gather_first_axis", [](const Inputs& in) { return gather(in("x"), 0, in("index")); }},
       {"take_along_dim", [](const Inputs& in) { return take_along_dim(in("x"), in("index"), 1); }},
       {"take_along_dim_wide_index",
        [](const Inputs& in) { return take_along_dim(in("x"), in("index"), 1); }},
       {"take_along_dim_wide_x",
        [](const Inputs& in) { return take_along_dim(in("x"), in("index"), -1); }},
       {"index_select", [](const Inputs& in) { return index_select(in("x"), 1, in("index")); }},
       {"index_select_scalar",
        [](const Inputs& in) { return index_select(in("x"), 0, in("index")); }}});
}

BOOST_AUTO_TEST_CASE(written) {
  compare(
      {{"scatter", [](const Inputs& in) { return scatter(in("x"), 1, in("index"), in("src")); }},
       {"scatter_smaller",
        [](const Inputs& in) { return scatter(in("x"), 0, in("index"), in("src")); }},
       {"scatter_number", [](const Inputs& in) { return scatter(in("x"), 1, in("index"), 7.5); }},
       {"scatter_add",
        [](const Inputs& in) { return scatter_add(in("x"), 1, in("index"), in("src")); }},
       {"scatter_add_smaller",
        [](const Inputs& in) { return scatter_add(in("x"), 1, in("index"), in("src")); }},
       {"index_add",
        [](const Inputs& in) { return index_add(in("x"), 1, in("index"), in("source")); }},
       {"index_add_alpha",
        [](const Inputs& in) { return index_add(in("x"), 1, in("index"), in("source"), -2.5); }},
       {"index_add_whole",
        [](const Inputs& in) { return index_add(in("x"), 0, in("index"), in("source"), 3); }},
       {"index_copy",
        [](const Inputs& in) { return index_copy(in("x"), 1, in("index"), in("source")); }},
       {"index_fill", [](const Inputs& in) { return index_fill(in("x"), 1, in("index"), 2.5); }}});
}

BOOST_AUTO_TEST_CASE(reduced) {
  const auto reduced_by = [](const std::string& how, bool include_self) {
    return [=](const Inputs& in) {
      return Tensors{scatter_reduce(in("x"), 1, in("index"), in("src"), how, include_self)};
    };
  };
  for (const std::string how : {"sum", "prod", "mean", "amax", "amin"})
    for (const bool include_self : {true, false})
      agrees("scatter_reduce_" + how + (include_self ? "_1" : "_0"), reduced_by(how, include_self));
  agrees("scatter_reduce_prod_zeros", reduced_by("prod", true));
  agrees("scatter_reduce_amax_ties", reduced_by("amax", true));
  agrees("scatter_reduce_amin_ties", reduced_by("amin", true));
  for (const std::string how : {"amax", "amin", "prod", "sum"})
    for (const char* type : {"_i64", "_i32"})
      agrees("scatter_reduce_" + how + type, reduced_by(how, false));
  for (const std::string how : {"prod", "mean", "amax", "amin"})
    agrees("index_reduce_" + how, [&](const Inputs& in) {
      return Tensors{index_reduce(in("x"), 1, in("index"), in("source"), how)};
    });
}

BOOST_AUTO_TEST_CASE(counted) {
  compare({{"bincount", [](const Inputs& in) { return bincount(in("x"), 6); }},
           {"bincount_none", [](const Inputs& in) { return bincount(in("x"), 3); }},
           {"bincount_weights", [](const Inputs& in) { return bincount(in("x"), 5, in("w")); }},
           {"histc_range", [](const Inputs& in) { return histc(in("x"), 4, -1, 1.5); }},
           {"histc_data", [](const Inputs& in) { return histc(in("x"), 5); }},
           {"histc_outside", [](const Inputs& in) { return histc(in("x"), 2, 5, 6); }},
           {"histc_edges", [](const Inputs& in) { return histc(in("x"), 4, 0, 1); }},
           {"histc_constant", [](const Inputs& in) { return histc(in("x"), 3); }}});
}

}  // namespace
