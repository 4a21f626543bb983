#include "cli/task.hpp"

#include <utility>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/config.hpp"
#include "cli/fits.hpp"

namespace asg::cli {
namespace {

Model fitting_model(const ModelFlags& flags, const Device& device, double copies) {
  check_state(flags, device, copies);
  return make_model(flags);
}

}  // namespace

// The model of a text needs to know its vocabulary, and the noise how the model takes it.
Task make_task(ModelFlags flags, const std::vector<std::filesystem::path>& data, std::uint64_t seed,
               const Device& device, double copies) {
  if (flags.model == "gpt") {
    TextBatches text = text_batches(data, flags, seed);
    flags.vocab = std::ssize(text.vocabulary);
    Model model = fitting_model(flags, device, copies);
    model.config["vocabulary"] = vocabulary_to_json(text.vocabulary);
    return {
        std::move(model), std::move(text.batches),
        fmt::format("{} characters, vocabulary {}, {} to train on, {} to validate",
                    text.training + text.validation, flags.vocab, text.training, text.validation)};
  }
  Model model = fitting_model(flags, device, copies);
  if (model.inputs.size() > 1) return {std::move(model), image_batches(data, flags, seed), ""};
  if (!data.empty()) throw UsageError("--data: this model is trained on noise");
  Batches noise = noise_batches(model.inputs[0], seed);
  return {std::move(model), std::move(noise), ""};
}

}  // namespace asg::cli
