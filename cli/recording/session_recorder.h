// SPDX-License-Identifier: GPL-3.0-or-later
// Follows one instance, that is the daemon and the layers outside of it, and writes what it reads
// to a recording.
#pragma once

#include <cstdint>
#include <string>

#include "cli/recording/segment_recorder.h"

namespace goxel_telemetry::cli {

class SessionRecorder {
 public:
  // `writer` must outlive it. Recording ends after `most_records`, of both segments together.
  SessionRecorder(const std::string& instance, metrics::recording::Writer& writer, Backlog backlog,
                  std::uint64_t most_records = UINT64_MAX);

  // Writes what is new; call it every 20 to 100 ms. A crash costs no more than a second. False when
  // there are `most_records`.
  bool sweep(const metrics::Time& now);

  // Writes the last moments. Call it once, at the end.
  void finish(const metrics::Time& now);

  std::uint64_t lost() const { return outer_.lost() + daemon_.lost(); }

 private:
  SegmentRecorder outer_;
  SegmentRecorder daemon_;
};

}  // namespace goxel_telemetry::cli
