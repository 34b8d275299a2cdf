// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/layers_segment.h"

#include <algorithm>
#include <utility>

#include "shm/clock.h"
#include "shm/inflight.h"
#include "shm/process_identity.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::uint64_t kSlots = 16'384;
constexpr std::uint64_t kSecond = 1'000'000'000;
// Of a second's allowance: what a source may send at once that was silent.
constexpr std::uint64_t kBurst = 5;

}  // namespace

std::unique_ptr<LayersSegment> LayersSegment::create(const std::string& instance,
                                                     std::uint64_t began_ns, std::string& why) {
  // Looked at before it is replaced.
  const std::unique_ptr<shm::Reader> before = shm::Reader::open(shm::layers_instance(instance));
  auto made = make(instance, began_ns, why);
  if (made == nullptr) return nullptr;
  if (before != nullptr) made->take_over(*before);
  shm::reveal_segment(*made->mapping_);
  return made;
}

std::unique_ptr<LayersSegment> LayersSegment::create_again(const LayersSegment& removed,
                                                           std::uint64_t began_ns,
                                                           std::string& why) {
  auto made = make(removed.instance_, began_ns, why);
  if (made == nullptr) return nullptr;
  made->sources_ = removed.sources_;
  for (const Source& source : made->sources_) made->show(source);
  shm::reveal_segment(*made->mapping_);
  return made;
}

// One that nobody can read yet.
std::unique_ptr<LayersSegment> LayersSegment::make(const std::string& instance,
                                                   std::uint64_t began_ns, std::string& why) {
  shm::SegmentOptions options;
  options.instance = shm::layers_instance(instance);
  options.door = shm::Door::collector;
  options.host_name = "goxel-telemetry-bridge";
  options.host_version = GOXEL_TELEMETRY_VERSION;
  options.inflight_capacity = 1;
  options.collection_points = kMostSources;
  options.tiers = {{1, kSlots}};
  options.created_monotonic_ns = began_ns;
  options.hidden = true;
  shm::Created created = shm::create_segment(options);
  if (created.outcome != shm::CreateOutcome::created) {
    why = std::move(created.message);
    return nullptr;
  }
  return std::unique_ptr<LayersSegment>(new LayersSegment(instance, std::move(created)));
}

LayersSegment::LayersSegment(std::string instance, shm::Created created)
    : instance_(std::move(instance)),
      name_(std::move(created.name)),
      id_(created.id),
      folder_(shm::shared_memory_folder()),
      mapping_(std::move(created.mapping)),
      segment_(mapping_->bytes()),
      catalog_(segment_.header(), segment_.catalog()),
      producer_(segment_, 0) {
  shm::Header& header = segment_.header();
  shm::store(header.calibration, shm::Calibration{});  // ticks are nanoseconds
  beat(shm::monotonic_ns());
  header.state.store(static_cast<std::uint64_t>(shm::Lifecycle::live), std::memory_order_release);
}

LayersSegment::~LayersSegment() {
  segment_.header().state.store(static_cast<std::uint64_t>(shm::Lifecycle::retired),
                                std::memory_order_release);
}

void LayersSegment::take_over(const shm::Reader& before) {
  const std::uint64_t head = before.lane_count() != 0 ? before.lane_head(0) : 0;
  for (const shm::CollectionPoint& point : before.collection_points()) {
    if (point.source_id == 0 || sources_.size() == kMostSources) continue;
    Source& source = sources_.emplace_back();
    source.point = point;
    if (point.batch_is_open) {
      // Its producer was killed over it: it is still to come, less what was published.
      source.point.batch = point.batch - 1;
      source.point.batch_is_open = false;
      source.point.batch_place = static_cast<std::uint32_t>(head) - point.batch_place;
    }
    show(source);
  }
}

