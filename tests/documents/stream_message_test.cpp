// SPDX-License-Identifier: GPL-3.0-or-later
#include "documents/stream_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "documents/encode_json.h"

namespace goxel_telemetry::documents {
namespace {

using nlohmann::json;

Subscribe subscribed(std::string_view text) {
  const auto message = parse_stream_message(text);
  const auto* const subscribe = std::get_if<Subscribe>(&message);
  EXPECT_NE(subscribe, nullptr) << text;
  return subscribe == nullptr ? Subscribe{} : *subscribe;
}

TEST(StreamMessage, SubscriptionHasWhatItSaysAndElseOnceASecond) {
  const Subscribe least = subscribed(R"({"subscribe":"overview","id":"a"})");
  EXPECT_EQ(least.id, "a");
  EXPECT_EQ(least.document, "overview");
  EXPECT_EQ(least.hz, 1);
  EXPECT_TRUE(least.parameters.empty());
  const Subscribe most =
      subscribed(R"({"hz":20,"id":"b","instance":"goxel","subscribe":"layers","x":""})");
  EXPECT_EQ(most.hz, 20);
  EXPECT_THAT(most.parameters,
              testing::ElementsAre(testing::Pair("instance", "goxel"), testing::Pair("x", "")));
}

TEST(StreamMessage, UnsubscriptionNamesTheId) {
  const auto message = parse_stream_message(R"({"unsubscribe":"a"})");
  ASSERT_TRUE(std::holds_alternative<Unsubscribe>(message));
  EXPECT_EQ(std::get<Unsubscribe>(message).id, "a");
}

TEST(StreamMessage, WhatCannotBeFollowedIsAnsweredByASentenceAndItsId) {
  const std::string long_id(65, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"x", ""},
      {"[]", ""},
      {"{}", ""},
      {"{\"id\":\"\xFF\"}", ""},
      {R"({"subscribe":"overview"})", ""},
      {R"({"subscribe":"overview","id":""})", ""},
      {R"({"subscribe":"overview","id":7})", ""},
      {R"({"subscribe":"overview","id":")" + long_id + "\"}", ""},
      {R"({"id":"a"})", "a"},
      {R"({"subscribe":7,"id":"a"})", "a"},
      {R"({"subscribe":"overview","id":"a","hz":0})", "a"},
      {R"({"subscribe":"overview","id":"a","hz":21})", "a"},
      {R"({"subscribe":"overview","id":"a","hz":1.5})", "a"},
      {R"({"subscribe":"overview","id":"a","hz":"1"})", "a"},
      {R"({"subscribe":"overview","id":"a","hz":18446744073709551615})", "a"},
      {R"({"subscribe":"overview","id":"a","instance":null})", "a"},
      {R"({"unsubscribe":7})", ""},
      {R"({"unsubscribe":"a","id":"a"})", "a"},
      {std::string(4000, '['), ""},
  };
  for (const auto& [text, id] : cases) {
    const auto message = parse_stream_message(text);
    ASSERT_TRUE(std::holds_alternative<BadStreamMessage>(message)) << text;
    EXPECT_EQ(std::get<BadStreamMessage>(message).id, id) << text;
    EXPECT_THAT(std::get<BadStreamMessage>(message).sentence, testing::EndsWith(".")) << text;
  }
}

TEST(StreamFrame, DocumentStandsBetweenHeadAndTail) {
  const json document = {{"a", 1}, {"b", {true, nullptr, "x"}}};
  const json expected = {{"id", "q\"\u00e9"}, {"missed", 300}, {"document", document}};
  const std::string id = "q\"\u00e9";
  EXPECT_EQ(json::parse(frame_head(StreamEncoding::json, id, 300) + document.dump() +
                        std::string(frame_tail(StreamEncoding::json))),
            expected);
  std::string packed = frame_head(StreamEncoding::msgpack, id, 300);
  json::to_msgpack(document, packed);
  packed += frame_tail(StreamEncoding::msgpack);
  EXPECT_EQ(json::from_msgpack(packed), expected);
}

TEST(StreamFrame, ProblemIsADocumentWithinTheFrame) {
  const std::string problem = encode_json_problem(404, "Not Found", "There is none.");
  const json expected = {{"id", "a"}, {"problem", json::parse(problem)}};
  EXPECT_EQ(json::parse(problem_frame(StreamEncoding::json, "a", problem)), expected);
  EXPECT_EQ(json::from_msgpack(problem_frame(StreamEncoding::msgpack, "a", problem)), expected);
}

}  // namespace
}  // namespace goxel_telemetry::documents
