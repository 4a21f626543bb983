// What both passes of attention read from requests and steps.
#pragma once

#include <string>
#include <vector>

#include "glsl/shader.hpp"

namespace asg::vulkan::attention {

struct Sizes {
  int64_t queries = 0, keys = 0, size = 0, value_size = 0;
  bool causal = false;
  float scale = 1;
};

/// Where a composite has its inputs, of which the mask is the last and may be missing, and how many
/// outputs.
struct Places {
  uint32_t query, key, value, mask, outputs;
};

/// Whether the shaders take the request.
bool fits(const Traits& traits, const asg_step_request& request, const Places& places);

/// Accepts a request: all inputs with any strides, all results with any order of axes.
void accept(const asg_step_request& request, asg_claim_reply& reply);

/// The operands of a step, as its shaders see them.
class Operands {
 public:
  /// Errors: ASG_INVALID_ARGUMENT when the operands do not fit together.
  Operands(const StepContext& context, const Places& places);

  const Sizes& sizes() const { return sizes_; }
  const StepContext& context() const { return context_; }
  uint64_t heads() const { return heads_; }
  bool masked() const { return context_.step.n_inputs > mask_; }
  /// Whether some keys may be hidden from some queries.
  bool hides() const { return sizes_.causal || masked(); }

  /// Prints the coordinates of head number `head`.
  void print_head(Shader& shader);
  /// The element [row, column] of the head's matrix, or of a vector without `column`.
  std::string load(Shader& shader, uint32_t input, const std::string& row,
                   const std::string& column = {}) const;
  std::string store(Shader& shader, uint32_t output, const std::string& row,
                    const std::string& column, const std::string& value) const;
  /// The score with the mask applied.
  std::string with_mask(Shader& shader, const std::string& score, const std::string& query,
                        const std::string& key) const;

 private:
  std::string index(const asg_value& value, int64_t base, const std::string& row,
                    const std::string& column) const;

  const StepContext& context_;
  uint32_t mask_;
  Sizes sizes_;
  uint64_t heads_;
  std::vector<int64_t> leading_;
  std::vector<std::string> head_;
};

}  // namespace asg::vulkan::attention
