// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framing.h"
#include "methods.h"

namespace stand_in {
namespace {

using testing::ElementsAre;

std::vector<std::string> messages_in(Framer& framer) {
  std::vector<std::string> found;
  while (auto message = framer.next()) found.push_back(*message);
  return found;
}

TEST(Framer, EndsAMessageAtItsLastBracket) {
  Framer framer(1000);
  framer.append("  \n{\"a\": [1, {\"b\": 2}]}[3]\n");
  EXPECT_THAT(messages_in(framer), ElementsAre("{\"a\": [1, {\"b\": 2}]}", "[3]"));
  EXPECT_FALSE(framer.in_message());
}

TEST(Framer, TakesNoBracketInsideAStringForStructure) {
  Framer framer(1000);
  const std::string message = R"({"a": "}\"]{\\", "b": 1})";
  framer.append(message + message);
  EXPECT_THAT(messages_in(framer), ElementsAre(message, message));
}

TEST(Framer, TakesALineThatBeginsWithNoBracketAsAMessage) {
  Framer framer(1000);
  framer.append("garbage {\r\n{}");
  EXPECT_THAT(messages_in(framer), ElementsAre("garbage {", "{}"));
}

TEST(Framer, FindsTheSameMessagesAcrossAnySplit) {
  const std::string stream = "{\"a\": \"\\\"}\"}\nhello\n [1, [2]] {}";
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    Framer framer(1000);
    framer.append(stream.substr(0, split));
    std::vector<std::string> found = messages_in(framer);
    framer.append(stream.substr(split));
    for (const std::string& message : messages_in(framer)) found.push_back(message);
    EXPECT_THAT(found, ElementsAre("{\"a\": \"\\\"}\"}", "hello", "[1, [2]]", "{}")) << split;
  }
}

TEST(Framer, SaysWhenAMessageIsTooLong) {
  Framer framer(10);
  framer.append("{\"aaaaaaaa");
  EXPECT_FALSE(framer.overflowed());
  framer.append("a");
  EXPECT_TRUE(framer.overflowed());
}

TEST(Message, KnowsItsDialectAndItsTraceContext) {
  const Message rpc =
      parse_message(R"({"params": {"_meta": {"traceparent": "00-a"}}, "method": "ping"})");
  EXPECT_EQ(rpc.dialect, Dialect::json_rpc);
  EXPECT_EQ(rpc.operation, "ping");
  EXPECT_EQ(rpc.traceparent, "00-a");
  const Message mcp = parse_message(R"({"tool": "t", "_meta": {"traceparent": "00-b"}})");
  EXPECT_EQ(mcp.dialect, Dialect::mcp);
  EXPECT_EQ(mcp.operation, "t");
  EXPECT_EQ(mcp.traceparent, "00-b");
}

TEST(Message, IsMalformedIfItIsNoRequest) {
  for (const char* text : {"", "{", "{bad}", "5", "[]", "{}", R"({"method": 5})", "hello"}) {
    EXPECT_EQ(parse_message(text).kind, Message::Kind::malformed) << text;
  }
  EXPECT_EQ(parse_message(std::string(100000, '[')).kind, Message::Kind::malformed);
  EXPECT_EQ(parse_message("[1]").kind, Message::Kind::batch);
}

TEST(Spacing, IsThatOfTheStockDaemon) {
  const Json value{{"a", 1}, {"b", {1, "x\n"}}, {"c", Json::array()}, {"d", Json::object()}};
  EXPECT_EQ(to_spaced_text(value), R"({ "a": 1, "b": [ 1, "x\n" ], "c": [], "d": {} })");
  EXPECT_EQ(to_spaced_text(rpc_error("abc", -5, "no")),
            R"({ "jsonrpc": "2.0", "error": { "code": -5, "message": "no" }, "id": "abc" })");
}

TEST(Methods, AreTheOnesOfTheStockDaemon) {
  EXPECT_EQ(all_methods().size(), 34U);
  EXPECT_EQ(find_tool("goxel_add_voxels"), find_method("goxel.add_voxel"));
  EXPECT_EQ(find_tool("goxel_list_layers"), find_method("goxel.list_layers"));
  EXPECT_EQ(find_tool("ping"), find_method("ping"));
  EXPECT_EQ(find_tool("goxel.add_voxel"), nullptr);
  EXPECT_EQ(find_tool("nope"), nullptr);
}

}  // namespace
}  // namespace stand_in
