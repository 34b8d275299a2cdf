// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every readable case below is scanned whole, byte by byte, cut in two at each place and cut at
// random: the facts must be the same, so the expectations are written once.

#include "plugin/message_scanner.h"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace goxel_telemetry::plugin {
namespace {

// A message with its names copied out of the scanner.
struct Facts {
  Message message;
  std::string name;
  std::string called;

  explicit Facts(const Message& one) : message(one), name(one.name), called(one.called) {}
  Facts() : message{} {}
};

std::vector<Facts> feed_all(MessageScanner& scanner, std::string_view bytes) {
  // A copy on the heap, to have AddressSanitizer see reads outside of it.
  const auto copy = std::make_unique<char[]>(bytes.size());
  bytes.copy(copy.get(), bytes.size());
  std::vector<Facts> found;
  for (std::size_t at = 0; at < bytes.size();) {
    const MessageScanner::Step step = scanner.feed(copy.get() + at, bytes.size() - at);
    at += step.consumed;
    if (step.complete) {
      found.emplace_back(scanner.message());
    } else {
      EXPECT_EQ(at, bytes.size()) << "stopped before the end without a message";
    }
  }
  return found;
}

// `cuts` are the sizes of the pieces; what is left goes in one last piece.
std::vector<Facts> scan(std::string_view stream, const std::vector<std::size_t>& cuts) {
  MessageScanner scanner;
  std::vector<Facts> found;
  const auto feed = [&](std::string_view piece) {
    for (Facts& facts : feed_all(scanner, piece)) found.push_back(std::move(facts));
  };
  for (const std::size_t size : cuts) {
    feed(stream.substr(0, size));
    stream.remove_prefix(std::min(size, stream.size()));
  }
  feed(stream);
  if (scanner.finish()) {
    found.emplace_back(scanner.message());
  }
  return found;
}

void expect_equal(const std::vector<Facts>& left, const std::vector<Facts>& right) {
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    const Message& a = left[i].message;
    const Message& b = right[i].message;
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.first_offset, b.first_offset);
    EXPECT_EQ(a.end_offset, b.end_offset);
    EXPECT_EQ(a.dialect, b.dialect);
    EXPECT_EQ(left[i].name, right[i].name);
    EXPECT_EQ(left[i].called, right[i].called);
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.request_id, b.request_id);
    EXPECT_EQ(a.tool_failed, b.tool_failed);
    EXPECT_EQ(a.has_error_code, b.has_error_code);
    EXPECT_EQ(a.has_error_code ? a.error_code : 0, b.has_error_code ? b.error_code : 0);
    EXPECT_EQ(a.has_version, b.has_version);
    EXPECT_EQ(a.has_result, b.has_result);
    EXPECT_EQ(a.has_error, b.has_error);
    EXPECT_EQ(a.denies_success, b.denies_success);
    EXPECT_EQ(a.trace_id, b.trace_id);
  }
}

// The messages of a stream, after checking that no way of cutting it makes a difference.
std::vector<Facts> messages(std::string_view stream) {
  const std::vector<Facts> whole = scan(stream, {});
  SCOPED_TRACE(stream);
  expect_equal(scan(stream, std::vector<std::size_t>(stream.size(), 1)), whole);
  for (std::size_t cut = 0; cut < stream.size() && !testing::Test::HasFailure(); ++cut) {
    SCOPED_TRACE(cut);
    expect_equal(scan(stream, {cut}), whole);
  }
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::size_t> cuts;
    for (int i = 0; i < 12; ++i) cuts.push_back(random() % (round < 10 ? 9 : 70));
    expect_equal(scan(stream, cuts), whole);
  }
  return whole;
}

// The one message of a stream.
Facts only(std::string_view stream) {
  const std::vector<Facts> found = messages(stream);
  EXPECT_EQ(found.size(), 1u) << stream;
  return found.empty() ? Facts{} : found[0];
}

std::vector<MessageKind> kinds(std::string_view stream) {
  std::vector<MessageKind> kinds;
  for (const Facts& facts : messages(stream)) kinds.push_back(facts.message.kind);
  return kinds;
}

MessageKind kind(std::string_view stream) {
  return only(stream).message.kind;
}

using Kinds = std::vector<MessageKind>;
constexpr auto kOther = MessageKind::other;
constexpr auto kRequest = MessageKind::request;
constexpr auto kBatch = MessageKind::batch;
constexpr auto kMalformed = MessageKind::malformed;
constexpr auto kTruncated = MessageKind::truncated;

constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::uint64_t kTraceId = 0x8448eb211c80319c;  // its low half

std::string meta(std::string_view traceparent = kTraceparent) {
  return R"("_meta": {"traceparent": ")" + std::string(traceparent) + R"("})";
}

std::uint64_t trace_id(std::string_view stream) {
  return only(stream).message.trace_id;
}

}  // namespace

