// SPDX-License-Identifier: GPL-3.0-or-later
// Writes families, samples, labels and numbers as Prometheus' text format 0.0.4 or as OpenMetrics 1.0
// (https://prometheus.io/docs/specs/om/open_metrics_spec/).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
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
enum class ExpositionFormat { prometheus_text, openmetrics };

// One request of those that a bucket counts.
struct Exemplar {
  std::uint64_t trace_id = 0;
  std::uint64_t duration_ns = 0;
  std::uint64_t ended_realtime_ns = 0;
};
// By bucket of an ExposedHistogram, the last one included.
using Exemplars = std::array<std::optional<Exemplar>, metrics::kExposedBounds.size() + 1>;

class Exposition {
 public:
  explicit Exposition(ExpositionFormat format) : format_(format) {}

  // Samples that follow belong to this family. Its HELP and TYPE are written before its first
  // sample, so a family without samples is not written at all. A family must not be continued after
  // another one. A counter's name ends in "_total"; a name that ends in a unit has that unit.
  void family(std::string_view name, MetricType type, std::string_view help);

  void sample(const Labels& labels, double value);
  // Of a counter that began at zero at a time that is known. The text format has no word for that.
  void counter_since(const Labels& labels, double value, std::uint64_t began_realtime_ns);
  // Buckets include their upper bound and are cumulative; bounds are in seconds. The text format has no exemplars.
  void histogram(const Labels& labels, const metrics::ExposedHistogram& histogram,
                 const Exemplars& exemplars = {});

  bool has_exemplars() const { return format_ == ExpositionFormat::openmetrics; }

  std::string text() &&;

 private:
  void line(std::string_view suffix, const Labels& labels, std::string_view value,
            const std::optional<Exemplar>& exemplar = std::nullopt);

  const ExpositionFormat format_;
  std::string text_;
  std::string name_;  // of the samples, but for a counter's "_total"
  std::string_view sample_suffix_;
  std::string header_;  // the family's header, until it is written
};

// The fewest digits that are read back as the same double, without an exponent from 10^-6 to 10^21;
// or +Inf, -Inf, NaN. The same in every locale.
std::string format_number(double value);

}  // namespace goxel_telemetry::http_bridge
