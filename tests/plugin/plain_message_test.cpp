// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/plain_message.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace goxel_telemetry::plugin {
namespace {

// What the plain reader found; its names lie in `bytes`.
struct Plain {
  std::vector<char> bytes;
  Message message;
};

std::optional<Plain> plain(std::string_view text) {
  Plain read{{text.begin(), text.end()}, {}};
  read.bytes.resize(text.size() + kBehindPlain);
  if (!read_plain_message(read.bytes.data(), text.size(), read.message)) return std::nullopt;
  return read;
}

void expect_as_scanned(const Message& read, std::string_view text) {
  MessageScanner scanner;
  const MessageScanner::Step step = scanner.feed(text.data(), text.size());
  ASSERT_TRUE(step.complete) << text;
  EXPECT_EQ(text.find_first_not_of(" \t\r\n", step.consumed), std::string_view::npos) << text;
  const Message scanned = scanner.message();
  EXPECT_EQ(read.kind, scanned.kind) << text;
  EXPECT_EQ(read.dialect, scanned.dialect) << text;
  EXPECT_EQ(read.has_version, scanned.has_version) << text;
  EXPECT_EQ(read.has_result, scanned.has_result) << text;
  EXPECT_EQ(read.has_error, scanned.has_error) << text;
  EXPECT_EQ(read.denies_success, scanned.denies_success) << text;
  EXPECT_EQ(read.tool_failed, scanned.tool_failed) << text;
  EXPECT_EQ(read.has_error_code, scanned.has_error_code) << text;
  if (scanned.has_error_code) {
    EXPECT_EQ(read.error_code, scanned.error_code) << text;
  }
  EXPECT_EQ(read.name, scanned.name) << text;
  EXPECT_EQ(read.called, scanned.called) << text;
  EXPECT_EQ(read.id, scanned.id) << text;
  EXPECT_EQ(read.request_id, scanned.request_id) << text;
  EXPECT_EQ(read.trace_id, scanned.trace_id) << text;
  EXPECT_EQ(read.first_offset, scanned.first_offset) << text;
  EXPECT_EQ(read.end_offset, scanned.end_offset) << text;
}

// What clients of the daemon and the daemon send; all but a handful of requests of a session.
constexpr std::string_view kUsual[] = {
    R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 5, "params": [1, -2, 30.5]})",
    R"({"jsonrpc":"2.0","method":"goxel.create_project","params":{"name":"a b","size":[1,2]},"id":"x-1"})",
    R"({"jsonrpc":"2.0","id":12,"method":"tools/call","params":{"name":"goxel_add_voxels","arguments":{"voxels":[{"position":[1,2,3],"color":[255,0,0,255]}]},"_meta":{"progressToken":4,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}})",
    R"({"tool": "goxel_get_voxel", "arguments": {"x": 1, "y": -2, "_meta": {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}})",
    R"({"method":"ping","id":-0})",
    R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"reason":"late"}})",
    R"({ "jsonrpc": "2.0", "result": { "success": true, "x": 1, "color": [ 255, 0, 0 ] }, "id": 5 })",
    R"({ "jsonrpc": "2.0", "error": { "code": -32601, "message": "Method not found: {[" }, "id": null })",
    R"({"result":{"content":[{"type":"text","text":"no, é"}],"isError":true},"jsonrpc":"2.0","id":8})",
    R"({ "success": false, "content": null, "error": "no voxel there" })",
    R"({ "success": true, "content": { "voxels": [ { "x": 1 }, { "x": 2 } ] } })",
};

TEST(PlainMessage, UsualMessagesAreRead) {
  for (const std::string_view text : kUsual) {
    const auto read = plain(text);
    ASSERT_TRUE(read) << text;
    expect_as_scanned(read->message, text);
  }
}

TEST(PlainMessage, FactsAreThoseOfTheText) {
  const auto call = plain(kUsual[2]);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->message.kind, MessageKind::request);
  EXPECT_EQ(call->message.name, "tools/call");
  EXPECT_EQ(call->message.called, "goxel_add_voxels");
  EXPECT_EQ(call->message.trace_id, 0x8448eb211c80319cu);
  EXPECT_EQ(call->message.id.type, IdType::number);
  const auto error = plain(kUsual[7]);
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->message.has_error);
  EXPECT_EQ(error->message.error_code, -32601);
  EXPECT_EQ(error->message.id.type, IdType::null);
  const auto denied = plain(kUsual[9]);
  ASSERT_TRUE(denied);
  EXPECT_TRUE(denied->message.denies_success);
}