void PrintTo(MessageKind kind, std::ostream* out) {
  constexpr const char* kNames[] = {"other", "request", "batch", "malformed", "truncated"};
  *out << kNames[static_cast<int>(kind)];
}

namespace {

// ---------------------------------------------------------------- recorded conversations

TEST(MessageScannerTest, JsonRpcRequestNamesItsMethod) {
  const Facts facts = only(
      R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 5, "params": [1, 2, 3, 255, 0, 0, 255]})"
      "\n");
  EXPECT_EQ(facts.message.kind, kRequest);
  EXPECT_EQ(facts.message.dialect, Dialect::json_rpc);
  EXPECT_EQ(facts.name, "goxel.add_voxel");
  EXPECT_EQ(facts.message.id.type, IdType::number);
  EXPECT_EQ(facts.message.trace_id, 0u);
}

TEST(MessageScannerTest, McpRequestNamesItsTool) {
  const Facts facts = only(R"({"tool": "goxel_add_voxels", "arguments": {"position": {"x": 1}}})");
  EXPECT_EQ(facts.message.kind, kRequest);
  EXPECT_EQ(facts.message.dialect, Dialect::mcp);
  EXPECT_EQ(facts.name, "goxel_add_voxels");
  EXPECT_EQ(facts.message.id.type, IdType::absent);
}

TEST(MessageScannerTest, MembersStandInAnyOrder) {
  const Facts facts =
      only(R"({"id": 18, "params": [], "method": "ping", "jsonrpc": "2.0", "more": {"a": [{}]}})");
  EXPECT_EQ(facts.message.kind, kRequest);
  EXPECT_EQ(facts.name, "ping");
  EXPECT_EQ(facts.message.id.type, IdType::number);
}

TEST(MessageScannerTest, AnswerWithResultSucceeded) {
  const Message message =
      only(R"({ "jsonrpc": "2.0", "result": { "success": true, "x": 1 }, "id": 5 })").message;
  EXPECT_EQ(message.kind, kOther);
  EXPECT_TRUE(message.has_result);
  EXPECT_FALSE(message.failed());
  EXPECT_EQ(message.id.type, IdType::number);
}

TEST(MessageScannerTest, AnswerWithErrorFailed) {
  const Message message =
      only(
          R"({ "jsonrpc": "2.0", "error": { "code": -32601, "message": "Method not found: nope" }, "id": 14 })")
          .message;
  EXPECT_TRUE(message.has_error);
  EXPECT_TRUE(message.failed());
  EXPECT_FALSE(message.has_result);
}

TEST(MessageScannerTest, NullErrorIsNoFailure) {
  EXPECT_FALSE(only(R"({"jsonrpc":"2.0","error":null,"result":1,"id":1})").message.failed());
  EXPECT_TRUE(only(R"({"error":"text"})").message.failed());
  EXPECT_TRUE(only(R"({"error":0})").message.failed());
  EXPECT_TRUE(only(R"({"error":false})").message.failed());
}

TEST(MessageScannerTest, OnlyTopLevelSuccessTellsOfFailure) {
  EXPECT_TRUE(only(R"({ "success": false, "content": 1 })").message.failed());
  EXPECT_FALSE(only(R"({ "success": true, "content": { "success": false } })").message.failed());
  EXPECT_FALSE(only(R"({ "result": { "success": false, "error": 1 } })").message.failed());
  EXPECT_FALSE(only(R"({ "params": { "success": false, "error": 1 } })").message.failed());
}

// ---------------------------------------------------------------- framing

TEST(MessageScannerTest, NewlineBetweenMessagesIsOptional) {
  EXPECT_EQ(kinds("{\"method\":\"a\"}{\"method\":\"b\"}\n\n [1] \r\n\t{}"),
            (Kinds{kRequest, kRequest, kBatch, kOther}));
}

