// SPDX-License-Identifier: GPL-3.0-or-later
// The segment into which the layers outside of a daemon report, written by the bridge for them: one lane,
// and a collection point for each source. A batch counts once, however often it is sent, also if the bridge
// was killed while it took it: the segment of the bridge before says how far that one came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "documents/span_batch.h"
#include "shm/catalog.h"
#include "shm/producer.h"
#include "shm/reader.h"
#include "shm/segment.h"

namespace goxel_telemetry::http_bridge {

class LayersSegment {
 public:
  static constexpr std::size_t kMostSources = 64;
  // Spans of one source in a second, on average.
  static constexpr std::uint64_t kMostSpansPerSecond = 20'000;

  // Of the daemon's instance. Null if it cannot be made: `why` is a sentence for an operator. `began_ns`: what
  // ended since then will be in it (CLOCK_MONOTONIC), so readers' windows begin there.
  static std::unique_ptr<LayersSegment> create(const std::string& instance, std::uint64_t began_ns,
                                               std::string& why);
  // One in the place of another that was removed from /dev/shm.
  static std::unique_ptr<LayersSegment> create_again(const LayersSegment& removed,
                                                     std::uint64_t began_ns, std::string& why);
  // The segment stays, and can be read.
  ~LayersSegment();
  LayersSegment(const LayersSegment&) = delete;
  LayersSegment& operator=(const LayersSegment&) = delete;

  enum class Outcome { taken, duplicate, too_many };
  // All of the batch's spans, or none of them. `now_ns`: CLOCK_MONOTONIC.
  Outcome take(const documents::SpanBatch& batch, std::uint64_t now_ns);

  // A sign of life: about once a second.
  void beat(std::uint64_t now_ns);
  // Somebody removed it from /dev/shm. It is of no use any more; another can be created.
  bool was_removed() const;

 private:
  struct Source {
    shm::CollectionPoint point{};
    std::uint64_t allowance = 0;     // spans that it may send now
    std::uint64_t allowance_ns = 0;  // as of then
  };

  LayersSegment(std::string instance, shm::Created created);
  static std::unique_ptr<LayersSegment> make(const std::string& instance, std::uint64_t began_ns,
                                             std::string& why);
  void take_over(const shm::Reader& before);
  Source& source_of(const documents::SpanBatch& batch);
  static bool may_send(Source& source, std::size_t spans, std::uint64_t now_ns);
  void show(const Source& source);
  void publish(const documents::ReportedSpan& span);

  const std::string instance_;
  const std::string name_;
  const shm::ObjectId id_;
  const shm::ObjectId folder_;
  const std::unique_ptr<shm::Mapping> mapping_;
  const shm::ProducerView segment_;
  shm::CatalogWriter catalog_;
  shm::Producer producer_;
  std::vector<Source> sources_;  // in the order of their lines
};

}  // namespace goxel_telemetry::http_bridge
