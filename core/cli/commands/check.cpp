// asg check: proves a backend right, or says what is wrong with it.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/graph/op.hpp>

#include "check/check.hpp"
#include "check/child.hpp"
#include "cli/command.hpp"
#include "cli/numbers.hpp"
#include "graph/closest.hpp"
#include "graph/utf8.hpp"
#include "io/json.hpp"

namespace asg::cli {
namespace {

struct CheckFlags {
  DeviceFlags device;
  std::vector<std::string> ops, kinds, child;
  std::int64_t seconds = 30;
  bool quick = false, json = false;
};

template <class Known>
void require_known(const std::string& what, const std::vector<std::string>& given,
                   const Known& known) {
  std::vector<std::string> all;
  for (const auto& each : known) all.emplace_back(each.name);
  for (const std::string& name : given) {
    if (std::find(all.begin(), all.end(), name) != all.end()) continue;
    const std::string near = closest(name, all);
    throw UsageError(fmt::format("there is no {} '{}'{}", what, shown(name),
                                 near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
}

proof::Settings settings_of(const CheckFlags& flags) {
  return {flags.device.backend,
          {flags.device.threads, flags.device.plugins.search()},
          flags.ops,
          flags.quick};
}

// This command again, for one kind in a process of its own.
std::vector<std::string> child_command(const CheckFlags& flags) {
  std::vector<std::string> words = {"asg", "check"};
  const auto add = [&](const std::string& option, const std::string& value) {
    words.push_back(option);
    words.push_back(value);
  };
  if (!flags.device.backend.empty()) add("--backend", flags.device.backend);
  if (flags.device.threads > 0) add("--threads", std::to_string(flags.device.threads));
  for (const auto& directory : flags.device.plugins.directories)
    add("--plugin-dir", directory.string());
  for (const std::string& op : flags.ops) add("--ops", op);
  if (flags.quick) words.emplace_back("--quick");
  words.emplace_back("--child");
  return words;
}

// Of one kind, in words; a plugin that does nothing right has hundreds.
constexpr std::size_t most_shown = 6;

std::string count_text(std::int64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

void print_head(const proof::KindReport& report) {
  std::vector<std::string> texts(4);
  static constexpr const char* keys[] = {"backend", "version", "file", "device"};
  for (const auto& [key, value] : report.facts)
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (key == keys[i]) texts[i] = value;
  if (!report.facts.empty())
    fmt::print("{} {}, {}\n  on {}\n", texts[0], texts[1], texts[2], texts[3]);
}

// One line, and what was found; what an earlier kind has told already is only counted.
void print_kind(const proof::KindReport& report, std::vector<std::string>& told) {
  print_head(report);
  fmt::print("  {:<13} {:>6} checked{}  {:>5.1f} s{}\n", report.kind, report.checked,
             report.refused > 0 ? fmt::format(", {:>4} not offered", report.refused)
                                : std::string(18, ' '),
             report.seconds,
             report.findings.empty()
                 ? ""
                 : ", " + count_text(std::ssize(report.findings), "finding", "findings"));
  for (const std::string& note : report.notes) fmt::print("      {}\n", shown_lines(note));
  std::size_t shown_here = 0, repeated = 0, more = 0;
  for (const proof::Finding& finding : report.findings) {
    const bool known = std::find(told.begin(), told.end(), finding.what) != told.end();
    if (known || shown_here == most_shown) {
      ++(known ? repeated : more);
      continue;
    }
    ++shown_here;
    told.push_back(finding.what);
    fmt::print("    - {}\n", shown_lines(finding.what));
    if (!finding.example.empty()) fmt::print("        {}\n", shown_lines(finding.example));
    if (finding.times > 1)
      fmt::print("        and in {}\n", count_text(finding.times - 1, "other case", "other cases"));
  }
  if (repeated > 0) fmt::print("    - {} that was told above\n", repeated);
  if (more > 0) fmt::print("    - and {} more, which --json tells of\n", more);
}

nlohmann::ordered_json json_of(const std::vector<proof::KindReport>& reports, bool passed) {
  nlohmann::ordered_json json;
  auto kinds = nlohmann::ordered_json::array();
  for (const proof::KindReport& report : reports) {
    for (const auto& [key, value] : report.facts) json[key] = value;
    auto findings = nlohmann::ordered_json::array();
    for (const proof::Finding& f : report.findings)
      findings.push_back({{"what", f.what}, {"example", f.example}, {"times", f.times}});
    kinds.push_back({{"kind", report.kind},
                     {"checked", report.checked},
                     {"not_offered", report.refused},
                     {"seconds", report.seconds},
                     {"findings", findings},
                     {"notes", report.notes}});
  }
  json["passed"] = passed;
  json["kinds"] = kinds;
  return json;
}

int check(const CheckFlags& flags) {
  if (!flags.child.empty())
    return proof::run_child(settings_of(flags), flags.child[0], std::stoull(flags.child[1]));
  require_known("op", flags.ops, op_table());
  require_known("kind of check", flags.kinds, proof::kinds());
  const proof::Plan plan{child_command(flags), static_cast<std::uint64_t>(flags.seconds)};
  std::vector<proof::KindReport> reports;
  std::vector<std::string> told;
  std::int64_t checked = 0, findings = 0;
  double seconds = 0;
  for (const proof::Kind& kind : proof::kinds()) {
    const bool wanted = flags.kinds.empty() || std::find(flags.kinds.begin(), flags.kinds.end(),
                                                         kind.name) != flags.kinds.end();
    if (!wanted) continue;
    const proof::KindReport& report = reports.emplace_back(proof::run_kind(kind, plan));
    checked += report.checked;
    findings += std::ssize(report.findings);
    seconds += report.seconds;
    if (flags.json) continue;
    print_kind(report, told);
    flush_output();
  }
  if (flags.json)
    fmt::print("{}\n", io::json_text(json_of(reports, findings == 0), 2));
  else
    fmt::print("{}: {}, {} in {:.1f} s\n", findings == 0 ? "passed" : "FAILED",
               count_text(checked, "check", "checks"),
               findings == 0 ? "nothing found" : count_text(findings, "finding", "findings"),
               seconds);
  return findings == 0 ? exit_done : exit_failed;
}

}  // namespace

Run add_check(CLI::App& command) {
  auto flags = std::make_shared<CheckFlags>();
  command.description("prove a backend right, or say what is wrong with it");
  command.add_option("--ops", flags->ops, "samples and claims of these ops only")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->take_all();
  std::string names, summaries;
  for (const proof::Kind& kind : proof::kinds()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", kind.name);
    summaries += fmt::format("  {:<13} {}\n", kind.name, kind.summary);
  }
  command.footer("Kinds of checks:\n" + summaries);
  command.add_option("--only", flags->kinds, "these kinds of checks only: " + names)
      ->type_name("KIND,...")
      ->delimiter(',')
      ->take_all();
  add_count(command, "--case-seconds", flags->seconds, "seconds that one case may take (30)");
  command.add_flag("--quick", flags->quick, "fewer cases of everything");
  command.add_flag("--json", flags->json, "print JSON");
  // How it starts itself, which is nobody else's business.
  command.add_option("--child", flags->child)->expected(2)->group("");
  flags->device.add(command);
  return [flags] { return check(*flags); };
}

}  // namespace asg::cli
