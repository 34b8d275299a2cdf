// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/operation_table.h"

#include <algorithm>

namespace goxel_telemetry::metrics {

void Operation::add_to_totals(const Measurement& m) {
  count(total, m.status);
  bytes_in += m.bytes_in;
  bytes_out += m.bytes_out;
  last_record_ns = std::max(last_record_ns, m.end_ns);
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
  if (has_room()) return {add(key), true};
  OperationKey other = key;
  other.operation = kOtherOperation;
  if (const auto found = operations_.find(other); found != operations_.end()) {
    return {&found->second, false};
  }
  if (operations_.size() < kMostOperations + kRoomForOther) return {add(other), key == other};
  return {nullptr, false};
}

bool OperationTable::has_room() {
  if (operations_.size() >= kMostOperations) return false;
  return !places_ || operations_.size() < OperationPlaces::kOwn || places_->take();
}

std::size_t OperationTable::window_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [key, operation] : operations_) bytes += operation.windows.memory_bytes();
  return bytes;
}

void OperationTable::forget_before(std::uint64_t second) {
  for (auto& [key, operation] : operations_) operation.windows.forget_before(second);
}

void OperationTable::advance(std::uint64_t now) {
  now_ = now;
  for (auto& [key, operation] : operations_) operation.windows.advance(now);
}

}  // namespace goxel_telemetry::metrics
