// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/blackbox_route.h"

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "documents/record_document.h"
#include "http-bridge/parameters.h"
#include "http-bridge/reply.h"
#include "metrics/live/follower.h"
#include "metrics/live/last_records.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::array<std::string_view, 2> kParameters = {"instance", "last"};
constexpr std::uint32_t kMostRecords = 1'000;
constexpr std::uint32_t kUsualRecords = 20;

// A ring that holds more than can be read in this time is none of ours.
constexpr std::uint64_t kBudgetNs = 2'000'000'000;

Response read(const Request& request, const std::string& instance, std::size_t most) {
  metrics::LastRecords last(most);
  metrics::Follower follower(instance);
  follower.on_record([&last](const metrics::NamedRecord& r) { last.add(r); });
  const auto now = metrics::Time::now();
  follower.sweep(now, kBudgetNs);
  const std::vector<metrics::Snapshot> one = {follower.snapshot(now)};
  const metrics::Snapshot& snapshot = one.front();
  if (snapshot.daemon.state == shm::ProducerState::absent) {
    return sentence_reply(
        404, "the segment of " + quoted(instance) + " is gone, and its black box with it");
  }
  const auto records = last.take();
  return document_reply(request, documents::BlackBoxDocument{
                                     {snapshot.taken_realtime_ns, snapshot.daemon.message, 0, one},
                                     last_sign_of_life_ns(snapshot),
                                     records});
}

}  // namespace

Response answer_blackbox(const Request& request, const Snapshots& watched, CostlyWork& costly) {
  if (auto refused = refuse_parameters(request, "black boxes", kParameters)) return *refused;
  std::uint32_t most = kUsualRecords;
  if (const auto asked = parameter(request, "last")) {
    const auto number = whole_number(*asked, 0, kMostRecords);
    if (!number) {
      return sentence_reply(400, "last must be a number from 0 to " + std::to_string(kMostRecords) +
                                     ", not " + quoted(*asked));
    }
    most = *number;
  }
  std::vector<std::string> names;
  for (const metrics::Snapshot& one : watched.instances) names.push_back(one.instance);
  auto instance = one_instance(parameter(request, "instance").value_or(""), names);
  if (auto* refused = std::get_if<Response>(&instance)) return *refused;
  return costly.run([&] { return read(request, std::get<std::string>(instance), most); });
}

}  // namespace goxel_telemetry::http_bridge