TEST(MessageScannerTest, OffsetsCoverTheMessageAndNothingElse) {
  const std::vector<Facts> found = messages("  \n\n{\"method\":\"ping\"} \n[]\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].message.first_offset, 4u);
  EXPECT_EQ(found[0].message.end_offset, 21u);
  EXPECT_EQ(found[0].message.size(), 17u);
  EXPECT_EQ(found[1].message.first_offset, 23u);
  EXPECT_EQ(found[1].message.size(), 2u);
}

TEST(MessageScannerTest, FeedStopsRightBehindEachMessage) {
  MessageScanner scanner;
  const std::string_view bytes = R"({"method":"a"}{"method":"b"} )";
  const auto first = scanner.feed(bytes.data(), bytes.size());
  EXPECT_EQ(first.consumed, 14u);
  EXPECT_TRUE(first.complete);
  const auto second = scanner.feed(bytes.data() + 14, bytes.size() - 14);
  EXPECT_EQ(second.consumed, 14u);
  EXPECT_TRUE(second.complete);
  EXPECT_EQ(scanner.message().name, "b");
  const auto rest = scanner.feed(bytes.data() + 28, 1);
  EXPECT_EQ(rest.consumed, 1u);
  EXPECT_FALSE(rest.complete);
  EXPECT_EQ(scanner.position(), bytes.size());
}

TEST(MessageScannerTest, InMessageFromFirstByteToLast) {
  MessageScanner scanner;
  EXPECT_FALSE(scanner.in_message());
  scanner.feed(" \n", 2);
  EXPECT_FALSE(scanner.in_message());
  scanner.feed("{", 1);
  EXPECT_TRUE(scanner.in_message());
  EXPECT_TRUE(scanner.feed("}", 1).complete);
  EXPECT_FALSE(scanner.in_message());
}

TEST(MessageScannerTest, EmptyFeedChangesNothing) {
  MessageScanner scanner;
  EXPECT_FALSE(scanner.feed("", 0).complete);
  scanner.feed("{\"a\"", 4);
  EXPECT_FALSE(scanner.feed(nullptr, 0).complete);
  EXPECT_TRUE(scanner.feed(":1}", 3).complete);
}

TEST(MessageScannerTest, PrettyPrintedMessageIsOneMessage) {
  const Facts facts =
      only("{\r\n\t\"method\" : \"ping\" ,\n\n  \"params\" : {\n  \"a\" : [ ]\n}\n}");
  EXPECT_EQ(facts.message.kind, kRequest);
  EXPECT_EQ(facts.name, "ping");
}

TEST(MessageScannerTest, TopLevelArrayIsOneBatch) {
  EXPECT_EQ(kind(R"([{"method":"a","id":1},{"method":"b","id":2}])"), kBatch);
  EXPECT_EQ(kind("[]"), kBatch);
}

TEST(MessageScannerTest, FactsOfOneMessageDoNotReachTheNext) {
  const std::vector<Facts> found = messages(
      R"({"method":"a_very_long_name_that_does_not_fit_into_the_buffer","id":1,"error":1,"result":2,)"
      R"("success":false,)" +
      meta() + "}{}");
  ASSERT_EQ(found.size(), 2u);
  const Message& message = found[1].message;
  EXPECT_EQ(message.kind, kOther);
  EXPECT_EQ(found[1].name, "");
  EXPECT_EQ(message.dialect, Dialect::none);
  EXPECT_EQ(message.id.type, IdType::absent);
  EXPECT_EQ(message.id.hash, 0u);
  EXPECT_FALSE(message.failed());
  EXPECT_FALSE(message.has_result);
  EXPECT_EQ(message.trace_id, 0u);

  const std::string stream = "{" + meta() + "}{\"params\":{" + meta() + "}}";
  EXPECT_EQ(messages(stream)[1].message.trace_id, kTraceId);
}

// ---------------------------------------------------------------- what is not structure

TEST(MessageScannerTest, TextInsideAStringIsNeverStructure) {
  const Facts facts =
      only(R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 21, "params": {"note": )"
           R"("the text \"method\":\"fake\" {[ inside a string \\", "more": "}]\\\""}})");
  EXPECT_EQ(facts.message.kind, kRequest);
  EXPECT_EQ(facts.name, "goxel.add_voxel");
  EXPECT_EQ(kind(R"({"a": "}]{[\"", "b": ["}\\", "]"]})"), kOther);
}

TEST(MessageScannerTest, NestedMembersAreNotTopLevelMembers) {
  const Facts facts =
      only(R"({"params": {"method": "fake", "id": 1, "tool": "x"}, "a": {"method": "fake"}})");
  EXPECT_EQ(facts.message.kind, kOther);
  EXPECT_EQ(facts.message.id.type, IdType::absent);
}

TEST(MessageScannerTest, BytesInStringsMayBeAnything) {
  using namespace std::string_view_literals;
  const Facts facts = only("{\"method\":\"a\0\xff\xc0\x80\x01z\",\"p\":[\"\0\xfe\"]}"sv);
  EXPECT_EQ(facts.message.kind, kRequest);
  EXPECT_EQ(facts.name, std::string_view("a\0\xff\xc0\x80\x01z", 7));
}

// ---------------------------------------------------------------- names

TEST(MessageScannerTest, EscapesInKeysAndNamesAreDecoded) {
  const Facts facts = only(R"({"\u006det\u0068od": "go\u0078el\u002Eping\n\"\/\u00e9\u20AC"})");
  EXPECT_EQ(facts.message.kind, kRequest);
  EXPECT_EQ(facts.name, "goxel.ping\n\"/\u00e9\u20ac");
  EXPECT_EQ(only(R"({"method": "\ud83d\ude00"})").name, "\xF0\x9F\x98\x80");
}

