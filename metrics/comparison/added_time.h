// SPDX-License-Identifier: GPL-3.0-or-later
// Where time was added between two observations: by which operation, in which layer, and whether
// because its requests take longer or because there are more of them. docs/metrics-math.md, "What
// changed", defines every number.
//
// An operation is a method, together with the tools that do its work (tool_method.h), over any
// protocol. Layers contain one another, so each layer is charged with its OWN time only: the mean of
// its answered requests less that of the next layer inside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/comparison/shift.h"

namespace goxel_telemetry::metrics {

struct AddedTimeOptions {
  double level = 0.95;  // confidence of intervals; 1 - level is the risk of a false proof
  // A change of an own time that is less than this part of the layer's whole mean does not count,
  // however well proven; nor does a smaller change of a rate.
  double least_relevant = 0.05;
  std::size_t most_rows = 20;  // of each list
  // If not empty, only this operation (a method's name or a tool's), stack or layer.
  std::string operation;
  std::string stack;
  std::string layer;
};

// What the requests of one operation take longer in one layer. Only layers that answered requests
// of it on both sides.
struct OwnTimeChange {
  std::string stack;
  std::string operation;  // a method's name
  std::string layer;
  std::string inner;                  // whose mean is subtracted; empty: it is the innermost one
  std::uint64_t requests_before = 0;  // answered, in this layer
  std::uint64_t requests_after = 0;
  // Nanoseconds of own time a request, `a` before and `b` after; the shift is the difference. Own
  // times may be negative where the layers did not count the same requests.
  Shift own_time;
  double added_per_second = 0;  // the shift times the rate of requests after, ns in each second
  // The layer and the inner one did not count the same requests (they differ by more than 5 % on a
  // side): an own time is then the difference of two means of different requests.
  bool counts_differ = false;
};

enum class Presence { both, only_before, only_after };

// What more or fewer requests of one operation add, each taking as long as before. Requests of a new
// operation, and of one that vanished, take as long as they did where they were seen.
struct RateChange {
  std::string stack;
  std::string operation;
  Presence presence = Presence::both;  // of records, whether answered or not
  Shift rate;  // answered requests a second in the innermost layer; the shift is a ratio less 1
  double added_per_second = 0;  // in all layers that are compared, ns in each second
};

// Rows beyond most_rows.
struct LeftOut {
  std::size_t rows = 0;
  double added_per_second = 0;
};

// Own time of all layers that are compared, in ns in each second. Also of rows that are left out.
// before + by_own_time + by_rate + by_new + by_vanished is after.
struct TimePerSecond {
  double before = 0;
  double after = 0;
  double by_own_time = 0;
  double by_rate = 0;      // of operations that are on both sides
  double by_new = 0;       // only after
  double by_vanished = 0;  // only before: what is saved is below 0
};

struct AddedTime {
  double level = 0;
  double least_relevant = 0;
  // Each list: what added or saved most in a second comes first. If not all rows fit, those with a
  // proven change are kept before the others.
  std::vector<OwnTimeChange> own_times;
  std::vector<RateChange> rates;
  LeftOut own_times_left_out;
  LeftOut rates_left_out;
  TimePerSecond total;
  // Layers of operations that could not be compared, because they answered requests on one side
  // only, and another layer did on the other. Their time is in no number: that a client begins to
  // report adds nothing.
  std::size_t layers_on_one_side = 0;
};

// The stretches should not overlap. Blocks must be watched where they have records, as they are in
// what ObservationBuilder makes.
AddedTime added_time(const Observation& before, const Observation& after,
                     const AddedTimeOptions& options);

}  // namespace goxel_telemetry::metrics
