// asg graph: shows the graph of a model.
#include <array>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/print.hpp>
#include <asg/io/file.hpp>
#include <asg/runtime/compile.hpp>

#include "command.hpp"
#include "model.hpp"

namespace asg::cli {
namespace {

struct Flags {
  ModelFlags model;
  std::string stage = "forward", format = "text";
  std::filesystem::path out;
};

// Runs Graphviz on a picture.
std::string render_svg(const std::string& dot) {
  struct File {
    std::FILE* f = std::tmpfile();
    ~File() {
      if (f != nullptr) std::fclose(f);
    }
  } source;
  if (source.f == nullptr || std::fwrite(dot.data(), 1, dot.size(), source.f) != dot.size() ||
      std::fflush(source.f) != 0)
    throw Error("cannot write a temporary file for Graphviz");
  std::rewind(source.f);
  const std::string command = fmt::format("dot -Tsvg <&{}", ::fileno(source.f));
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw Error("cannot start Graphviz's dot");
  std::string svg;
  std::array<char, 1 << 14> block;
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe))
    svg.append(block.data(), count);
  if (::pclose(pipe) != 0)
    throw Error("Graphviz's dot failed; install graphviz, or take --format dot");
  return svg;
}

int show(Flags flags) {
  if (flags.model.model == "gpt" && flags.model.vocab == 0) flags.model.vocab = 256;
  const Model model = make_model(flags.model);
  const bool gradient = flags.stage == "gradient";
  const auto build = [&](Graph& graph, const Tensors& in) -> Tensors {
    Tensors outputs{model.loss(in)};
    if (gradient) {
      Tensors wrt;
      for (const VariableInfo& info : graph.variables())
        if (info.trainable) wrt.push_back(graph.tensor({info.node, 0}));
      for (const Tensor& g : gradients(outputs[0], wrt)) outputs.push_back(g);
    }
    return outputs;
  };
  const TracedFunction traced = trace(build, model.inputs, gradient);
  std::vector<Value> outputs;
  for (const Tensor& output : traced.outputs) outputs.push_back(output.value());
  std::string text = flags.format == "json"   ? to_json(traced.graph, outputs)
                     : flags.format == "text" ? to_text(traced.graph, outputs)
                                              : to_dot(traced.graph, outputs);
  if (flags.format == "svg") text = render_svg(text);
  if (flags.out.empty())
    fmt::print("{}", text);
  else
    io::write_file(flags.out, text);
  return exit_done;
}

}  // namespace

void add_graph(CLI::App& app, Chosen& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("graph", "show the graph of a model");
  flags->model.add(*command);
  command->add_option("--vocab", flags->model.vocab, "gpt: size of the vocabulary (default 256)")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--stage", flags->stage,
                   "forward: the loss; gradient: and those of all parameters")
      ->check(CLI::IsMember({"forward", "gradient"}))
      ->capture_default_str();
  command->add_option("--format", flags->format, "text, json, dot or svg")
      ->check(CLI::IsMember({"text", "json", "dot", "svg"}))
      ->capture_default_str();
  command->add_option("-o", flags->out, "write it to a file")->type_name("FILE");
  command->callback([flags, &chosen] { chosen = [flags] { return show(*flags); }; });
}

}  // namespace asg::cli