TEST(MessageScannerTest, EscapedCodeUnitsAreUtf8AtEachBoundary) {
  EXPECT_EQ(only(R"({"method": "\u0001\u007f\u0080\u07ff\u0800\ud7ff\ue000\uFFFF"})").name,
            "\x01\x7f"
            "\xc2\x80"
            "\xdf\xbf"
            "\xe0\xa0\x80"
            "\xed\x9f\xbf"
            "\xee\x80\x80"
            "\xef\xbf\xbf");
  EXPECT_EQ(only(R"({"method": "\ud800\udfff"})").name, "\xF0\x90\x8F\xBF");
  EXPECT_EQ(only(R"({"method": "\b\f\n\r\t\/\\\""})").name, "\b\f\n\r\t/\\\"");
}

TEST(MessageScannerTest, KeysThatOnlyBeginAlikeAreOthers) {
  for (const std::string_view key : {"metho", "methods", "Method", "", "i", "idd", "traceparent"}) {
    EXPECT_EQ(kind("{\"" + std::string(key) + "\": \"x\"}"), kOther) << key;
  }
}

TEST(MessageScannerTest, ANameIsKeptUpToItsSizeAndWhatFollowsIsNot) {
  const std::string name(Name::kSize, 'n');
  EXPECT_EQ(only("{\"method\":\"" + name.substr(1) + "\"}").name, name.substr(1));
  EXPECT_EQ(only("{\"method\":\"" + name + "\"}").name, name);
  EXPECT_EQ(only("{\"method\":\"" + name + "x\"}").name, name);
}

TEST(MessageScannerTest, NameThatIsNotAStringMakesNoRequest) {
  for (const std::string_view value : {"1", "null", "true", "[\"a\"]", "{\"a\":1}"}) {
    EXPECT_EQ(kind("{\"method\": " + std::string(value) + "}"), kOther) << value;
  }
}

TEST(MessageScannerTest, LastOfRepeatedMembersCounts) {
  EXPECT_EQ(only(R"({"method":"long_first","method":"b"})").name, "b");
  EXPECT_EQ(kind(R"({"method":"a","method":1})"), kOther);
  EXPECT_EQ(only(R"({"method":"a","tool":"b"})").message.dialect, Dialect::mcp);
  EXPECT_EQ(only(R"({"id":1,"id":null})").message.id.type, IdType::null);
  EXPECT_FALSE(only(R"({"error":1,"error":null,"success":false,"success":true})").message.failed());
}

// ---------------------------------------------------------------- ids

TEST(MessageScannerTest, IdsOfAllTypes) {
  const auto type = [](std::string_view id) {
    return only("{\"id\": " + std::string(id) + ", \"a\": 1}").message.id.type;
  };
  EXPECT_EQ(only("{}").message.id.type, IdType::absent);
  EXPECT_EQ(type("null"), IdType::null);
  EXPECT_EQ(type("\"abc\""), IdType::string);
  EXPECT_EQ(type("\"\""), IdType::string);
  for (const std::string_view id : {"0", "-0", "12", "0.25"}) {
    EXPECT_EQ(type(id), IdType::number) << id;
  }
  for (const std::string_view id : {"-1.5e+7", "1E9", "1e-9"}) {
    EXPECT_EQ(type(id), IdType::inexact_number) << id;
  }
  for (const std::string_view id : {"true", "false", "[1]", "{}"}) {
    EXPECT_EQ(type(id), IdType::other) << id;
  }
}

TEST(MessageScannerTest, AnswerHasTheIdHashOfItsRequest) {
  const auto hash = [](std::string_view stream) { return only(stream).message.id.hash; };
  EXPECT_EQ(hash(R"({"id":123,"method":"a"})"), hash(R"({ "result": {"id": 4}, "id": 123 })"));
  EXPECT_EQ(hash(R"({"id":"a\/b"})"), hash(R"({"id": "a/b"})"));
  EXPECT_NE(hash(R"({"id":1})"), hash(R"({"id":"1"})"));
  EXPECT_NE(hash(R"({"id":1})"), hash(R"({"id":2})"));
  EXPECT_EQ(hash(R"({"id":-10})"), hash(R"({"id":-10.000})"));
  EXPECT_EQ(hash(R"({"id":0})"), hash(R"({"id":0.0})"));
  EXPECT_EQ(hash(R"({"id":1.05})"), hash(R"({"id":1.0500})"));
  EXPECT_NE(hash(R"({"id":1.05})"), hash(R"({"id":1.5})"));
  EXPECT_NE(hash(R"({"id":1.5})"), hash(R"({"id":15})"));
  EXPECT_NE(hash(R"({"id":1e3})"), hash(R"({"id":1e4})"));
  EXPECT_NE(hash(R"({"id":12})"), hash(R"({"id":21})"));
  EXPECT_EQ(hash(R"({"id":null})"), 0u);
}

