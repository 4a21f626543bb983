// asg graph: shows the graph of a model.
#include <array>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/print.hpp>
#include <asg/io/file.hpp>
#include <asg/passes/passes.hpp>
#include <asg/passes/print.hpp>
#include <asg/runtime/compile.hpp>
#include <asg/runtime/target.hpp>

#include "cli/command.hpp"
#include "cli/model.hpp"
#include "cli/training.hpp"

namespace asg::cli {
namespace {

struct GraphFlags {
  ModelFlags model;
  OptimizerFlags optimizer;
  DeviceFlags device;
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

// A graph with its outputs, or a program, in one of the formats but svg.
std::string text_of(const Graph& graph, const Tensors& tensors, const std::string& format) {
  std::vector<Value> outputs;
  for (const Tensor& output : tensors) outputs.push_back(output.value());
  return format == "json"   ? to_json(graph, outputs)
         : format == "text" ? to_text(graph, outputs)
                            : to_dot(graph, outputs);
}

std::string text_of(const Program& program, const std::string& format) {
  return format == "json"   ? to_json(program)
         : format == "text" ? to_text(program)
                            : to_dot(program);
}

TracedFunction trace_loss(const Model& model, bool gradient) {
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
  return trace(build, model.inputs, gradient);
}

std::string print_compiled(const GraphFlags& flags, const Model& model, const std::string& format) {
  const Device device = flags.device.open();
  const TracedFunction traced =
      trace(training_step(flags.optimizer, model), training_types(model, flags.model.element()));
  const TracedView view{traced.graph, traced.outputs};
  const auto options = PassOptions::from_environment();
  if (flags.stage == "optimized") {
    const Traced optimized = optimize(view, *target_of(device), options);
    return text_of(optimized.graph, optimized.outputs, format);
  }
  Program program = compile_program(view, *target_of(device), options);
  program.name = "training step";
  return text_of(program, format);
}

int show_graph(GraphFlags flags) {
  if (flags.model.model == "gpt" && flags.model.vocab == 0) flags.model.vocab = 256;
  const Model model = make_model(flags.model);
  const std::string format = flags.format == "svg" ? "dot" : flags.format;
  std::string text;
  if (flags.stage == "forward" || flags.stage == "gradient") {
    const TracedFunction traced = trace_loss(model, flags.stage == "gradient");
    text = text_of(traced.graph, traced.outputs, format);
  } else {
    text = print_compiled(flags, model, format);
  }
  if (flags.format == "svg") text = render_svg(text);
  if (flags.out.empty())
    fmt::print("{}", text);
  else
    io::write_file(flags.out, text);
  return exit_done;
}

}  // namespace

Run add_graph(CLI::App& command) {
  auto flags = std::make_shared<GraphFlags>();
  command.description("show the graph of a model");
  add_model(command, flags->model);
  flags->model.add_vocab(command, "256");
  command
      .add_option("--stage", flags->stage,
                  "forward: the loss; gradient: and those of all parameters; optimized: the "
                  "training step after the passes for the backend; program: the kernels made of it")
      ->check(CLI::IsMember({"forward", "gradient", "optimized", "program"}))
      ->capture_default_str();
  flags->optimizer.add(command);
  command.add_option("--format", flags->format, "text, json, dot or svg")
      ->check(CLI::IsMember({"text", "json", "dot", "svg"}))
      ->capture_default_str();
  command.add_option("-o", flags->out, "write it to a file")->type_name("FILE");
  flags->device.add(command);
  return [flags] { return show_graph(*flags); };
}

}  // namespace asg::cli
