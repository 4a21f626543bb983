#include <asg/runtime/backends.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <asg/runtime/log.hpp>

#include "graph/utf8.hpp"
#include "runtime/plugin.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/plugin_file.hpp"
#include "runtime/probe.hpp"
#include "runtime/refusal.hpp"
#include "runtime/search.hpp"

namespace asg {
namespace {

namespace fs = std::filesystem;

using Outcome = loader::ProbeReport::Outcome;

std::string one_line(std::string_view text) { return shown(text, 4096); }

void refuse_listing(BackendListing& listing, std::string_view reason) {
  listing.usable = false;
  listing.reason = one_line(reason);
  listing.devices.clear();
}

// The listings of a search, made in two rounds: what the files say, then what the plugins say.
class Listings {
 public:
  void add_directory(const fs::path& path, std::string_view reason) {
    BackendListing& listing = listings_.emplace_back();
    listing.file = path;
    listing.reason = one_line(reason);
  }

  void add_file(const fs::path& file) {
    BackendListing& listing = listings_.emplace_back();
    listing.file = file;
    listing.name = loader::backend_name_of(file);
    if (listing.name.empty()) {
      listing.reason = "not named asg-backend-NAME.so, NAME being of a-z, 0-9 and _";
      return;
    }
    const std::size_t place = listings_.size() - 1;
    if (const auto [first, fresh] = first_of_name_.emplace(listing.name, place); !fresh) {
      shadowed_.push_back({place, first->second});
      return;
    }
    loader::Inspection inspection = loader::inspect(file);
    listing.abi_major = inspection.abi_major;
    listing.reason = one_line(inspection.refusal);
    if (inspection.file != nullptr) candidates_.push_back({place, std::move(inspection.file)});
    if (candidates_.size() >= most_open_files) ask_candidates();
  }

  std::vector<BackendListing> take() {
    ask_candidates();
    for (const auto& [place, first] : shadowed_) name_shadow(listings_[place], listings_[first]);
    return std::move(listings_);
  }

 private:
  struct Candidate {
    std::size_t place;
    std::shared_ptr<const loader::PluginFile> file;
  };
  // A process may have a thousand, and has some of its own.
  static constexpr std::size_t most_open_files = 128;

  void ask_candidates() {
    std::vector<Candidate> elsewhere;
    for (const Candidate& candidate : candidates_)
      loader::is_in_use(*candidate.file) ? examine_here(candidate) : elsewhere.push_back(candidate);
    try_elsewhere(elsewhere);
    candidates_.clear();
  }

  // A plugin that is broken does not give way to another of its name, but whoever sees that wants
  // to know how to take the other one.
  static void name_shadow(BackendListing& listing, const BackendListing& first) {
    listing.reason = "shadowed by " + loader::shown_path(first.file);
    if (!first.usable)
      listing.reason += ", which is refused; --backend with the path of this one takes it";
  }

  void examine_here(const Candidate& candidate) {
    BackendListing& listing = listings_[candidate.place];
    try {
      loader::examine(listing, *candidate.file);
      listing.usable = true;
    } catch (const std::exception& e) {
      refuse_listing(listing, e.what());
    }
  }

  void try_elsewhere(const std::vector<Candidate>& candidates) {
    std::vector<const loader::PluginFile*> files;
    for (const Candidate& candidate : candidates) files.push_back(candidate.file.get());
    std::vector<loader::ProbeReport> reports = loader::probe(files);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& candidate = candidates[i];
      for (const auto& [level, source, text] : reports[i].log) log_message(level, source, text);
      if (reports[i].outcome == Outcome::not_tried) {
        loader::warn_of_loading_here(*candidate.file);
        examine_here(candidate);
        continue;
      }
      adopt(listings_[candidate.place], std::move(reports[i]));
    }
  }

  static void adopt(BackendListing& listing, loader::ProbeReport report) {
    BackendListing& found = report.listing;
    found.name = listing.name;
    found.file = listing.file;
    found.abi_major = listing.abi_major;
    listing = std::move(found);
    listing.usable = report.outcome == Outcome::sound;
    if (!listing.usable) refuse_listing(listing, report.reason);
  }

  std::vector<BackendListing> listings_;
  std::map<std::string, std::size_t> first_of_name_;
  std::vector<std::pair<std::size_t, std::size_t>> shadowed_;
  std::vector<Candidate> candidates_;
};

}  // namespace

std::vector<BackendListing> list_backends(const PluginSearch& search) {
  Listings listings;
  for (const loader::Directory& directory : loader::search_directories(search)) {
    if (!directory.refusal.empty()) {
      listings.add_directory(directory.path, directory.refusal);
      continue;
    }
    try {
      const std::vector<fs::path> entries = loader::entries_of(directory.path);
      if (entries.empty()) listings.add_directory(directory.path, "an empty directory");
      for (const fs::path& entry : entries) listings.add_file(entry);
    } catch (const loader::Refusal& refusal) {
      listings.add_directory(directory.path, refusal.what());
    }
  }
  return listings.take();
}

fs::path plugin_probe_program() { return loader::probe_program(); }

std::vector<fs::path> plugin_directories(const PluginSearch& search) {
  std::vector<fs::path> paths;
  for (loader::Directory& directory : loader::search_directories(search))
    paths.push_back(std::move(directory.path));
  return paths;
}

}  // namespace asg
