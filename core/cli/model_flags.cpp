#include "cli/model_flags.hpp"

#include <algorithm>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "cli/numbers.hpp"
#include "graph/utf8.hpp"
#include "io/json.hpp"

namespace asg::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Size {
  std::int64_t ModelFlags::*value;
  std::uint64_t least = 1;
};
struct Real {
  double ModelFlags::*value;
  Bounds bounds;
};
struct Truth {
  bool ModelFlags::*value;
};
struct Word {
  std::string ModelFlags::*value;
  std::vector<std::string> known = {};  // all, if there is none
};

struct Field {
  const char* key;   // in the configuration; the option has - for _
  const char* help;  // none: the option is not one of every command
  std::variant<Size, Real, Truth, Word> kind;
  bool may_change = false;
};

const std::vector<Field>& model_fields() {
  static const std::vector<Field> fields = {
      {"model", "the model", Word{&ModelFlags::model}},
      {"vocab", nullptr, Size{&ModelFlags::vocab, 0}},
      {"layers", "transformer blocks", Size{&ModelFlags::layers}},
      {"heads", "attention heads", Size{&ModelFlags::heads}},
      {"embd", "width", Size{&ModelFlags::embd}},
      {"block", "tokens of context", Size{&ModelFlags::block}},
      {"batch", "sequences or images of a step", Size{&ModelFlags::batch}, true},
      {"dropout", "share of activations dropped in training",
       Real{&ModelFlags::dropout, {0, 0.999}}, true},
      {"tie", "gpt: the head uses the token table's weights", Truth{&ModelFlags::tie}},
      {"no_bias", "no biases in linears and norms", Truth{&ModelFlags::no_bias}},
      {"dtype", "f32 or f64", Word{&ModelFlags::dtype, {"f32", "f64"}}}};
  return fields;
}

struct AddOption {
  CLI::App& app;
  ModelFlags& flags;
  std::string name;
  const char* help;

  void operator()(const Size& s) const { add_count(app, name, flags.*s.value, help, s.least); }
  void operator()(const Real& r) const {
    add_number(app, name, flags.*r.value, help, r.bounds)->capture_default_str();
  }
  void operator()(const Truth& t) const { app.add_flag(name, flags.*t.value, help); }
  void operator()(const Word& w) const {
    CLI::Option* const option = app.add_option(name, flags.*w.value, help);
    if (!w.known.empty()) option->check(CLI::IsMember(w.known))->capture_default_str();
  }
};

// As exact as the options are: JSON's own conversions cut fractions off and wrap.
struct ReadEntry {
  const Json& entry;
  const char* key;
  const std::string& file;
  ModelFlags& flags;

  void require(bool fits, const std::string& wanted) const {
    if (!fits)
      throw FormatError(
          fmt::format("{}: '{}' is {}, not {}", file, key, shown(io::json_text(entry)), wanted));
  }
  void operator()(const Size& s) const {
    const bool natural = entry.is_number_unsigned();
    const auto number = natural ? entry.get<std::uint64_t>() : 0;
    require(natural && number >= s.least && number <= most_of_a_size,
            fmt::format("a whole number from {} to {}", s.least, most_of_a_size));
    flags.*s.value = static_cast<std::int64_t>(number);
  }
  void operator()(const Real& r) const {
    require(entry.is_number() && r.bounds.hold(entry.get<double>()), r.bounds.text());
    flags.*r.value = entry.get<double>();
  }
  void operator()(const Truth& t) const {
    require(entry.is_boolean(), "true or false");
    flags.*t.value = entry.get<bool>();
  }
  void operator()(const Word& w) const {
    require(entry.is_string(), "a text");
    flags.*w.value = entry.get<std::string>();
    require(w.known.empty() || std::count(w.known.begin(), w.known.end(), flags.*w.value) > 0,
            fmt::format("{}", fmt::join(w.known, " or ")));
  }
};

std::string option_of(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

}  // namespace

void ModelFlags::add(CLI::App& app) {
  for (const Field& field : model_fields())
    if (field.help != nullptr)
      std::visit(AddOption{app, *this, option_of(field.key), field.help}, field.kind);
}

void ModelFlags::add_vocab(CLI::App& app, const char* otherwise) {
  app.add_option("--vocab", vocab,
                 fmt::format("gpt: size of the vocabulary (default: {})", otherwise))
      ->transform(whole(1, most_of_a_size))
      ->type_name("N");
}

Json ModelFlags::to_config() const {
  Json config = Json::object();
  for (const Field& field : model_fields())
    std::visit([&](const auto& kind) { config[field.key] = this->*kind.value; }, field.kind);
  return config;
}

ModelFlags ModelFlags::from_config(const Json& config, const std::string& file) {
  ModelFlags flags;
  for (const Field& field : model_fields()) {
    if (!config.is_object() || !config.contains(field.key))
      throw FormatError(fmt::format("{}: not a configuration written by asg train: it has no '{}'",
                                    file, field.key));
    std::visit(ReadEntry{config[field.key], field.key, file, flags}, field.kind);
  }
  return flags;
}

bool ModelFlags::may_change(std::string_view key) {
  const auto& fields = model_fields();
  return std::any_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return field.may_change && key == field.key; });
}

}  // namespace asg::cli
