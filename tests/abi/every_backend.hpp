// The backends of this build that declare an optional part of the contract.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "loaded_backend.hpp"

namespace asg::testing {

struct NamedBackend {
  std::string name;
  std::unique_ptr<LoadedBackend> backend;
};

inline bool declares(const LoadedBackend& backend, uint32_t op, uint32_t flag) {
  const asg_device_info info = backend.info();
  for (const asg_op_cap& row : sdk::Span<asg_op_cap>(info.op_caps))
    if (row.op == op && (row.flags & flag) != 0) return true;
  return false;
}

/// Those whose rows for `op` carry `flag`.  One whose hardware is missing is left out.
inline std::vector<NamedBackend> backends_with(uint32_t op, uint32_t flag) {
  std::vector<NamedBackend> found;
  std::istringstream paths(ASG_TEST_PLUGINS);
  for (std::string path; std::getline(paths, path, ':');) {
    try {
      auto backend = std::make_unique<LoadedBackend>(path);
      if (declares(*backend, op, flag))
        found.push_back({backend->api().info->name, std::move(backend)});
    } catch (const Failure& e) {
      if (e.status != ASG_UNAVAILABLE) throw;
    }
  }
  return found;
}

}  // namespace asg::testing
