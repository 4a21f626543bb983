// asg/sdk/composites.hpp - the operands of composites that plugins claim: the place of each among a
// step's inputs or outputs, and first the inputs, then the outputs, among a request's types.
//
// A namespace for each op, an enumerator for each operand; a mask, a bias and the last cotangents
// of a scan may be missing.  A test holds the names and their order to asg's op table, of which the
// installed composites.h, for C, is made, and composites.md, which says what they mean.
#pragma once

#include <cstdint>

namespace asg::sdk::composites {

namespace scaled_dot_product_attention {
enum Input : uint32_t { query, key, value, mask };
enum Output : uint32_t { y, lse };
}  // namespace scaled_dot_product_attention

namespace scaled_dot_product_attention_backward {
enum Input : uint32_t { dy, query, key, value, lse, delta, mask };
enum Output : uint32_t { dquery, dkey, dvalue };
}  // namespace scaled_dot_product_attention_backward

namespace scaled_dot_product_attention_dropout {
enum Input : uint32_t { query, key, value, seed, step, mask };
enum Output : uint32_t { y, lse };
}  // namespace scaled_dot_product_attention_dropout

namespace scaled_dot_product_attention_dropout_backward {
enum Input : uint32_t { dy, query, key, value, lse, delta, seed, step, mask };
enum Output : uint32_t { dquery, dkey, dvalue };
}  // namespace scaled_dot_product_attention_dropout_backward

namespace conv2d {
enum Input : uint32_t { x, weight, bias };
enum Output : uint32_t { y };
}  // namespace conv2d

namespace conv2d_input_backward {
enum Input : uint32_t { dy, weight };
enum Output : uint32_t { dx };
}  // namespace conv2d_input_backward

namespace conv2d_weight_backward {
enum Input : uint32_t { dy, x };
enum Output : uint32_t { dweight };
}  // namespace conv2d_weight_backward

namespace max_pool2d {
enum Input : uint32_t { x };
enum Output : uint32_t { y };
}  // namespace max_pool2d

namespace max_pool2d_backward {
enum Input : uint32_t { dy, x };
enum Output : uint32_t { dx };
}  // namespace max_pool2d_backward

namespace rnn_scan {
enum Input : uint32_t { x_gates, h0, weight_hh };
enum Output : uint32_t { y };
}  // namespace rnn_scan

namespace rnn_scan_backward {
enum Input : uint32_t { dy, weight_hh, y };
enum Output : uint32_t { dx_gates, dh0 };
}  // namespace rnn_scan_backward

namespace lstm_scan {
enum Input : uint32_t { x_gates, h0, c0, weight_hh };
enum Output : uint32_t { y, c, cells, gates };
}  // namespace lstm_scan

namespace lstm_scan_backward {
enum Input : uint32_t { dy, dc, c0, weight_hh, cells, gates, dcells, dgates };
enum Output : uint32_t { dx_gates, dh0, dc0 };
}  // namespace lstm_scan_backward

namespace gru_scan {
enum Input : uint32_t { x_gates, h0, weight_hh, bias_hh };
enum Output : uint32_t { y, gates };
}  // namespace gru_scan

namespace gru_scan_backward {
enum Input : uint32_t { dy, h0, weight_hh, y, gates, dgates };
enum Output : uint32_t { dx_gates, dh_gates, dh0 };
}  // namespace gru_scan_backward

}  // namespace asg::sdk::composites
