// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the Prometheus text format: families, samples, labels, numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::http_bridge {

// The labels of one series, rendered once. A label without a value is left out: to Prometheus an
// empty label and a missing one are the same.
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
  // Samples that follow belong to this family. Its HELP and TYPE are written before its first
  // sample, so a family without samples is not written at all. A family must not be continued after
  // another one.
  void family(std::string_view name, MetricType type, std::string_view help);

  void sample(const Labels& labels, double value);
  // Buckets include their upper bound and are cumulative; bounds are in seconds.
  void histogram(const Labels& labels, const metrics::ExposedHistogram& histogram);

  std::string text() && { return std::move(text_); }

 private:
  void line(std::string_view suffix, const Labels& labels, double value);

  std::string text_;
  std::string name_;
  std::string header_;  // the family's header, until it is written
};

// The fewest digits that are read back as the same double, without an exponent from 10^-6 to 10^21;
// or +Inf, -Inf, NaN. The same in every locale.
std::string format_number(double value);

}  // namespace goxel_telemetry::http_bridge
