// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/operation_table.h"

#include <algorithm>

namespace goxel_telemetry::metrics {

namespace {

void expose(ExposedHistogram& histogram, std::size_t bucket, std::uint64_t duration_ns) {
  ++histogram.counts[bucket];
  ++histogram.count;
  histogram.sum_ns = saturated(WideSum{histogram.sum_ns} + duration_ns);
}

}  // namespace

void Operation::add_to_totals(const Measurement& m) {
  count(total, m.status);
  bytes_in += m.bytes_in;
  bytes_out += m.bytes_out;
  last_record_ns = std::max(last_record_ns, m.end_ns);
  if (!m.answered()) return;
  // The first bound that is not below the value: a value equal to a bound lies in that bound's
  // bucket.
  const auto bound = std::lower_bound(kExposedBounds.begin(), kExposedBounds.end(), m.duration_ns);
  const auto bucket = static_cast<std::size_t>(bound - kExposedBounds.begin());
  expose(exposed, bucket, m.duration_ns);
  if (m.status == shm::Status::error) expose(exposed_error, bucket, m.duration_ns);
}

OperationTable::Found OperationTable::find_or_add(const OperationKey& key) {
  if (const auto found = operations_.find(key); found != operations_.end()) {
    return {&found->second, true};
  }
  const auto add = [this](const OperationKey& name) {
    Operation& operation = operations_[name];
    operation.windows.advance(now_);
    return &operation;
  };
  if (operations_.size() < kMostOperations || evict_idle()) return {add(key), true};
  OperationKey other = key;
  other.operation = kOtherOperation;
  if (const auto found = operations_.find(other); found != operations_.end()) {
    return {&found->second, false};
  }
  if (operations_.size() < kMostOperations + kRoomForOther) return {add(other), key == other};
  return {nullptr, false};
}

bool OperationTable::evict_idle() {
  auto idlest = operations_.end();
  for (auto it = operations_.begin(); it != operations_.end(); ++it) {
    if (!it->second.windows.empty() || it->first.operation == kOtherOperation) continue;
    if (idlest == operations_.end() || it->second.last_record_ns < idlest->second.last_record_ns) {
      idlest = it;
    }
  }
  if (idlest == operations_.end()) return false;
  operations_.erase(idlest);
  ++evictions_;
  return operations_.size() < kMostOperations;
}

void OperationTable::advance(std::uint64_t now) {
  now_ = now;
  for (auto& [key, operation] : operations_) operation.windows.advance(now);
}

}  // namespace goxel_telemetry::metrics
