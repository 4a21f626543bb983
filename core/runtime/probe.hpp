// Tries plugins in processes of their own, so that none can take the program down.
#pragma once
#include <filesystem>
#include <span>
#include <vector>

#include "runtime/plugin_file.hpp"
#include "runtime/probe_report.hpp"

namespace asg::loader {

/// Loads each plugin in a process of its own, starts its backend, asks for the devices and destroys
/// it, several at a time, within limits of time and memory. What is known of a file to end the
/// process is remembered (probe_cache.hpp), and not tried again.
/// Errors   Error when ASG_PROBE_SECONDS is no number.
[[nodiscard]] std::vector<ProbeReport> probe(std::span<const PluginFile* const> files);

/// Whether a plugin may be loaded into this process: remembered, or tried now.
/// Errors   as probe.
[[nodiscard]] ProbeReport probe_for_use(const PluginFile& file);

/// The program that tries plugins: where it is; empty when there is none that may be trusted.
[[nodiscard]] std::filesystem::path probe_program();

/// Tells that a plugin is loaded without having been tried, for want of the program.
void warn_of_loading_here(const PluginFile& file);

/// Loads a plugin here, starts its backend, and asks it for everything that is listed.
/// Errors   Refusal, PluginFailure: why it is not usable.
void examine(BackendListing& listing, const PluginFile& file);

/// Of the process that tries: where it finds the file, and where it reports.
constexpr int probe_file_number = 3, probe_report_number = 4;
/// How it says that the plugin has closed the descriptors of others.
constexpr int probe_lost_report = 113;

/// What the program does: argv is its name, the path of the file, the seconds and the bytes that it
/// may take.
/// Errors   none; gives the exit status.
int run_probe(int argc, char** argv);

}  // namespace asg::loader
