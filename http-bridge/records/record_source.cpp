// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/records/record_source.h"

#include <algorithm>
#include <utility>

namespace goxel_telemetry::http_bridge {
namespace {

// The windows are for nobody here.
constexpr std::size_t kWindowBytes = std::size_t{1} << 20;

}  // namespace

RecordSource::RecordSource(const std::string& instance, std::uint64_t life)
    : group_(instance), life_(life) {
  group_.limit_window_bytes(kWindowBytes);
  group_.daemon().on_record([this](const metrics::NamedRecord& r) { batch_.push_back(r); });
  // What a chain says of the daemon, the daemon says itself.
  group_.outer().on_record([this](const metrics::NamedRecord& r) {
    if (r.layer != "daemon") batch_.push_back(r);
  });
}

void RecordSource::sweep(const metrics::Time& now, std::uint64_t budget_ns) {
  shared_.clear();
  swept_ = now;
  group_.sweep(now, budget_ns);
  const std::uint64_t lost = group_.daemon().lost() + group_.outer().lost();
  feed_.skip(lost - std::exchange(lost_, lost));
  std::stable_sort(batch_.begin(), batch_.end(), metrics::happened_before);
  for (const metrics::NamedRecord& record : batch_) feed_.add(record);
  batch_.clear();
  is_ready_ = is_ready_ || !(group_.daemon().has_unread() || group_.outer().has_unread());
}

std::shared_ptr<const Response> RecordSource::shared(const std::string& name,
                                                     const std::function<Response()>& make) {
  auto& answer = shared_[name];
  if (!answer) answer = std::make_shared<const Response>(make());
  return answer;
}

}  // namespace goxel_telemetry::http_bridge
