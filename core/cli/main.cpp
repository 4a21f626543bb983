#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>

#include <asg/runtime/log.hpp>

#include "cli/command.hpp"
#include "cli/crash_guard.hpp"
#include "cli/exit_guard.hpp"
#include "cli/hang_guard.hpp"
#include "graph/closest.hpp"
#include "graph/utf8.hpp"

namespace {

using asg::cli::tell;

int report(const char* what, int status) {
  tell(fmt::format("asg: {}", what));
  return status;
}

// A standard stream that is closed would be the next file that is opened, and a model would end up
// between the lines of a log. Writing to what takes its place fails where that matters.
void occupy_standard_streams() {
  for (const int stream : {0, 1, 2})
    if (::fcntl(stream, F_GETFD) == -1) ::open("/dev/null", stream == 1 ? O_RDONLY : O_RDWR);
}

std::string environment_help() {
  std::string text = "Environment:\n";
  for (const auto& [name, meaning] : asg::cli::environment_variables())
    text += fmt::format("  {:<27} {}\n", name, meaning);
  return text;
}

// A command or an option that does not exist, with one that may have been meant; "" when the line
// has none.
std::string unknown_word(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return {};
  const bool option = rest[0].starts_with('-');
  const std::string word = option ? rest[0].substr(0, rest[0].find('=')) : rest[0];
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  if (!option && !chosen.empty())
    return fmt::format("'{}' was not expected after 'asg {}'", asg::shown(word),
                       chosen[0]->get_name());
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!option) known.push_back(command->get_name());
    if (!option || !command->parsed()) continue;
    for (const CLI::Option* each : command->get_options())
      for (const std::string& name : each->get_lnames()) known.push_back("--" + name);
  }
  const std::string near = asg::closest(word, known);
  return fmt::format("there is no {} '{}'{}", option ? "option" : "command", asg::shown(word),
                     !near.empty() ? fmt::format("; did you mean '{}'?", near)
                     : option      ? std::string{}
                                   : fmt::format("; the commands are {}", fmt::join(known, ", ")));
}

int refuse(const CLI::App& app, const CLI::ParseError& error) {
  const std::string unknown = unknown_word(app);
  tell(fmt::format("asg: {}\nRun with --help for more information.",
                   unknown.empty() ? error.what() : unknown));
  return asg::cli::exit_usage;
}

int run_command(int argc, char** argv) {
  using namespace asg;
  using namespace asg::cli;
  occupy_standard_streams();
  // A file that grows beyond its limit is an error to report, not a reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    set_log_handler([level = log_level_from_environment(LogLevel::warn)](
                        LogLevel at, std::string_view source, std::string_view message) {
      if (at <= level) tell(fmt::format("asg: {}: {}: {}", name(at), source, message));
    });
    CLI::App app{"asg: build, differentiate and run tensor programs on any backend", "asg"};
    app.set_version_flag("--version", "asg " ASG_VERSION);
    app.require_subcommand(1);
    // Of an option given twice the last counts, so that a script can add to a line.
    app.option_defaults()->take_last();
    app.footer(environment_help());
    Run chosen;
    for (const auto& [name, add] : commands()) {
      CLI::App* const command = app.add_subcommand(name);
      command->callback([&chosen, run = add(*command)] { chosen = run; });
    }
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() != 0) return refuse(app, error);
      app.exit(error);
      flush_output();
      return exit_done;
    }
    guard_against_crashes();
    guard_against_hangs();
    const int status = chosen();
    flush_output();
    return status;
  } catch (const UsageError& error) {
    return report(error.what(), exit_usage);
  } catch (const FormatError& error) {
    return report(error.what(), exit_bad_file);
  } catch (const PluginError& error) {
    return report(error.what(), exit_no_backend);
  } catch (const std::bad_alloc&) {
    return report("out of memory; a smaller batch or model needs less", exit_failed);
  } catch (const std::system_error& error) {
    // How fmt says that it could not print.
    if (std::ferror(stdout) == 0) return report(error.what(), exit_failed);
    return report(
        fmt::format("cannot write to standard output: {}", error.code().message()).c_str(),
        exit_failed);
  } catch (const std::exception& error) {
    return report(error.what(), exit_failed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  asg::cli::guard_exit();
  const int status = run_command(argc, argv);
  asg::cli::command_is_done();
  return status;
}
