// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/records/record_waiters.h"

#include <utility>
#include <variant>

#include "http-bridge/reply.h"
#include "http-bridge/representation.h"

namespace goxel_telemetry::http_bridge {
namespace {

// For a ring that is filled faster than it can be read.
constexpr std::uint64_t kLongestBeginningNs = 5 * metrics::kNsPerSecond;

void reply(const RecordWaiters::Done& done, const Request& request, Response response) {
  done(std::make_shared<const Response>(represented(request, std::move(response))));
}

}  // namespace

void RecordWaiters::ask(const Request& request, Done done, const metrics::Time& now) {
  auto query = parse_record_query(request);
  if (auto* refused = std::get_if<Response>(&query))
    return reply(done, request, std::move(*refused));
  auto& wanted = std::get<RecordQuery>(query);
  auto source = sources_.open(wanted.instance, now);
  if (auto* refused = std::get_if<Response>(&source))
    return reply(done, request, std::move(*refused));
  const std::uint64_t until_ns = now.monotonic_ns + wanted.wait_seconds * metrics::kNsPerSecond;
  Waiter waiter{request,
                RecordReading(std::get<std::shared_ptr<RecordSource>>(source), std::move(wanted),
                              request.accept),
                std::move(done), until_ns};
  if (!answer(waiter, now)) waiting_.push_back(std::move(waiter));
}

bool RecordWaiters::answer(Waiter& waiter, const metrics::Time& now) {
  if (waiter.request.is_gone && waiter.request.is_gone()) return true;
  if (const auto found = waiter.reading.next(now.monotonic_ns >= waiter.until_ns)) {
    reply(waiter.done, waiter.request, *found);
    return true;
  }
  if (now.monotonic_ns < waiter.until_ns + kLongestBeginningNs) return false;
  waiter.done(busy_reply());
  return true;
}

void RecordWaiters::tick(const metrics::Time& now) {
  waiting_.remove_if([&](Waiter& waiter) { return answer(waiter, now); });
}

void RecordWaiters::end(const metrics::Time& now) {
  for (Waiter& waiter : waiting_) {
    waiter.until_ns = 0;
    answer(waiter, now);
  }
  waiting_.clear();
}

}  // namespace goxel_telemetry::http_bridge