LayersSegment::Outcome LayersSegment::take(const documents::SpanBatch& batch,
                                           std::uint64_t now_ns) {
  Source& source = source_of(batch);
  shm::CollectionPoint& point = source.point;
  point.last_seen_ns = now_ns;
  if (batch.number <= point.batch) {
    show(source);
    return Outcome::duplicate;
  }
  if (!may_send(source, batch.spans.size(), now_ns)) return Outcome::too_many;

  const std::size_t published = batch.number == point.batch + 1 ? point.batch_place : 0;
  const std::size_t first = std::min(published, batch.spans.size());
  point.batch = batch.number;
  point.batch_is_open = true;
  point.batch_place = static_cast<std::uint32_t>(producer_.sequence() - first);
  show(source);
  for (std::size_t i = first; i < batch.spans.size(); ++i) publish(batch.spans[i]);
  point.batch_is_open = false;
  point.batch_place = 0;
  point.completed = batch.completed;
  point.taken += batch.spans.size();
  show(source);
  return Outcome::taken;
}

// If there are too many, the one makes room that has been silent longest.
LayersSegment::Source& LayersSegment::source_of(const documents::SpanBatch& batch) {
  auto found = std::find_if(sources_.begin(), sources_.end(), [&](const Source& source) {
    return source.point.source_id == batch.source_id;
  });
  if (found != sources_.end()) return *found;
  if (sources_.size() < kMostSources) {
    found = sources_.emplace(sources_.end());
  } else {
    found = std::min_element(sources_.begin(), sources_.end(), [](const auto& a, const auto& b) {
      return a.point.last_seen_ns < b.point.last_seen_ns;
    });
    *found = {};
  }
  found->point.source_id = batch.source_id;
  found->point.pid = batch.source_pid;
  found->point.layer = batch.source_layer;
  if (batch.source_pid != 0) {
    found->point.process_start_time = shm::start_time_of(batch.source_pid);
  }
  return *found;
}

bool LayersSegment::may_send(Source& source, std::size_t spans, std::uint64_t now_ns) {
  constexpr std::uint64_t kMost = kBurst * kMostSpansPerSecond;
  const std::uint64_t passed =
      std::min(now_ns - std::min(source.allowance_ns, now_ns), kBurst * kSecond);
  source.allowance = std::min(kMost, source.allowance + passed * kMostSpansPerSecond / kSecond);
  source.allowance_ns = now_ns;
  if (spans > source.allowance) return false;
  source.allowance -= spans;
  return true;
}

void LayersSegment::show(const Source& source) {
  const auto line = static_cast<std::size_t>(&source - sources_.data());
  shm::show(segment_.collection_points()[line], source.point);
}

void LayersSegment::publish(const documents::ReportedSpan& span) {
  shm::Record record{};
  record.start_ticks = span.start_ns;
  record.duration_ticks = shm::clip_ticks(span.duration_ns) & shm::kTicksAtLeast;
  record.trace_id = span.trace_id;
  record.operation = catalog_.intern(shm::NameKind::operation, span.operation);
  record.worker = shm::kNoWorker;
  record.layer = span.layer;
  record.stack = span.stack;
  record.protocol = static_cast<std::uint8_t>(span.protocol) & 0x3;
  record.status = static_cast<std::uint8_t>(span.status);
  record.error = static_cast<std::uint16_t>(span.error);
  record.bytes_in = span.bytes_in;
  record.bytes_out = span.bytes_out;
  producer_.publish(record);
  shm::LaneCounters& counters = producer_.counters();
  shm::add(counters.records[record.status], 1);
  if (span.status <= shm::Status::error) shm::add(counters.span_ticks, span.duration_ns);
}

void LayersSegment::beat(std::uint64_t now_ns) {
  segment_.header().heartbeat_ns.store(now_ns, std::memory_order_relaxed);
}

bool LayersSegment::was_removed() const {
  return shm::segment_was_removed(name_, id_, folder_);
}

}  // namespace goxel_telemetry::http_bridge
