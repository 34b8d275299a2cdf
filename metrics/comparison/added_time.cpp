// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/added_time.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "metrics/comparison/interval.h"
#include "metrics/comparison/long_run.h"
#include "metrics/comparison/observed_blocks.h"
#include "metrics/comparison/strata.h"
#include "metrics/comparison/tool_method.h"
#include "metrics/layer.h"

namespace goxel_telemetry::metrics {
namespace {

// Layers whose counts differ by no more than this did count the same requests, but for those at the
// edges of the stretch.
constexpr double kSameCounts = 0.05;

constexpr std::size_t kNone = SIZE_MAX;  // no layer

// One operation as one layer saw it: its answered requests, and their time, in each watched block.
struct Seen {
  std::vector<double> requests;
  std::vector<double> ns;
  double all_requests = 0;
  double all_ns = 0;
  bool recorded = false;  // any record, answered or not

  double mean() const { return all_ns / all_requests; }
  bool enough() const {
    const auto none = static_cast<std::size_t>(std::count(requests.begin(), requests.end(), 0.0));
    return all_requests >= static_cast<double>(kFewestRequests) &&
           requests.size() - none >= kFewestBlocks;
  }
};

struct Side {
  explicit Side(const Observation& observation)
      : blocks(observation), seconds(observation.observed_seconds()) {}

  double rate_of(const Seen& seen) const { return seconds > 0 ? seen.all_requests / seconds : 0; }

  ObservedBlocks blocks;
  double seconds;
};

struct Operation {
  std::array<Seen, kLayerCount> before;
  std::array<Seen, kLayerCount> after;
};

using OperationName = std::tuple<std::string, std::string>;  // stack, method
using Operations = std::map<OperationName, Operation>;

bool wanted(const std::string& name, const std::string& only) {
  return only.empty() || only == name;
}

void collect(const Observation& observation, const Side& side, const AddedTimeOptions& options,
             std::array<Seen, kLayerCount> Operation::*where, Operations& operations) {
  const std::string only = method_of_tool(options.operation);
  for (const auto& [key, series] : observation.operations) {
    const std::optional<Layer> layer = layer_named(key.layer);
    const std::string method = method_of_tool(key.operation);
    if (!layer || !wanted(method, only) || !wanted(key.stack, options.stack)) continue;
    Seen& seen = (operations[{key.stack, method}].*where)[static_cast<std::size_t>(*layer)];
    if (seen.requests.empty()) seen.requests = seen.ns = side.blocks.series();
    series.for_each([&](std::uint32_t block, const Tally& tally) {
      const auto requests = static_cast<double>(tally.latency.count());
      const auto ns = static_cast<double>(tally.latency.sum());
      const std::size_t place = side.blocks.place(block);
      seen.requests[place] += requests;
      seen.ns[place] += ns;
      seen.all_requests += requests;
      seen.all_ns += ns;
      seen.recorded = true;
    });
  }
}

// Adds each block's part in the error of the mean.
void add_deviations(const Seen& seen, double sign, std::vector<double>& deviations) {
  for (std::size_t i = 0; i < deviations.size(); ++i) {
    deviations[i] += sign * (seen.ns[i] - seen.mean() * seen.requests[i]) / seen.all_requests;
  }
}

// The two means are of the same requests, so what a block adds to the error of the one and of the
// other is subtracted before anything is squared.
std::optional<Estimate> own_time(const Side& side, const Seen& layer, const Seen* inner) {
  if (layer.all_requests == 0) return {};
  double own = layer.mean();
  bool enough = layer.enough();
  std::vector<double> deviations = side.blocks.series();
  add_deviations(layer, 1, deviations);
  if (inner != nullptr) {
    own -= inner->mean();
    enough = enough && inner->enough();
    add_deviations(*inner, -1, deviations);
  }
  const Spread spread = enough ? long_run_spread(deviations, side.seconds) : Spread{};
  return symmetric_estimate(own, spread.standard_error, spread.degrees);
}

bool same_counts(const Seen& one, const Seen& other) {
  return std::abs(one.all_requests - other.all_requests) <=
         kSameCounts * std::max(one.all_requests, other.all_requests);
}

bool is_proven(const Shift& shift) {
  return shift.change == Change::more || shift.change == Change::less;
}
const Shift& shift_of_row(const OwnTimeChange& row) {
  return row.own_time;
}
const Shift& shift_of_row(const RateChange& row) {
  return row.rate;
}

template <class Row>
LeftOut keep_most(std::vector<Row>& rows, std::size_t most) {
  const auto largest_first = [](const Row& a, const Row& b) {
    return std::abs(a.added_per_second) > std::abs(b.added_per_second);
  };
  LeftOut left_out;
  std::stable_sort(rows.begin(), rows.end(), largest_first);
  if (rows.size() <= most) return left_out;
  std::stable_partition(rows.begin(), rows.end(),
                        [](const Row& row) { return is_proven(shift_of_row(row)); });
  left_out.rows = rows.size() - most;
  const auto end_of_kept = std::next(rows.begin(), static_cast<std::ptrdiff_t>(most));
  for (auto row = end_of_kept; row != rows.end(); ++row) {
    left_out.added_per_second += row->added_per_second;
  }
  rows.erase(end_of_kept, rows.end());
  std::stable_sort(rows.begin(), rows.end(), largest_first);
  return left_out;
}

class Attribution {
 public:
  Attribution(const Observation& before, const Observation& after, const AddedTimeOptions& options)
      : before_(before), after_(after), options_(options) {
    collect(before, before_, options, &Operation::before, operations_);
    collect(after, after_, options, &Operation::after, operations_);
  }

