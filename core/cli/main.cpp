#include <cstdio>
#include <exception>
#include <new>

#include <fmt/format.h>

#include <asg/runtime/log.hpp>

#include "command.hpp"

namespace {

int report(const char* what, int status) {
  fmt::print(stderr, "asg: {}\n", what);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace asg;
  using namespace asg::cli;
  try {
    set_log_handler([level = log_level_from_environment(LogLevel::warn)](
                        LogLevel at, std::string_view source, std::string_view message) {
      if (at <= level) fmt::print(stderr, "asg: {}: {}: {}\n", name(at), source, message);
    });
    CLI::App app{"asg: build, differentiate and run tensor programs on any backend", "asg"};
    app.set_version_flag("--version", "asg " ASG_VERSION);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::simple);
    Chosen chosen;
    for (const auto add :
         {add_backends, add_train, add_generate, add_graph, add_ops, add_bench, add_doctor})
      add(app, chosen);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    const int status = chosen();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      return report("cannot write to standard output", exit_failed);
    return status;
  } catch (const UsageError& error) {
    return report(error.what(), exit_usage);
  } catch (const FormatError& error) {
    return report(error.what(), exit_bad_file);
  } catch (const PluginError& error) {
    return report(error.what(), exit_no_backend);
  } catch (const std::bad_alloc&) {
    return report("out of memory; a smaller batch or model needs less", exit_failed);
  } catch (const std::exception& error) {
    return report(error.what(), exit_failed);
  }
}