TEST(MessageScannerTest, AnIdIsInexactIfItHasAnExponentOrMoreDigitsThanADoubleHolds) {
  const auto inexact = [](std::string_view id) {
    return only("{\"id\": " + std::string(id) + "}").message.id.inexact();
  };
  for (const std::string_view id : {"1e3", "1E3", "-1.5e-3", "1234567890123456"}) {
    EXPECT_TRUE(inexact(id)) << id;
  }
  for (const std::string_view id : {"0", "-1", "123456789012345", "0.5", "\"1e3\""}) {
    EXPECT_FALSE(inexact(id)) << id;
  }
  EXPECT_FALSE(only(R"({"id": 1e3, "id": 1})").message.id.inexact());
}

TEST(MessageScannerTest, ASurrogatePairIsTheCharacterThatItStandsFor) {
  EXPECT_EQ(only(R"({"method": "a\ud83d\ude00b"})").name,
            "a\xf0\x9f\x98\x80"
            "b");
  EXPECT_EQ(only(R"({"method": "\ud83dx"})").name, "?x");
  EXPECT_EQ(only(R"({"method": "\ud83d"})").name, "?");
  EXPECT_EQ(only(R"({"method": "\ude00\ud83d\ud83d\ude00"})").name, "??\xf0\x9f\x98\x80");
  EXPECT_EQ(only(R"({"a\ud83d": "x", "method": "b"})").name, "b");
  EXPECT_EQ(only(R"({"id": "\ud83d\ude00"})").message.id,
            only("{\"id\": \"\xf0\x9f\x98\x80\"}").message.id);
}

// ---------------------------------------------------------------- what params, result and error say

TEST(MessageScannerTest, WhatIsCalledAndWhichRequestIsMeantStandInParams) {
  const Facts call = only(R"({"method": "tools/call", "params": {"a": ["name"], "name": "add",)"
                          R"( "arguments": {"name": "no"}}})");
  EXPECT_EQ(call.name, "tools/call");
  EXPECT_EQ(call.called, "add");
  EXPECT_EQ(only(R"({"params": {"name": "add"}, "method": "tools/call"})").called, "add");
  EXPECT_EQ(only(R"({"params": {"n\u0061me": "add", "x": "name"}})").called, "add");
  EXPECT_EQ(only(R"({"params": {"name": "a", "name": "b"}})").called, "b");
  EXPECT_EQ(only(R"({"params": {"name": "a", "name": 1}})").called, "");
  EXPECT_EQ(only(R"({"params": {"name": "a"}, "params": {}})").called, "");
  for (const std::string_view elsewhere :
       {R"({"name": "a"})", R"({"params": [{"name": "a"}]})", R"({"params": {"x": {"name": "a"}}})",
        R"({"params": {"_meta": {"name": "a"}}})", R"({"arguments": {"name": "a"}})",
        R"({"result": {"name": "a"}})", R"({"error": {"name": "a"}})"}) {
    EXPECT_EQ(only(elsewhere).called, "") << elsewhere;
  }

  EXPECT_EQ(only(R"({"params": {"requestId": 12}})").message.request_id,
            only(R"({"id": 12})").message.id);
  EXPECT_EQ(only(R"({"params": {"requestId": "x"}})").message.request_id,
            only(R"({"id": "x"})").message.id);
  EXPECT_FALSE(only(R"({"params": {"requestId": [1]}})").message.request_id.usable());
  EXPECT_FALSE(only(R"({"requestId": 1, "id": 2})").message.request_id.usable());
}

TEST(MessageScannerTest, AToolFailedIfItsResultSaysSo) {
  const auto failed = [](std::string_view stream) { return only(stream).message.failed(); };
  EXPECT_TRUE(failed(R"({"id": 1, "result": {"content": [{"isError": 1}], "isError": true}})"));
  EXPECT_FALSE(failed(R"({"result": {"isError": false}})"));
  EXPECT_FALSE(failed(R"({"result": {"isError": true, "isError": false}})"));
  EXPECT_FALSE(failed(R"({"result": {"isError": true}, "result": {}})"));
  EXPECT_FALSE(failed(R"({"result": {"x": {"isError": true}}})"));
  EXPECT_FALSE(failed(R"({"isError": true, "result": ["isError", true]})"));
  EXPECT_FALSE(failed(R"({"result": {"x": "isError", "y": true}})"));
}