TEST(PlainMessage, WhiteSpaceBehindTheMessageIsNotOfIt) {
  const std::string text = std::string(kUsual[0]) + " \r\n";
  const auto read = plain(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->message.end_offset, kUsual[0].size());
  expect_as_scanned(read->message, text);
}

TEST(PlainMessage, UnusualMessagesAreLeftToTheScanner) {
  constexpr std::string_view kUnusual[] = {
      " {}",
      "{}",
      "[]",
      "x",
      R"({"method":"a")",
      R"({"method":"a"}{"method":"b"})",
      R"({"method":"a"} x)",
      R"({"method":"a\n"})",
      "{\n\"method\":\"a\"}",
      "{\t\"method\":\"a\"}",
      R"({"method":"a","method":"b"})",
      R"({"method":"a","tool":"b"})",
      R"({"method":5})",
      R"({"method":"a",})",
      R"({"method" "a"})",
      R"({"method":"a" "id":1})",
      R"({"method":"a","id":1.5})",
      R"({"method":"a","id":01})",
      R"({"method":"a","id":1234567890123456})",
      R"({"method":"a","id":true})",
      R"({"method":"a","id":-})",
      R"({"method":"a","x":nul})",
      R"({"method":"a","params":[1,{2]}})",
      R"({"method":"a","params":{"name":1}})",
      R"({"error":{"code":12345678901}})",
      R"({"method":"a","params":{"_meta":{"traceparent":"00"}}})",
      R"({"method":"a","_meta":{"x":1 2}})",
      R"({"method":"a)",
      R"({"method":"a"]",
      R"({"a":[[[[[[[[[[[[[1]]]]]]]]]]]]]})",
  };
  for (const std::string_view text : kUnusual) EXPECT_FALSE(plain(text)) << text;
}

// Changes one or a few bytes of usual messages, joins parts of two, repeats members.
class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string text(any());
    const unsigned changes = below(4);
    for (unsigned i = 0; i < changes && !text.empty(); ++i) change(text);
    return text;
  }

 private:
  unsigned below(std::size_t limit) {
    return static_cast<unsigned>(random_() % static_cast<unsigned>(limit));
  }
  std::string_view any() { return kUsual[below(std::size(kUsual))]; }

  void change(std::string& text) {
    constexpr std::string_view kBytes = "{}[]\",:\\\n\t 019-.etrufalsn_x\x80";
    constexpr std::string_view kParts[] = {
        R"("id":1,)",    R"("name":"n",)",      R"("isError":true,)",
        R"("code":-5,)", R"("_meta":{"a":1},)", R"("success":false,)",
        R"(null)",       R"("requestId":"r",)", R"("error":null,)",
        R"({"a":{}})",   R"("result":1,)",      R"("arguments":{"_meta":2},)"};
    const std::size_t at = below(text.size());
    switch (below(5)) {
      case 0:
        text[at] = kBytes[below(kBytes.size())];
        break;
      case 1:
        text.insert(at, 1, kBytes[below(kBytes.size())]);
        break;
      case 2:
        text.erase(at, 1 + below(8));
        break;
      case 3:
        text.insert(text.find_first_of("{,", at) == std::string::npos
                        ? at
                        : text.find_first_of("{,", at) + 1,
                    kParts[below(std::size(kParts))]);
        break;
      default:
        const std::string_view other = any();
        text.replace(at, std::string::npos, other.substr(below(other.size())));
    }
  }

  std::mt19937 random_;
};

TEST(PlainMessage, WhatIsReadIsWhatTheScannerFinds) {
  constexpr int kMessages = 300'000;
  Mutator mutator(1);
  int taken = 0;
  for (int i = 0; i < kMessages && !HasFailure(); ++i) {
    const std::string text = mutator.next();
    if (text.empty() || text.size() > kMostPlain) continue;
    const auto read = plain(text);
    if (!read) continue;
    ++taken;
    expect_as_scanned(read->message, text);
  }
  EXPECT_GT(taken, kMessages / 5);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
