// SPDX-License-Identifier: GPL-3.0-or-later
// An operation through four layers that failed in the daemon.
#pragma once

#include "http-bridge/otlp/operation.h"

namespace goxel_telemetry::http_bridge::otlp {

inline Operation sample_operation(const std::string& method = "goxel.add_voxel") {
  constexpr std::uint64_t kMs = 1'000'000;
  constexpr std::uint64_t kStart = 73'214'500'120'034;
  const auto span = [&](metrics::Layer layer, const std::string& operation, std::uint64_t offset_ms,
                        std::uint64_t ms) {
    metrics::TracedSpan one;
    one.layer = layer;
    one.operation = operation;
    one.stack = "4-layer";
    one.status = "ok";
    one.start_ns = kStart + offset_ms * kMs;
    one.duration_ns = ms * kMs;
    const bool is_mcp = layer < metrics::Layer::ts_client;
    one.protocol = is_mcp ? shm::Protocol::mcp : shm::Protocol::json_rpc;
    return one;
  };
  std::vector<metrics::TracedSpan> spans = {
      span(metrics::Layer::mcp_client, "goxel_add_voxel", 0, 11),
      span(metrics::Layer::mcp_server, "goxel_add_voxel", 2, 8),
      span(metrics::Layer::ts_client, method, 3, 2), span(metrics::Layer::daemon, method, 4, 1),
      span(metrics::Layer::ts_client, method, 6, 2)};
  spans[0].status = spans[1].status = spans[3].status = "error";
  spans[0].error = spans[1].error = shm::ErrorCode::tool;
  spans[3].error = shm::error_code(-32602);
  Operation operation;
  operation.instance = "goxel";
  operation.daemon_pid = 4711;
  operation.trace_id_high = 0x4bf92f3577b34da6;
  operation.traced = metrics::traced_operations(0xa3ce929d0e0e4736, std::move(spans),
                                                1'795'991'900'000'000'000 - kStart)
                         .front();
  return operation;
}

}  // namespace goxel_telemetry::http_bridge::otlp