TEST(MessageScannerTest, TheCodeOfAnErrorIsTheIntegerInIt) {
  const auto code = [](std::string_view stream) -> std::int64_t {
    const Message message = only(stream).message;
    return message.has_error_code ? message.error_code : INT64_MIN;
  };
  EXPECT_EQ(code(R"({"error": {"message": "code", "code": -32601, "data": {"code": 1}}})"), -32601);
  EXPECT_EQ(code(R"({"error": {"code": 0}})"), 0);
  EXPECT_EQ(code(R"({"error": {"code": 404}})"), 404);
  for (const std::string_view none :
       {R"({"error": {}})", R"({"error": {"code": "1"}})", R"({"error": {"code": 1.5}})",
        R"({"error": {"code": 1e2}})", R"({"error": "code"})", R"({"code": 1})",
        R"({"error": {"code": 1}, "error": {}})", R"({"error": {"code": 1, "code": null}})"}) {
    EXPECT_EQ(code(none), INT64_MIN) << none;
  }
  EXPECT_GT(code(R"({"error": {"code": 123456789012345678901234567890}})"), INT32_MAX);
  EXPECT_LT(code(R"({"error": {"code": -123456789012345678901234567890}})"), INT32_MIN);
}

TEST(MessageScannerTest, TheVersionIsAMemberOfTheMessageItself) {
  for (const std::string_view with :
       {R"({"jsonrpc":"2.0","method":"a"})", R"({"jsonrpc": "2.0", "method": "a"})",
        R"({ "jsonrpc": "2.0", "result": 1 })", R"({ "jsonrpc": "2.0", "error": 1 })",
        R"({"id": 1, "jsonrpc": 2})", R"({"js\u006fnrpc": "2.0"})"}) {
    EXPECT_TRUE(only(with).message.has_version) << with;
  }
  for (const std::string_view without :
       {R"({"method":"a","params":{"jsonrpc":"2.0"}})", R"({"tool": "jsonrpc"})", "{}"}) {
    EXPECT_FALSE(only(without).message.has_version) << without;
  }
}

// ---------------------------------------------------------------- byte order marks

TEST(MessageScannerTest, AByteOrderMarkBetweenMessagesBelongsToNone) {
  const auto found = messages("\xEF\xBB\xBF{\"method\": \"a\"}\n\xEF\xBB\xBF {\"method\": \"b\"}");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "a");
  EXPECT_EQ(found[0].message.first_offset, 3u);
  EXPECT_EQ(found[1].name, "b");
  EXPECT_EQ(kinds("\xEF\xBB\xBF"), Kinds{});
  EXPECT_EQ(kinds("\xEF\xBB"), Kinds{});
}

TEST(MessageScannerTest, HalfAByteOrderMarkIsALineOfText) {
  const auto found = messages("\xEF\xBB{}\n{}");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].message.kind, kMalformed);
  EXPECT_EQ(found[0].message.first_offset, 0u);
  EXPECT_EQ(found[0].message.end_offset, 5u);
  EXPECT_EQ(kinds("\xEF\n"), Kinds{kMalformed});
}

// ---------------------------------------------------------------- trace context

TEST(MessageScannerTest, TraceContextAtEachOfItsPlaces) {
  for (const std::string& stream : {
           "{\"method\": \"ping\", " + meta() + "}",
           "{\"method\": \"ping\", \"params\": {\"x\": [{}], " + meta() + ", \"y\": 1}}",
           "{\"tool\": \"ping\", \"arguments\": {" + meta() + "}}",
           "{\"params\": {\"_meta\": {\"a\": {}, \"traceparent\": \"" + std::string(kTraceparent) +
               "\", \"b\": 1}}, \"id\": 1}",
           "{\"params\": {\"a\": 1, \"\\u005fmeta\": {\"traceparent\": \"" +
               std::string(kTraceparent) + "\"}}}",
           "{\"\\u005fmeta\": {\"\\u0074raceparent\": \"\\u00300" +
               std::string(kTraceparent.substr(2)) + "\"}}",
       }) {
    EXPECT_EQ(trace_id(stream), kTraceId) << stream;
  }
}

TEST(MessageScannerTest, TraceContextAnywhereElseIsNone) {
  for (const std::string& stream : {
           "{\"traceparent\": \"" + std::string(kTraceparent) + "\"}",
           "{\"params\": {\"traceparent\": \"" + std::string(kTraceparent) + "\"}}",
           "{\"other\": {" + meta() + "}}",
           "{\"params\": [{" + meta() + "}]}",
           "{\"params\": {\"deeper\": {" + meta() + "}}}",
           "{\"params\": {\"a\": \"_meta\", \"_meta\": [{" + meta() + "}], \"_m\": {" + meta() +
               "}}}",
           "{\"_meta\": {" + meta() + "}}",
           "{\"_meta\": [{\"traceparent\": \"" + std::string(kTraceparent) + "\"}]}",
           "{\"_meta\": {\"deeper\": {\"traceparent\": \"" + std::string(kTraceparent) + "\"}}}",
           "{\"params\": \"" + std::string(kTraceparent) + "\"}",
           "{\"_meta\": {\"mraceparent\": \"" + std::string(kTraceparent) + "\"}}",
           "[{" + meta() + "}]",
       }) {
    EXPECT_EQ(trace_id(stream), 0u) << stream;
  }
}

