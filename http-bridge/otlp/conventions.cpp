// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/conventions.h"

#include "http-bridge/mcp_call.h"
#include "metrics/operation_key.h"
#include "metrics/tally/outcomes.h"
#include "shm/error_code.h"

namespace goxel_telemetry::http_bridge::otlp {
namespace {

void describe_mcp(const metrics::TracedSpan& span, ConventionalSpan& out) {
  auto [method, tool] = mcp_call(span.operation);
  out.name = tool.empty() ? method : method + ' ' + tool;
  out.attributes.emplace_back("mcp.method.name", std::move(method));
  if (tool.empty()) return;
  out.attributes.emplace_back("gen_ai.operation.name", "execute_tool");
  out.attributes.emplace_back("gen_ai.tool.name", std::move(tool));
}

void describe_json_rpc(const metrics::TracedSpan& span, ConventionalSpan& out) {
  constexpr const char* kSystem = "jsonrpc";
  const bool is_known = span.operation != metrics::kOtherOperation;
  out.name = is_known ? span.operation : kSystem;
  out.attributes.emplace_back("rpc.system.name", kSystem);
  out.attributes.emplace_back("rpc.method", span.operation);
  out.attributes.emplace_back("jsonrpc.protocol.version", "2.0");
}

void describe_error(const metrics::TracedSpan& span, ConventionalSpan& out) {
  if (span.status != "error") return;
  out.attributes.emplace_back("error.type", metrics::error_type(span.error));
  if (const auto code = shm::json_rpc_code(span.error)) {
    out.attributes.emplace_back("rpc.response.status_code", std::to_string(*code));
  }
}

}  // namespace

ConventionalSpan conventional(const metrics::TracedSpan& span) {
  ConventionalSpan out;
  const bool answers =
      span.layer == metrics::Layer::mcp_server || span.layer == metrics::Layer::daemon;
  out.kind = answers ? SpanKind::server : SpanKind::client;
  switch (span.protocol) {
    case shm::Protocol::mcp:
      describe_mcp(span, out);
      break;
    case shm::Protocol::json_rpc:
      describe_json_rpc(span, out);
      break;
    case shm::Protocol::none:
      out.name = span.operation;
      break;
  }
  describe_error(span, out);
  out.attributes.emplace_back("goxel.stack", span.stack);
  out.attributes.emplace_back("goxel.layer",
                              metrics::kLayerNames[static_cast<std::size_t>(span.layer)]);
  return out;
}

std::string service_of(metrics::Layer layer) {
  return std::string("goxel-") + metrics::kLayerNames[static_cast<std::size_t>(layer)];
}

}  // namespace goxel_telemetry::http_bridge::otlp
