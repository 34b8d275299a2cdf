// SPDX-License-Identifier: GPL-3.0-or-later
// The shape of comparisons and baselines as documents: see document.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "documents/document.h"
#include "documents/statistics_document.h"
#include "metrics/comparison/baseline.h"
#include "metrics/comparison/comparison.h"
#include "metrics/sides/side.h"

namespace goxel_telemetry::documents {

struct ComparedSideDocument {
  std::string side;         // as the client asked for it
  std::string description;  // part of a sentence, for people
  const metrics::ComparedSide& seen;
};

// GET /api/v1/compare, goxel-telemetry compare --json
struct ComparisonDocument {
  ComparedSideDocument a;
  ComparedSideDocument b;
  const metrics::Comparison& comparison;
};

// One operation of a baseline: its sums.
struct BaselineOperation {
  metrics::OperationKey key;
  metrics::WindowStats stats;
};

// goxel-telemetry baseline show --json; GET /api/v1/baselines and baseline list --json are a list
// of them without operations.
struct BaselineDocument {
  std::string name;
  std::string source;
  std::uint64_t saved_realtime_ns = 0;
  metrics::ComparedSide seen;
  std::uint64_t operation_count = 0;
  std::vector<BaselineOperation> operations;
};
struct BaselineListDocument {
  std::vector<BaselineDocument> baselines;
};

// `compared` must outlive it.
inline ComparisonDocument document_of(const metrics::ComparedSides& compared) {
  const metrics::Comparison& comparison = compared.comparison;
  return {{compared.a.asked, compared.a.description, comparison.a},
          {compared.b.asked, compared.b.description, comparison.b},
          comparison};
}

// Without its operations.
inline BaselineDocument document_of(const metrics::Baseline& baseline) {
  return {baseline.name,
          baseline.source,
          baseline.saved_realtime_ns,
          metrics::describe_side(baseline.observation),
          baseline.observation.operations.size(),
          {}};
}

template <class Member>
void describe_key(const metrics::OperationKey& key, Member&& member) {
  member("stack", key.stack);
  member("protocol", key.protocol);
  member("layer", key.layer);
  member("operation", key.operation);
}

template <class Member>
void describe(const metrics::Shift& s, Member&& member) {
  member("a", s.a);
  member("b", s.b);
  member("shift", s.shift);
  member("low", s.low);
  member("high", s.high);
  member("p", s.p);
  member("change", std::string_view(metrics::to_string(s.change)));
}

template <class Member>
void describe(const metrics::LatencyShifts& l, Member&& member) {
  member("mean_ns", l.mean);
  member("p50_ns", l.p50);
  member("p90_ns", l.p90);
  member("p95_ns", l.p95);
  member("p99_ns", l.p99);
}

template <class Member>
void describe(const metrics::SideCounts& c, Member&& member) {
  member("records", c.records);
  member("answered", c.answered);
  member("failed", c.failed);
  member("blocks", c.blocks);
}

template <class Member>
void describe(const metrics::ComparedSide& s, Member&& member) {
  member("begin_seconds", s.begin_seconds);
  member("end_seconds", s.end_seconds);
  member("observed_seconds", s.observed_seconds);
  member("block_seconds", s.block_seconds);
  member("blocks", s.blocks);
}

template <class Member>
void describe(const metrics::ComparedOperation& o, Member&& member) {
  describe_key(o.key, member);
  member("a", o.a);
  member("b", o.b);
  member("verdict", std::string_view(metrics::to_string(o.verdict)));
  member("verdict_by", o.verdict_by);
  member("latency", o.latency);
  member("rate_per_second", o.throughput);
  member("failure_ratio", o.failure_ratio);
  member("probability_b_slower", o.probability_b_slower);
}

template <class Member>
void describe(const metrics::ComparedLayer& l, Member&& member) {
  member("verdict", std::string_view(metrics::to_string(l.verdict)));
  member("verdict_by", l.verdict_by);
  member("same_mix", l.adjusted);
  member("covered_ratio_a", l.covered_a);
  member("covered_ratio_b", l.covered_b);
  member("raw", l.raw);
}

template <class Member>
void describe(const ComparedSideDocument& s, Member&& member) {
  member("side", s.side);
  member("description", s.description);
  member("seen", s.seen);
}

template <class Member>
void describe(const ComparisonDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("a", d.a);
  member("b", d.b);
  member("level", d.comparison.level);
  member("least_relevant", d.comparison.least_relevant);
  member("layers", d.comparison.layers);
  member("operations", d.comparison.operations);
}

template <class Member>
void describe(const BaselineOperation& o, Member&& member) {
  describe_key(o.key, member);
  member("stats", o.stats);
}

template <class Member>
void describe(const BaselineDocument& b, Member&& member) {
  member("name", b.name);
  member("source", b.source);
  member("saved_realtime_ns", b.saved_realtime_ns);
  member("seen", b.seen);
  member("operation_count", b.operation_count);
  member("operations", b.operations);
}

template <class Member>
void describe(const BaselineListDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("baselines", d.baselines);
}

}  // namespace goxel_telemetry::documents
