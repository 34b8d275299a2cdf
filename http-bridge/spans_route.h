// SPDX-License-Identifier: GPL-3.0-or-later
// POST /api/v1/spans: takes what layers outside of daemons report (docs/http-api.md, "Reporting spans"), and
// writes it into a segment for each daemon.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "http-bridge/access.h"
#include "http-bridge/layers_segment.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

inline constexpr const char* kSpansPath = "/api/v1/spans";

// For another method.
Response spans_are_posted();
// To all that is asked where spans are taken and nothing else is.
Response refuse_all_but_spans(const Request& request);

class SpansRoute {
 public:
  static constexpr std::size_t kMostSegments = 32;

  // `is_watched`: whether the bridge knows a daemon of this instance. Called from answer().
  SpansRoute(SharedAccess access, std::function<bool(const std::string& instance)> is_watched);

  // `listener` gets each batch before its spans can be read. Call it before answer().
  void on_batch(std::function<void(const documents::SpanBatch&)> listener) {
    listener_ = std::move(listener);
  }

  // A POST to kSpansPath. From one thread at a time.
  Response answer(const Request& request);
  // The same of a client that its door has let in: neither its host nor its token counts.
  Response answer_admitted(const Request& request);

 private:
  struct Place {
    std::unique_ptr<LayersSegment> segment;
    std::uint64_t used_ns = 0;
  };

  Response take(const Request& request, const documents::SpanBatch& batch, std::uint64_t now_ns);
  LayersSegment* segment_of(const documents::SpanBatch& batch, std::uint64_t now_ns,
                            std::string& why);
  void beat(const std::stop_token& stop);

  const SharedAccess access_;
  const std::function<bool(const std::string&)> is_watched_;
  std::function<void(const documents::SpanBatch&)> listener_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Place> segments_;
  std::jthread beating_;  // last member: ends before the others are destroyed
};

}  // namespace goxel_telemetry::http_bridge
