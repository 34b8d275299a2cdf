// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/records/record_sources.h"

#include <random>
#include <utility>

#include "http-bridge/parameters.h"
#include "http-bridge/reply.h"

namespace goxel_telemetry::http_bridge {
namespace {

// Of all sources together, at a time. Clients of the stream wait for it.
constexpr std::uint64_t kSweepBudgetNs = 20'000'000;

std::uint64_t random_number() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

RecordSources::RecordSources(Watched watched, std::chrono::nanoseconds kept)
    : watched_(std::move(watched)), kept_ns_(static_cast<std::uint64_t>(kept.count())) {}

std::variant<std::shared_ptr<RecordSource>, Response> RecordSources::open(
    const std::string& instance, const metrics::Time& now) {
  auto chosen = one_instance(instance, watched_());
  if (auto* refused = std::get_if<Response>(&chosen)) return *refused;
  const auto& name = std::get<std::string>(chosen);
  const auto known = open_.find(name);
  if (known != open_.end()) return known->second.source;
  if (open_.size() >= kMost) {
    Response busy = error_reply(
        503, "Records of as many instances are read as can be; ask again when others have left.");
    busy.retry_after_seconds = static_cast<int>(kept_ns_ / metrics::kNsPerSecond);
    return busy;
  }
  auto source = std::make_shared<RecordSource>(name, random_number());
  open_[name] = {source, now.monotonic_ns};
  source->sweep(now, kSweepBudgetNs);
  return source;
}

void RecordSources::sweep(const metrics::Time& now) {
  std::erase_if(open_, [&](const auto& one) {
    const Open& open = one.second;
    return open.source.use_count() == 1 && now.monotonic_ns >= open.held_ns + kept_ns_;
  });
  for (auto& [name, open] : open_) {
    if (open.source.use_count() > 1) open.held_ns = now.monotonic_ns;
    open.source->sweep(now, kSweepBudgetNs / open_.size());
  }
}

}  // namespace goxel_telemetry::http_bridge
