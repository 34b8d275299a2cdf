// SPDX-License-Identifier: GPL-3.0-or-later
// A span in OpenTelemetry's words: the conventions for JSON-RPC (https://opentelemetry.io/docs/specs/semconv/rpc/json-rpc/) and for MCP
// (https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/mcp.md), and attributes of our own under "goxel.".
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "metrics/layers/traced_operation.h"

namespace goxel_telemetry::http_bridge::otlp {

enum class SpanKind { server = 2, client = 3 };  // OTLP's numbers

struct ConventionalSpan {
  std::string name;
  SpanKind kind{};
  std::vector<std::pair<const char*, std::string>> attributes;
};

ConventionalSpan conventional(const metrics::TracedSpan& span);

// What a layer is as a service: service.name.
std::string service_of(metrics::Layer layer);

}  // namespace goxel_telemetry::http_bridge::otlp
