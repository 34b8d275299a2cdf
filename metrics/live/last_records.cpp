// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/last_records.h"

#include <algorithm>
#include <utility>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kSome = 1'024;

}  // namespace

void LastRecords::add(const NamedRecord& record) {
  records_.push_back(record);
  if (records_.size() >= most_ + std::max(most_, kSome)) cut();
}

void LastRecords::cut() {
  std::stable_sort(records_.begin(), records_.end(), happened_before);
  const std::size_t kept = std::min(records_.size(), most_);
  records_.erase(records_.begin(), records_.end() - static_cast<std::ptrdiff_t>(kept));
}

std::vector<NamedRecord> LastRecords::take() {
  cut();
  return std::exchange(records_, {});
}

}  // namespace goxel_telemetry::metrics
