// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/conventions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;

metrics::TracedSpan span(metrics::Layer layer, shm::Protocol protocol,
                         const std::string& operation) {
  metrics::TracedSpan one;
  one.layer = layer;
  one.protocol = protocol;
  one.operation = operation;
  one.stack = "2-layer";
  one.status = "ok";
  return one;
}

std::map<std::string, std::string> attributes_of(const metrics::TracedSpan& span) {
  const ConventionalSpan words = conventional(span);
  return {words.attributes.begin(), words.attributes.end()};
}

TEST(OtlpConventions, McpCallsToolsAndHasMethods) {
  const auto tool = span(metrics::Layer::mcp_client, shm::Protocol::mcp, "goxel_fill");
  EXPECT_EQ(conventional(tool).name, "tools/call goxel_fill");
  EXPECT_THAT(attributes_of(tool), Contains(Pair("mcp.method.name", "tools/call")));
  EXPECT_THAT(attributes_of(tool), Contains(Pair("gen_ai.tool.name", "goxel_fill")));
  EXPECT_THAT(attributes_of(tool), Contains(Pair("gen_ai.operation.name", "execute_tool")));
  const auto method = span(metrics::Layer::mcp_client, shm::Protocol::mcp, "tools/list");
  EXPECT_EQ(conventional(method).name, "tools/list");
  EXPECT_THAT(attributes_of(method), Contains(Pair("mcp.method.name", "tools/list")));
  EXPECT_THAT(attributes_of(method), Not(Contains(Key("gen_ai.tool.name"))));
  EXPECT_THAT(attributes_of(method), Not(Contains(Key("gen_ai.operation.name"))));
}

TEST(OtlpConventions, JsonRpcIsARemoteProcedureCall) {
  const auto call = span(metrics::Layer::daemon, shm::Protocol::json_rpc, "goxel.fill");
  EXPECT_EQ(conventional(call).name, "goxel.fill");
  EXPECT_THAT(attributes_of(call), Contains(Pair("rpc.system.name", "jsonrpc")));
  EXPECT_THAT(attributes_of(call), Contains(Pair("rpc.method", "goxel.fill")));
  const auto other = span(metrics::Layer::daemon, shm::Protocol::json_rpc, "_OTHER");
  EXPECT_EQ(conventional(other).name, "jsonrpc");
  EXPECT_THAT(attributes_of(other), Contains(Pair("rpc.method", "_OTHER")));
}

TEST(OtlpConventions, WhoAnswersIsAServer) {
  using metrics::Layer;
  const auto kind = [](Layer layer) {
    return conventional(span(layer, shm::Protocol::none, "x")).kind;
  };
  EXPECT_EQ(kind(Layer::mcp_client), SpanKind::client);
  EXPECT_EQ(kind(Layer::mcp_server), SpanKind::server);
  EXPECT_EQ(kind(Layer::ts_client), SpanKind::client);
  EXPECT_EQ(kind(Layer::daemon), SpanKind::server);
}

TEST(OtlpConventions, AnErrorHasItsTypeAndItsCodeIfItHasOne) {
  auto call = span(metrics::Layer::daemon, shm::Protocol::json_rpc, "goxel.fill");
  EXPECT_THAT(attributes_of(call), Not(Contains(Key("error.type"))));
  call.status = "error";
  call.error = shm::error_code(-32601);
  EXPECT_THAT(attributes_of(call), Contains(Pair("error.type", "-32601")));
  EXPECT_THAT(attributes_of(call), Contains(Pair("rpc.response.status_code", "-32601")));
  call.error = shm::ErrorCode::tool;
  EXPECT_THAT(attributes_of(call), Contains(Pair("error.type", "tool_error")));
  EXPECT_THAT(attributes_of(call), Not(Contains(Key("rpc.response.status_code"))));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::otlp
