#include "check/child.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/graph/error.hpp>

#include "check/kind.hpp"
#include "check/manners.hpp"
#include "io/json.hpp"
#include "runtime/plugin_call.hpp"

namespace asg::proof {
namespace {

Board* watched_board = nullptr;  // for a plain function that watches the calls

void send_line(std::string line) {
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    const ::ssize_t n = ::write(child_report_number, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) ::_exit(1);  // nobody listens any more
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Whoever waits counts the seconds; this is for when he is no more, and for crashes.
void prepare_process() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const struct rlimit no_core { 1, 1 };
  ::setrlimit(RLIMIT_CORE, &no_core);
}

}  // namespace

std::string encode(const KindReport& report) {
  auto findings = nlohmann::ordered_json::array();
  for (const Finding& f : report.findings)
    findings.push_back({{"what", f.what}, {"example", f.example}, {"times", f.times}});
  return io::json_text(nlohmann::ordered_json{{"checked", report.checked},
                                              {"refused", report.refused},
                                              {"findings", findings},
                                              {"facts", report.facts},
                                              {"notes", report.notes}});
}

KindReport decode(std::string_view line) {
  const auto json = nlohmann::json::parse(line);
  KindReport report;
  report.checked = json.at("checked");
  report.refused = json.at("refused");
  for (const auto& f : json.at("findings"))
    report.findings.push_back({f.at("what"), f.at("example"), f.at("times")});
  report.facts = json.at("facts");
  report.notes = json.at("notes");
  return report;
}

int run_child(const Settings& settings, std::string_view kind, std::uint64_t from) {
  prepare_process();
  Board board(child_board_number);
  watched_board = &board;
  loader::watch_plugin_calls([](const char* function) { watched_board->begin_call(function); });
  const Manners before = Manners::now();
  for (const Kind& each : kinds()) {
    if (each.name != kind) continue;
    {
      Session session(settings, board, from,
                      [](const KindReport& part) { send_line(encode(part)); });
      try {
        static_cast<void>(session.device());
        static_cast<void>(session.reference());
      } catch (const std::exception& e) {
        std::fputs(e.what(), stderr);
        return unavailable_status;
      }
      try {
        each.run(session);
      } catch (const std::exception& e) {
        session.wrong(e.what());
      }
      for (const std::string& changed : before.changed()) session.wrong(changed);
    }
    loader::watch_plugin_calls(nullptr);
    send_line(std::string(done_line));
    return 0;
  }
  throw Error(fmt::format("there is no kind of check '{}'", kind));
}

}  // namespace asg::proof
