// SPDX-License-Identifier: GPL-3.0-or-later
// Compares two sides, A (before) and B (after): what changed, by how much, and whether that is
// proven. docs/metrics-math.md defines every number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/comparison/shift.h"
#include "metrics/operation_key.h"

namespace goxel_telemetry::metrics {

struct ComparisonOptions {
  double level = 0.95;           // confidence of intervals; 1 - level is the risk of a false proof
  double least_relevant = 0.05;  // a smaller shift does not count, however well proven
  // True: operations of different stacks count as the same operations. On both sides stacks and
  // protocols are left out of the keys, and tools get the names of their methods (tool_method.h).
  bool across_stacks = false;
  // If not empty, only this operation or stack is compared.
  std::string operation;
  std::string stack;
  std::string layer;
};

// The shift of a throughput or a latency is a ratio less 1 (0.1: B is 10 % more), that of a failure
// ratio the difference. p values are adjusted for the number of operations that were compared.
struct LatencyShifts {  // nanoseconds, of answered requests
  Shift mean;
  Shift p50;
  Shift p90;
  Shift p95;
  Shift p99;
};

enum class Verdict { too_little_data, no_proven_difference, faster, slower };
const char* to_string(Verdict verdict);  // "too little data", …

struct SideCounts {
  std::uint64_t records = 0;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint32_t blocks = 0;  // with records
};

struct ComparedOperation {
  OperationKey key;  // empty members: left out, or common to the whole layer
  SideCounts a;
  SideCounts b;
  LatencyShifts latency;
  Shift throughput;     // records a second
  Shift failure_ratio;  // records that did not end ok
  // The probability that a request of B takes longer than a request of A: 0.5 if neither side tends
  // to.
  std::optional<double> probability_b_slower;
  Verdict verdict = Verdict::too_little_data;
  std::string
      verdict_by;  // whose shift is proven: "mean", "p50", "p90", "p95" or "p99"; empty: none
};

// All operations of a layer.
struct ComparedLayer {
  ComparedOperation raw;  // as observed, without adjusting the mix
  // The shifts if both sides had had the same mix of operations, the average of their two mixes.
  // Only operations with enough requests on both sides are used; covered_a and covered_b say which
  // share of each side's requests these are.
  LatencyShifts adjusted;
  double covered_a = 0;
  double covered_b = 0;
  Verdict verdict = Verdict::too_little_data;  // of `adjusted`
  std::string verdict_by;
};

struct ComparedSide {
  std::uint64_t begin_seconds = 0;  // Unix time
  std::uint64_t end_seconds = 0;
  double observed_seconds = 0;
  std::uint32_t block_seconds = 0;
  std::uint32_t blocks = 0;  // blocks that were observed
};

ComparedSide describe_side(const Observation& observation);

struct Comparison {
  double level = 0;
  double least_relevant = 0;
  ComparedSide a;
  ComparedSide b;
  std::vector<ComparedLayer> layers;
  std::vector<ComparedOperation> operations;  // by key
};

Comparison compare(const Observation& a, const Observation& b, const ComparisonOptions& options);

}  // namespace goxel_telemetry::metrics