TEST(MessageScannerTest, TopLevelTraceContextWins) {
  const std::string inner = meta("00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-00");
  for (const std::string& stream : {
           "{" + meta() + ", \"params\": {" + inner + "}}",
           "{\"params\": {" + inner + "}, " + meta() + "}",
       }) {
    EXPECT_EQ(trace_id(stream), kTraceId) << stream;
  }
  EXPECT_EQ(trace_id("{\"params\": {" + meta() + "}, \"_meta\": {\"progressToken\": 1}}"),
            kTraceId);
  EXPECT_EQ(trace_id("{\"params\": {" + meta() + "}, \"_meta\": {\"traceparent\": 1}}"), 0u);
  EXPECT_EQ(trace_id("{\"_meta\": {\"traceparent\": 1}, \"params\": {" + meta() + "}}"), 0u);
  EXPECT_EQ(trace_id("{" + meta() + ", \"_meta\": {}}"), 0u);
}

// ---------------------------------------------------------------- malformed messages

TEST(MessageScannerTest, PlainTextIsOneMalformedLine) {
  const std::vector<Facts> found = messages("garbage {\"method\":\"x\"}\n{\"method\":\"ping\"}\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].message.kind, kMalformed);
  EXPECT_EQ(found[0].message.size(), 23u);
  EXPECT_EQ(found[1].message.kind, kRequest);
}

TEST(MessageScannerTest, EscapesOfStringsThatAreNoFactsAreNotChecked) {
  EXPECT_EQ(kind(R"({"params": {"y": ["\u", "\q"]}, "a": "\q"})"), kOther);
}

TEST(MessageScannerTest, StrayClosingBracketIsMalformed) {
  EXPECT_EQ(kinds("{}}\n[]]\n{}"), (Kinds{kOther, kMalformed, kBatch, kMalformed, kOther}));
}

TEST(MessageScannerTest, NulBetweenMessagesIsMalformed) {
  EXPECT_EQ(kinds(std::string_view("\0\n{}", 4)), (Kinds{kMalformed, kOther}));
}

TEST(MessageScannerTest, BrokenGrammarIsMalformed) {
  for (const std::string_view text : {
           "{bad json}",
           "{\"a\"}",
           "{\"a\" 1}",
           "{\"a\":}",
           "{\"a\":1,}",
           "{,}",
           "{\"a\":1 \"b\":2}",
           "{\"a\":1;}",
           "{1:2}",
           "{\"a\":tru}",
           "{\"a\":truey}",
           "{\"a\":nul}",
           "{\"a\":NaN}",
           "{\"a\":01}",
           "{\"a\":1.}",
           "{\"a\":.5}",
           "{\"a\":-}",
           "{\"a\":--1}",
           "{\"a\":+1}",
           "{\"a\":1e}",
           "{\"a\":1e+}",
           "{\"a\":1-2}",
           "{\"a\":'x'}",
           "{'a':1}",
           "{\"method\":\"\\q\"}",
           "{\"\\u00g0\":1}",
           "{\"id\":\"\\u12\"}",
           "{\"a\":[}",
           "{\"a\":{]}",
           "[}",
           "{]",
           "[{]}",
           "{\"a\":[\\]}",
           "{\"a\":[1]]}",
           "{\"params\":{\"_meta\":{x}}}",
       }) {
    const std::vector<Facts> found = messages(std::string(text) + "\n{\"method\":\"ping\"}");
    ASSERT_GE(found.size(), 2u) << text;
    EXPECT_EQ(found.front().message.kind, kMalformed) << text;
    EXPECT_EQ(found.back().message.kind, kRequest) << text;
  }
}

TEST(MessageScannerTest, MalformedObjectEndsAtItsBalancingBracket) {
  EXPECT_EQ(kinds(R"({bad {"}": [} ]}{"method":"ping"})"), (Kinds{kMalformed, kRequest}));
  EXPECT_EQ(kinds(R"({bad "x}\"}\\" ]{"method":"ping"})"), (Kinds{kMalformed, kRequest}));
}

TEST(MessageScannerTest, MalformedObjectEndsAtTheNextNewline) {
  EXPECT_EQ(kinds("{bad { json\n{\"method\":\"ping\"}"), (Kinds{kMalformed, kRequest}));
}

