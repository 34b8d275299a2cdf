// SPDX-License-Identifier: GPL-3.0-or-later
// A recording on disk, and a summary of its contents.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include "metrics/recording/recording.h"

namespace goxel_telemetry::cli {

// Can be read several times, by one reader at a time. Throws Failure if there is no such file.
class RecordedFile {
 public:
  explicit RecordedFile(const std::string& path);

  // The reader must not outlive the file.
  metrics::recording::Reader read_from_the_start();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::ifstream file_;
};

// Judged by the file's first bytes. False if it cannot be read.
bool is_recording(const std::string& path);

// The time of an entry; none for entries that only prepare others.
std::optional<std::uint64_t> time_of(const metrics::recording::Entry& entry);

// A summary of a recording.
struct Extent {
  std::uint64_t records = 0;
  std::uint64_t lost = 0;
  std::uint64_t runs = 0;
  std::string instance;       // the daemon's, from its last run; any bytes
  bool outer_layers = false;  // there is a run of the outer layers
  std::uint64_t first_ns = UINT64_MAX;
  std::uint64_t last_ns = 0;
  metrics::recording::Outcome outcome = metrics::recording::Outcome::end;
};

// Reads the file once. Prints what is missing. Throws Failure if it is not a recording or is empty.
Extent measure_out(RecordedFile& file);

}  // namespace goxel_telemetry::cli
