// Bytes as the config.json of a saved run.
#include <cstdint>
#include <cstdlib>

#include <asg/graph/error.hpp>

#include "cli/config.hpp"
#include "cli/model_flags.hpp"

using namespace asg;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nlohmann::ordered_json config;
  try {
    config = cli::parse_config({reinterpret_cast<const char*>(data), size}, "input");
    if (config.is_object() && config.contains("vocabulary")) {
      const auto vocabulary = cli::vocabulary_from_json(config["vocabulary"], "input");
      if (cli::vocabulary_from_json(cli::vocabulary_to_json(vocabulary), "copy") != vocabulary)
        std::abort();
    }
    const cli::ModelFlags flags = cli::ModelFlags::from_config(config, "input");
    if (flags.layers < 1 || flags.heads < 1 || flags.embd < 1 || flags.vocab < 0) std::abort();
  } catch (const FormatError&) {
  }
  return 0;
}
