#include "cli/batches.hpp"

#include <memory>

#include <fmt/format.h>

#include <asg/data/images.hpp>
#include <asg/data/random.hpp>
#include <asg/data/text.hpp>

#include "cli/command.hpp"

namespace asg::cli {
namespace {

// No two splits draw the same batches.
std::uint64_t seed_of(Split split, std::uint64_t seed) {
  return seed * 4 + static_cast<std::uint64_t>(split);
}

// Of three things, one for each split.
template <class T>
const T& pick(Split split, const T& train, const T& train_evaluation, const T& validation) {
  return split == Split::train ? train : split == Split::validation ? validation : train_evaluation;
}

std::string text_below(std::vector<std::filesystem::path>& paths) {
  if (paths.empty()) paths = {"/usr/share/common-licenses"};
  return data::read_text(paths);
}

}  // namespace

std::int64_t vocabulary_size(std::vector<std::filesystem::path> paths) {
  return data::CharTokenizer(text_below(paths)).size();
}

TextBatches text_batches(std::vector<std::filesystem::path> paths, const ModelFlags& model,
                         std::uint64_t seed) {
  const std::string text = text_below(paths);
  const data::CharTokenizer tokenizer(text);
  std::vector<std::int32_t> tokens = tokenizer.encode(text);
  const auto cut = static_cast<std::ptrdiff_t>(tokens.size() * 9 / 10);
  std::vector<std::int32_t> held_out(tokens.begin() + cut, tokens.end());
  tokens.resize(static_cast<std::size_t>(cut));

  const std::string source =
      paths[0].string() + (paths.size() > 1 ? fmt::format(" and {} more", paths.size() - 1) : "");
  const auto draw_from = [&](const std::vector<std::int32_t>& part, Split split, const char* name) {
    return std::make_shared<data::TokenBatches>(part, model.block, model.batch,
                                                seed_of(split, seed),
                                                fmt::format("{} of {}", name, source));
  };
  const auto train = draw_from(tokens, Split::train, "the training part");
  const auto again = draw_from(tokens, Split::train_evaluation, "the training part");
  const auto validation = draw_from(held_out, Split::validation, "the validation part (a tenth)");
  const auto batches = [=](Split split, std::int64_t index) -> std::vector<Argument> {
    const auto [inputs, targets] = pick(split, train, again, validation)->batch(index);
    return {inputs, targets};
  };
  return {batches, tokenizer.vocabulary(), std::ssize(tokens), std::ssize(held_out)};
}

Batches image_batches(const std::vector<std::filesystem::path>& folders, const ModelFlags& model,
                      std::uint64_t seed) {
  if (folders.size() > 1) throw UsageError("--data takes one folder of MNIST's files for images");
  const auto load = [&](bool train) {
    return folders.empty() ? data::glyphs(train ? 8192 : 1024, seed * 2 + (train ? 0 : 1))
                           : data::load_mnist(folders[0], train);
  };
  const auto draw_from = [&](const data::LabelledImages& images, Split split) {
    return std::make_shared<data::ImageBatches>(images, model.batch, seed_of(split, seed));
  };
  const auto seen = load(true), unseen = load(false);
  const auto train = draw_from(seen, Split::train);
  const auto again = draw_from(seen, Split::train_evaluation);
  const auto validation = draw_from(unseen, Split::validation);
  return [=, dtype = model.element()](Split split, std::int64_t index) -> std::vector<Argument> {
    const data::LabelledImages batch = pick(split, train, again, validation)->batch(index);
    return {dtype == f32 ? batch.images : batch.images.to(dtype), batch.labels};
  };
}

Batches noise_batches(const TensorType& type, std::uint64_t seed) {
  Array batch(type.dtype, type.shape);
  data::Random random(seed);
  for (std::int64_t i = 0; i < batch.numel(); ++i) batch.set(i, 2 * random.uniform() - 1);
  return [batch](Split, std::int64_t) -> std::vector<Argument> { return {batch}; };
}

}  // namespace asg::cli