TEST(MessageScannerTest, UnterminatedStringCostsOneLine) {
  for (const std::string_view text :
       {R"({"a": "x)", R"({"method": "x)", R"({"a": ["x)", R"({"x)", R"(["x)", R"({"a": "x\)",
        R"({"method": "x\)", R"({"id": "\u00)", R"(["x\)", R"({bad "x)"}) {
    EXPECT_EQ(kinds(std::string(text) + "\n{\"method\":\"ping\"}\n"), (Kinds{kMalformed, kRequest}))
        << text;
  }
}

TEST(MessageScannerTest, ObjectWithoutItsEndSwallowsOneLine) {
  EXPECT_EQ(kinds("{\"a\": 1\n{\"method\":\"x\"}\n{\"method\":\"ping\"}\n"),
            (Kinds{kMalformed, kRequest}));
}

TEST(MessageScannerTest, EndOfStreamCutsAMessageOff) {
  EXPECT_EQ(kind(R"({"jsonrpc":"2.0","meth)"), kTruncated);
  EXPECT_EQ(kind("[1, 2"), kTruncated);
  EXPECT_EQ(kind("garb"), kMalformed);
  EXPECT_EQ(kind("{bad"), kMalformed);
  EXPECT_EQ(kinds("{} \n"), (Kinds{kOther}));
}

TEST(MessageScannerTest, ScannerIsUsableAfterFinish) {
  MessageScanner scanner;
  scanner.feed("{\"a", 3);
  EXPECT_TRUE(scanner.finish());
  EXPECT_EQ(scanner.message().size(), 3u);
  EXPECT_FALSE(scanner.finish());
  EXPECT_TRUE(scanner.feed("{}", 2).complete);
  EXPECT_EQ(scanner.message().first_offset, 3u);
}

// ---------------------------------------------------------------- size

TEST(MessageScannerTest, FeedMayEndAtAnyByteOfAFullBlock) {
  for (std::size_t blanks = 0; blanks < 130; ++blanks) {
    const std::string stream = "{\"a\":1," + std::string(blanks, ' ') +
                               R"("method" : "ping", "params": ["x\\", {}], "id":)" +
                               std::string(blanks, ' ') + "7}";
    for (std::size_t cut = 0; cut < stream.size(); ++cut) {
      const std::vector<Facts> found = scan(stream, {cut});
      ASSERT_EQ(found.size(), 1u) << blanks << ' ' << cut;
      ASSERT_EQ(found[0].name, "ping") << blanks << ' ' << cut;
      ASSERT_EQ(found[0].message.id.type, IdType::number) << blanks << ' ' << cut;
    }
  }
}

TEST(MessageScannerTest, NestingMayBeDeep) {
  const std::string open(10000, '[');
  const std::string close(10000, ']');
  const std::string stream = "{\"params\": " + open + close + ", \"method\": \"deep\"}";
  for (const std::vector<std::size_t>& cuts :
       {std::vector<std::size_t>{}, std::vector<std::size_t>(stream.size(), 1),
        std::vector<std::size_t>{9999, 64, 63, 65, 1}}) {
    const std::vector<Facts> found = scan(stream, cuts);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].name, "deep");
  }
}

TEST(MessageScannerTest, MismatchIsSeenInTheOutermostSixteenLevelsOnly) {
  const auto with_mismatch_at = [](std::size_t level) {
    return "{\"a\": " + std::string(level - 1, '[') + "}" + std::string(level - 2, ']') + "}";
  };
  EXPECT_EQ(kind(with_mismatch_at(16)), kMalformed);
  EXPECT_EQ(kind(with_mismatch_at(17)), kOther);
}

TEST(MessageScannerTest, CurlyBracketsBalanceAtAnyDepth) {
  for (std::size_t depth = 1; depth < 40; ++depth) {
    std::string stream;
    for (std::size_t i = 0; i < depth; ++i) stream += "{\"a\":";
    stream += "1" + std::string(depth, '}');
    EXPECT_EQ(kinds(stream + "{}"), (Kinds{kOther, kOther})) << depth;
  }
}

// In linear time: anything else would outlast the test's time limit.
TEST(MessageScannerTest, AHundredMegabytesAreOneMessage) {
  const std::string head = R"({"method": "paint", "params": [)";
  std::string piece;
  while (piece.size() < 8192) piece += R"([1,2,3,255,0,0,255],{"name":"x\"y"},)";
  const std::string tail = R"(0], "id": 1})";
  const std::uint64_t rounds = 100'000'000 / piece.size();

  MessageScanner scanner;
  EXPECT_FALSE(scanner.feed(head.data(), head.size()).complete);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    ASSERT_FALSE(scanner.feed(piece.data(), piece.size()).complete);
  }
  EXPECT_TRUE(scanner.feed(tail.data(), tail.size()).complete);

  EXPECT_EQ(scanner.message().kind, kRequest);
  EXPECT_EQ(scanner.message().name, "paint");
  EXPECT_EQ(scanner.message().size(), head.size() + rounds * piece.size() + tail.size());
}

TEST(MessageScannerTest, OffsetsAreSixtyFourBitsWide) {
  MessageScanner scanner;
  const std::string text(1 << 20, 'x');
  scanner.feed("[\"", 2);
  for (int i = 0; i < 4097; ++i) scanner.feed(text.data(), text.size());
  EXPECT_TRUE(scanner.feed("\"]", 2).complete);
  EXPECT_EQ(scanner.message().size(), (4097ull << 20) + 4);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
