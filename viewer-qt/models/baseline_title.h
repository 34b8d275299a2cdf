// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a saved baseline without its numbers. All text is untrusted.
#pragma once

#include <QString>
#include <cstdint>
#include <string>
#include <vector>

#include "metrics/comparison/baseline.h"
#include "metrics/time.h"
#include "viewer-qt/models/time_points.h"

namespace goxel_telemetry::viewer {

struct BaselineTitle {
  std::string name;
  std::string source;           // what it was saved from, for people
  std::uint64_t saved_ns = 0;   // CLOCK_REALTIME
  metrics::TimeStretch seen{};  // the time that it is of

  // Whether it was saved from an instance's segment or history. A recording's instance may have been on any machine,
  // and so may a baseline that was imported: its file does not tell.
  bool is_of(const std::string& instance) const;

  friend bool operator==(const BaselineTitle&, const BaselineTitle&) = default;
};

BaselineTitle title_of(const metrics::Baseline& baseline);
// "baseline good, saved 2025-11-25 18:46:03"
QString in_words(const BaselineTitle& baseline);
// Where the time ends that it is of.
Mark mark_of(const BaselineTitle& baseline);

// Those that can be compared with.
struct KnownBaselines {
  std::vector<BaselineTitle> all;  // by name
  std::string message;             // why there are fewer than there could be; a sentence, or empty

  friend bool operator==(const KnownBaselines&, const KnownBaselines&) = default;
};

}  // namespace goxel_telemetry::viewer