  AddedTime made() && {
    out_.level = options_.level;
    out_.least_relevant = options_.least_relevant;
    for (const auto& [name, operation] : operations_) add(name, operation);
    judge_all();
    out_.own_times_left_out = keep_most(out_.own_times, options_.most_rows);
    out_.rates_left_out = keep_most(out_.rates, options_.most_rows);
    return std::move(out_);
  }

 private:
  // Layers, from the outside in, that answered requests on both sides; if a side answered none at
  // all, those of the other side.
  std::vector<std::size_t> compared_layers(const Operation& operation) {
    std::vector<std::size_t> of_before, of_after, of_both;
    for (std::size_t i = 0; i < kLayerCount; ++i) {
      const bool before = operation.before[i].all_requests != 0;
      const bool after = operation.after[i].all_requests != 0;
      if (before) of_before.push_back(i);
      if (after) of_after.push_back(i);
      if (before && after) of_both.push_back(i);
    }
    if (of_before.empty()) return of_after;
    if (of_after.empty()) return of_before;
    out_.layers_on_one_side += of_before.size() + of_after.size() - 2 * of_both.size();
    return of_both;
  }

  void add(const OperationName& name, const Operation& operation) {
    const std::vector<std::size_t> layers = compared_layers(operation);
    if (layers.empty()) return;
    const auto recorded = [](const std::array<Seen, kLayerCount>& by_layer) {
      return std::any_of(by_layer.begin(), by_layer.end(),
                         [](const Seen& seen) { return seen.recorded; });
    };
    RateChange rate;
    std::tie(rate.stack, rate.operation) = name;
    if (!recorded(operation.before)) rate.presence = Presence::only_after;
    if (!recorded(operation.after)) rate.presence = Presence::only_before;
    rate.rate = rate_shift(operation.before[layers.back()], operation.after[layers.back()]);
    bool any_wanted = false;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (!wanted(kLayerNames[layers[i]], options_.layer)) continue;
      any_wanted = true;
      const std::size_t inner = i + 1 < layers.size() ? layers[i + 1] : kNone;
      rate.added_per_second += add_layer(name, operation, layers[i], inner);
    }
    if (!any_wanted) return;
    switch (rate.presence) {
      case Presence::both:
        out_.total.by_rate += rate.added_per_second;
        break;
      case Presence::only_after:
        out_.total.by_new += rate.added_per_second;
        break;
      case Presence::only_before:
        out_.total.by_vanished += rate.added_per_second;
        break;
    }
    out_.rates.push_back(std::move(rate));
  }

  // Returns what the changed rate of requests adds in this layer.
  double add_layer(const OperationName& name, const Operation& operation, std::size_t layer,
                   std::size_t inner) {
    const bool innermost = inner == kNone;
    const Seen& before = operation.before[layer];
    const Seen& after = operation.after[layer];
    const Seen* const inner_before = innermost ? nullptr : &operation.before[inner];
    const Seen* const inner_after = innermost ? nullptr : &operation.after[inner];
    const std::optional<Estimate> a = own_time(before_, before, inner_before);
    const std::optional<Estimate> b = own_time(after_, after, inner_after);
    const double own_before = a ? a->value : 0;
    const double own_after = b ? b->value : 0;
    const double rate_before = before_.rate_of(before);
    const double rate_after = after_.rate_of(after);
    out_.total.before += rate_before * own_before;
    out_.total.after += rate_after * own_after;
    if (!a || !b) return rate_after * own_after - rate_before * own_before;

    OwnTimeChange& row = out_.own_times.emplace_back();
    std::tie(row.stack, row.operation) = name;
    row.layer = kLayerNames[layer];
    if (!innermost) row.inner = kLayerNames[inner];
    row.requests_before = static_cast<std::uint64_t>(before.all_requests);
    row.requests_after = static_cast<std::uint64_t>(after.all_requests);
    row.own_time = shift_of(a, b, Scale::plain, options_.level);
    row.added_per_second = rate_after * (own_after - own_before);
    row.counts_differ =
        !innermost && (!same_counts(before, *inner_before) || !same_counts(after, *inner_after));
    out_.total.by_own_time += row.added_per_second;
    relevant_ns_.push_back(options_.least_relevant * std::min(before.mean(), after.mean()));
    return own_before * (rate_after - rate_before);
  }

  Shift rate_shift(const Seen& before, const Seen& after) const {
    const auto estimate = [](const Side& side, const Seen& seen) {
      return estimate_rate(side.blocks, side.seconds, seen.requests);
    };
    return shift_of(estimate(before_, before), estimate(after_, after), Scale::logarithm,
                    options_.level);
  }

  // Own times are one set of questions, rates another.
  void judge_all() {
    std::vector<Shift*> own_times, rates;
    for (OwnTimeChange& row : out_.own_times) own_times.push_back(&row.own_time);
    for (RateChange& row : out_.rates) rates.push_back(&row.rate);
    adjust_as_one_set(own_times);
    adjust_as_one_set(rates);
    for (std::size_t i = 0; i < own_times.size(); ++i) {
      judge(*own_times[i], std::abs(*own_times[i]->shift) >= relevant_ns_[i], options_.level);
    }
    for (Shift* rate : rates) {
      judge(*rate, rate->shift && relevant_ratio(*rate->shift, options_.least_relevant),
            options_.level);
    }
  }

  const Side before_;
  const Side after_;
  const AddedTimeOptions& options_;
  Operations operations_;
  std::vector<double> relevant_ns_;  // of each row of own_times
  AddedTime out_;
};

}  // namespace

AddedTime added_time(const Observation& before, const Observation& after,
                     const AddedTimeOptions& options) {
  return Attribution(before, after, options).made();
}

}  // namespace goxel_telemetry::metrics
