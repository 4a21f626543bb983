// What a run trains, and what it is fed with.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <asg/runtime/device.hpp>

#include "cli/batches.hpp"
#include "cli/model.hpp"

namespace asg::cli {

struct Task {
  Model model;  ///< of a text: its configuration has the vocabulary
  Batches batches;
  std::string about;  ///< the data in one line, or ""
};

/// Reads the data and builds the model that fits it; of each parameter a run holds `copies`.
/// Errors   FormatError for the data; UsageError when the model takes none, or does not fit into
/// the
///          memory of the device.
[[nodiscard]] Task make_task(ModelFlags flags, const std::vector<std::filesystem::path>& data,
                             std::uint64_t seed, const Device& device, double copies);

}  // namespace asg::cli
