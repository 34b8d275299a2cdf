// SPDX-License-Identifier: GPL-3.0-or-later
#include "outer_layers.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "shm/clock.h"
#include "shm/inflight.h"
#include "shm/process_identity.h"

namespace load_client {

namespace shm = goxel_telemetry::shm;

OuterLayers::OuterLayers(const std::string& instance, unsigned threads, SlowLayer slow)
    : slow_(std::move(slow)) {
  shm::SegmentOptions options;
  options.instance = shm::layers_instance(instance);
  options.door = shm::Door::collector;
  options.host_name = "goxel-load-client";
  options.inflight_capacity = 1;
  constexpr unsigned kFew = 16;
  options.tiers = {{threads, threads <= kFew ? 8192U : 1024U}};
  shm::Created created = shm::create_segment(options);
  if (created.outcome != shm::CreateOutcome::created) {
    throw std::runtime_error("The outer layers cannot report: " + created.message + ".");
  }
  mapping_ = std::move(created.mapping);
  const shm::ProducerView segment(mapping_->bytes());
  header_ = &segment.header();
  catalog_ = std::make_unique<shm::CatalogWriter>(*header_, segment.catalog());
  shm::store(header_->calibration, shm::Calibration{});  // ticks are nanoseconds
  show_points(shm::monotonic_ns());
  header_->state.store(static_cast<std::uint64_t>(shm::Lifecycle::live), std::memory_order_release);
}

// The segment stays, so that it can still be read.
OuterLayers::~OuterLayers() {
  header_->state.store(static_cast<std::uint64_t>(shm::Lifecycle::retired),
                       std::memory_order_release);
}

void OuterLayers::show_points(std::uint64_t now_ns) {
  static const shm::ProcessIdentity self = shm::this_process();
  header_->heartbeat_ns.store(now_ns, std::memory_order_relaxed);
  auto line = shm::ProducerView(mapping_->bytes()).collection_points().begin();
  for (const std::uint8_t layer :
       {shm::names::kMcpClient, shm::names::kMcpServer, shm::names::kTsClient}) {
    shm::show(*line++, shm::CollectionPoint{self.start_time, now_ns, self.pid, layer});
  }
}

OuterLayers::Reporter::Reporter(OuterLayers& layers, unsigned index, std::uint64_t seed)
    : layers_(layers), shows_points_(index == 0), random_(seed) {
  producer_ = shm::Producer(shm::ProducerView(layers.mapping_->bytes()), index);
}

void OuterLayers::Reporter::work() {
  std::this_thread::sleep_for(std::chrono::microseconds(50 + random_() % 200));
}

void OuterLayers::Reporter::go(bool json_rpc, const std::string& operation) {
  json_rpc_ = json_rpc;
  crossings_.clear();
  const auto enter = [&](const char* layer, std::uint8_t id) {
    crossings_.push_back({layer, id, shm::monotonic_ns()});
    layers_.slow_.wait(layer, operation);
  };
  enter("mcp-client", shm::names::kMcpClient);
  work();
  if (!json_rpc) return;
  enter("mcp-server", shm::names::kMcpServer);
  work();
  enter("ts-client", shm::names::kTsClient);
}

void OuterLayers::Reporter::come_back(const std::string& operation, std::uint64_t trace_id,
                                      shm::Status status) {
  // The client library calls the daemon's methods, the outer two layers call its tools.
  std::string tool = operation;
  std::replace(tool.begin(), tool.end(), '.', '_');
  OuterTimes& times = statistics_[json_rpc_ ? "4-layer" : "2-layer"];
  times.operations += status <= shm::Status::error;
  for (auto crossing = crossings_.rbegin(); crossing != crossings_.rend(); ++crossing) {
    if (crossing->layer_id != shm::names::kTsClient) work();
    const std::uint64_t end_ns = shm::monotonic_ns();
    shm::Record record{};
    record.start_ticks = crossing->start_ns;
    record.duration_ticks = shm::clip_ticks(end_ns - crossing->start_ns) & shm::kTicksAtLeast;
    record.trace_id = trace_id;
    record.operation = layers_.catalog_->intern(
        shm::NameKind::operation, crossing->layer_id == shm::names::kTsClient ? operation : tool);
    record.worker = shm::kNoWorker;
    record.layer = crossing->layer_id;
    record.stack = json_rpc_ ? shm::names::kFourLayer : shm::names::kTwoLayer;
    record.protocol = static_cast<std::uint8_t>(
        crossing->layer_id == shm::names::kTsClient ? shm::Protocol::json_rpc : shm::Protocol::mcp);
    record.status = static_cast<std::uint8_t>(status);
    producer_.publish(record);
    shm::add(producer_.counters().records[record.status], 1);
    if (status <= shm::Status::error) {
      times.sum_ns[crossing->layer] += end_ns - crossing->start_ns;
      shm::add(producer_.counters().span_ticks, record.duration_ticks);
    }
    constexpr std::uint64_t kShowEveryNs = 500'000'000;
    if (shows_points_ && end_ns - points_shown_ns_ > kShowEveryNs) {
      points_shown_ns_ = end_ns;
      layers_.show_points(end_ns);
    }
  }
}

}  // namespace load_client
