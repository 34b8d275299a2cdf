// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/recording/recorded_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/screen/facts.h"
#include "cli/screen/terminal.h"
#include "cli/target.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace recording = metrics::recording;
namespace {

// Each is a segment that has to be made.
constexpr std::uint64_t kMostRuns = 10'000;

void judge(const Extent& extent, const std::string& path) {
  const std::string whole = plural(extent.records, "record");
  switch (extent.outcome) {
    case recording::Outcome::foreign:
      throw Failure(kExitUsage, path + " is not a recording of goxel-telemetry");
    case recording::Outcome::unknown_version:
      throw Failure(kExitUsage, path + " was recorded by a newer version of goxel-telemetry");
    case recording::Outcome::cut:
      complain(path + " breaks off; it holds " + whole + " up to there");
      break;
    case recording::Outcome::damaged:
      complain(path + " is damaged; it holds " + whole + " before that");
      break;
    case recording::Outcome::end:
    case recording::Outcome::entry:
      break;
  }
  if (extent.runs > kMostRuns) {
    throw Failure(kExitUsage, path + " holds more than " + metrics::format_count(kMostRuns) +
                                  " restarts, and so is no session");
  }
  if (extent.runs == 0 || extent.first_ns > extent.last_ns) {
    throw Failure(kExitNotThere, path + " holds nothing that could be shown");
  }
  if (extent.lost != 0) {
    complain(metrics::format_count(extent.lost) +
             " records are not in it: they were overwritten before they could be recorded");
  }
}

}  // namespace

RecordedFile::RecordedFile(const std::string& path) : path_(path), file_(path, std::ios::binary) {
  if (!file_) throw Failure(kExitNotThere, "cannot open " + path + ": " + std::strerror(errno));
}

recording::Reader RecordedFile::read_from_the_start() {
  file_.clear();
  file_.seekg(0);
  return recording::Reader([this](std::span<std::uint8_t> out) {
    file_.read(reinterpret_cast<char*>(out.data()), std::ssize(out));
    return static_cast<std::size_t>(file_.gcount());
  });
}

bool is_recording(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;  // opening a pipe would wait
  std::ifstream file(path, std::ios::binary);
  std::array<char, recording::kMagic.size()> beginning{};
  file.read(beginning.data(), std::ssize(beginning));
  return file && std::memcmp(beginning.data(), recording::kMagic.data(), beginning.size()) == 0;
}

std::optional<std::uint64_t> time_of(const recording::Entry& entry) {
  if (const auto* lane = std::get_if<recording::LaneRecord>(&entry)) {
    return lane->record.start_ticks + lane->record.duration_ticks;
  }
  if (const auto* moment = std::get_if<recording::Moment>(&entry)) return moment->monotonic_ns;
  if (const auto* ended = std::get_if<recording::RunEnded>(&entry)) return ended->last_sign_ns;
  return std::nullopt;
}

Extent measure_out(RecordedFile& file) {
  Extent extent;
  recording::Reader reader = file.read_from_the_start();
  recording::Entry entry;
  while ((extent.outcome = reader.next(entry)) == recording::Outcome::entry) {
    if (const auto* run = std::get_if<recording::RunBegan>(&entry)) {
      ++extent.runs;
      if (reader.segment() == recording::Segment::daemon) extent.instance = run->instance;
      extent.outer_layers |= reader.segment() == recording::Segment::outer_layers;
    }
    extent.records += std::holds_alternative<recording::LaneRecord>(entry);
    if (const auto* lost = std::get_if<recording::Lost>(&entry)) extent.lost += lost->records;
    if (const auto time = time_of(entry)) {
      extent.first_ns = std::min(extent.first_ns, *time);
      extent.last_ns = std::max(extent.last_ns, *time);
    }
  }
  judge(extent, file.path());
  return extent;
}

}  // namespace goxel_telemetry::cli
