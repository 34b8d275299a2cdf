// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the Prometheus text format: families, samples, labels, numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metrics/snapshot.h"

namespace goxel_telemetry::http_bridge {

// The labels of one series, rendered once. A label without a value is left out: to Prometheus the
// two are the same.
class Labels {
 public:
  // `value` must be UTF-8.
  Labels& add(std::string_view name, std::string_view value);
  // `{a="x",b="y"}`, or nothing.
  std::string text() const { return rendered_.empty() ? "" : "{" + rendered_ + "}"; }

 private:
  std::string rendered_;
};

enum class MetricType { counter, gauge, histogram };

class Exposition {
 public:
  // What follows belongs to this family. Its HELP and TYPE are written before its first sample; a
  // family without one leaves no trace. Families must not be resumed.
  void family(std::string_view name, MetricType type, std::string_view help);

  void sample(const Labels& labels, double value);
  // Buckets are closed above and summed up, bounds in seconds.
  void histogram(const Labels& labels, const metrics::ExposedHistogram& histogram);

  std::string text() && { return std::move(text_); }

 private:
  void line(std::string_view suffix, const Labels& labels, double value);

  std::string text_;
  std::string name_;
  std::string header_;  // of the family, until it is written
};

// The fewest digits that read back as the same double, without an exponent from 10^-6 to 10^21;
// +Inf, -Inf, NaN. The same in every locale.
std::string format_number(double value);

}  // namespace goxel_telemetry::http_bridge
