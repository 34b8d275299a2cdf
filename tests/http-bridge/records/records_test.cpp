// SPDX-License-Identifier: GPL-3.0-or-later
// Records of a segment that the test writes, from the question to the answer. Time is the test's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "http-bridge/records/record_cursor.h"
#include "http-bridge/records/record_reading.h"
#include "http-bridge/records/record_sources.h"
#include "http-bridge/records/record_waiters.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::TestSegment;
using metrics::Time;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(RecordCursor, TextIsReadBack) {
  const RecordCursor cursor{UINT64_MAX, 0, 0x1234};
  const auto read = parse_cursor(to_text(cursor));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->life, cursor.life);
  EXPECT_EQ(read->place, cursor.place);
  EXPECT_EQ(read->realtime_ns, cursor.realtime_ns);
  for (const char* wrong : {"", "1", "1-2", "1-2-", "1-2-3-4", "-1-2", "1--2", "1-2-g", "0x1-2-3",
                            "1-2-11112222333344445"}) {
    EXPECT_FALSE(parse_cursor(wrong)) << wrong;
  }
}

class RecordsTest : public testing::Test {
 protected:
  RecordsTest() { segment_.emplace(instance_); }
  ~RecordsTest() override { shm::remove_segment_of(instance_); }

  void publish(const std::string& operation, int count = 1, shm::Status status = shm::Status::ok) {
    for (int i = 0; i < count; ++i) segment_->publish(operation, now_.monotonic_ns, 1'000, status);
  }
  void pass(std::uint64_t ns) {
    now_.monotonic_ns += ns;
    now_.realtime_ns += ns;
    sources_.sweep(now_);
    waiters_.tick(now_);
  }
  void pass() { pass(50'000'000); }

  // The number under which its answer comes.
  std::size_t ask(std::map<std::string, std::string> parameters, const std::string& accept = "",
                  std::function<bool()> is_gone = {}) {
    const std::size_t number = answers_.size();
    answers_.emplace_back();
    Request request{"GET", kRecordsPath, std::move(parameters), accept, "localhost", ""};
    request.is_gone = std::move(is_gone);
    waiters_.ask(
        request, [this, number](auto answer) { answers_[number] = answer; }, now_);
    return number;
  }
  // One that comes at once.
  json get(std::map<std::string, std::string> parameters = {}) {
    const auto& answer = answers_[ask(std::move(parameters))];
    EXPECT_NE(answer, nullptr);
    return answer ? json::parse(answer->body) : json();
  }

  static std::vector<std::string> operations(const json& document) {
    std::vector<std::string> names;
    for (const json& record : document["records"]) names.push_back(record["operation"]);
    return names;
  }

  const std::string instance_ = metrics::unique_instance();
  Time now_ = Time::now();
  std::optional<TestSegment> segment_;
  std::vector<std::string> watched_ = {instance_};
  RecordSources sources_{[this] { return watched_; }, std::chrono::seconds(60)};
  RecordWaiters waiters_{sources_};
  std::vector<std::shared_ptr<const Response>> answers_;
};

TEST_F(RecordsTest, LastOnesComeWithoutACursorAndWhatIsNewWithIt) {
  publish("a", 3);
  publish("b");
  json document = get({{"limit", "2"}});
  EXPECT_EQ(document["instance"], instance_);
  EXPECT_EQ(document["message"], "");
  EXPECT_EQ(document["missed"], 0);
  EXPECT_THAT(operations(document), ElementsAre("a", "b"));
  EXPECT_EQ(document["records"][1]["duration_ns"], 1'000);
  EXPECT_THAT(operations(get({{"cursor", document["cursor"]}})), IsEmpty());
  publish("c");
  pass();
  document = get({{"cursor", document["cursor"]}});
  EXPECT_THAT(operations(document), ElementsAre("c"));
  EXPECT_THAT(operations(get({{"cursor", "now"}})), IsEmpty());
  EXPECT_THAT(operations(get({{"cursor", "oldest"}})), ElementsAre("a", "a", "a", "b", "c"));
}

TEST_F(RecordsTest, FilterIsThatOfTheParameters) {
  publish("a");
  publish("a", 1, shm::Status::error);
  publish("b", 1, shm::Status::error);
  EXPECT_THAT(operations(get({{"operation", "a"}})), ElementsAre("a", "a"));
  EXPECT_THAT(operations(get({{"status", "error"}})), ElementsAre("a", "b"));
  EXPECT_THAT(operations(get({{"layer", "daemon"}, {"stack", "2-layer"}})),
              ElementsAre("a", "a", "b"));
  EXPECT_THAT(operations(get({{"layer", "ts-client"}})), IsEmpty());
}

TEST_F(RecordsTest, WhoWaitsIsAnsweredWhenThereIsSomethingNew) {
  const std::size_t waits = ask({{"cursor", "now"}, {"wait", "30"}});
  const std::size_t waits_for_errors =
      ask({{"cursor", "now"}, {"wait", "30"}, {"status", "error"}});
  pass();
  EXPECT_EQ(answers_[waits], nullptr);
  publish("a");
  pass();
  ASSERT_NE(answers_[waits], nullptr);
  EXPECT_THAT(operations(json::parse(answers_[waits]->body)), ElementsAre("a"));
  EXPECT_EQ(answers_[waits_for_errors], nullptr);
  publish("b", 1, shm::Status::error);
  pass();
  ASSERT_NE(answers_[waits_for_errors], nullptr);
  EXPECT_THAT(operations(json::parse(answers_[waits_for_errors]->body)), ElementsAre("b"));
}

TEST_F(RecordsTest, WhoWaitsInVainIsToldSoAndGoesOnWithTheCursor) {
  const std::size_t waits = ask({{"cursor", "now"}, {"wait", "2"}, {"operation", "b"}});
  publish("a");
  pass(1'999'000'000);
  EXPECT_EQ(answers_[waits], nullptr);
  pass(1'000'000);
  ASSERT_NE(answers_[waits], nullptr);
  const json document = json::parse(answers_[waits]->body);
  EXPECT_THAT(operations(document), IsEmpty());
  publish("b");
  pass();
  EXPECT_THAT(operations(get({{"cursor", document["cursor"]}, {"operation", "b"}})),
              ElementsAre("b"));
}

TEST_F(RecordsTest, OfAClientThatHasLeftNothingIsKept) {
  bool is_gone = false;
  const std::size_t waits =
      ask({{"cursor", "now"}, {"wait", "30"}}, "", [&is_gone] { return is_gone; });
  pass();
  EXPECT_FALSE(waiters_.empty());
  is_gone = true;
  pass();
  EXPECT_TRUE(waiters_.empty());
  EXPECT_EQ(answers_[waits], nullptr);
}

TEST_F(RecordsTest, EndAnswersAllWhoWait) {
  const std::size_t waits = ask({{"cursor", "now"}, {"wait", "30"}});
  waiters_.end(now_);
  ASSERT_NE(answers_[waits], nullptr);
  EXPECT_EQ(answers_[waits]->status, 200);
  EXPECT_TRUE(waiters_.empty());
}

TEST_F(RecordsTest, WhatTheRingLostIsMissed) {
  json document = get({{"cursor", "now"}});
  publish("a", 3'000);  // the ring holds 1,024 of them
  pass();
  document = get({{"cursor", document["cursor"]}, {"limit", "1000"}});
  const std::uint64_t missed = document["missed"];
  EXPECT_GE(missed, 3'000u - 1'024u);
  std::uint64_t read = document["records"].size();
  while (!document["records"].empty()) {
    document = get({{"cursor", document["cursor"]}, {"limit", "1000"}});
    EXPECT_EQ(document["missed"], 0);
    read += document["records"].size();
  }
  EXPECT_EQ(read + missed, 3'000u);
}

TEST_F(RecordsTest, CursorOfAnotherBridgeGoesOnByTimeAndSaysThatItDoesNotKnowWhatIsMissing) {
  publish("long ago");
  pass();
  now_.monotonic_ns += 10'000'000'000;
  now_.realtime_ns += 10'000'000'000;
  const std::string cursor = to_text({7, 1'000'000, now_.realtime_ns});
  publish("new", 2);
  pass();
  const json document = get({{"cursor", cursor}});
  EXPECT_EQ(document["missed"], nullptr);
  EXPECT_THAT(operations(document), ElementsAre("new", "new"));
  EXPECT_EQ(get({{"cursor", document["cursor"]}})["missed"], 0);
  const auto own = parse_cursor(document["cursor"].get<std::string>());
  ASSERT_TRUE(own);
  const std::string beyond = to_text({own->life, own->place + 1, own->realtime_ns});
  EXPECT_EQ(get({{"cursor", beyond}})["missed"], nullptr) << "a place that there is not yet";
}

TEST_F(RecordsTest, AnswerIsSharedByThoseWhoWantTheSame) {
  publish("a");
  pass();
  const auto source = std::get<std::shared_ptr<RecordSource>>(sources_.open("", now_));
  const auto reading = [&source](const std::string& accept) {
    RecordQuery query;
    query.from = RecordQuery::Oldest{};
    return RecordReading(source, query, accept);
  };
  const auto first = reading("application/json").next(false);
  EXPECT_EQ(reading("application/json").next(false), first);
  const auto packed = reading("application/msgpack").next(false);
  ASSERT_NE(packed, nullptr);
  EXPECT_EQ(json::from_msgpack(packed->body), json::parse(first->body));
}

TEST_F(RecordsTest, DaemonThatEndedStillHasItsRecords) {
  publish("a");
  segment_->retire();
  const json document = get();
  EXPECT_THAT(operations(document), ElementsAre("a"));
  EXPECT_THAT(document["message"].get<std::string>(), Not(IsEmpty()));
}

TEST_F(RecordsTest, WrongParametersAreNamed) {
  const std::vector<std::pair<std::map<std::string, std::string>, std::string>> cases = {
      {{{"statuss", "ok"}}, "statuss"},     {{{"status", "bad"}}, "tatus must be"},
      {{{"cursor", "x"}}, "ursor must be"}, {{{"cursor", ""}}, "is empty"},
      {{{"limit", "0"}}, "imit must be"},   {{{"limit", "1001"}}, "imit must be"},
      {{{"limit", "1e1"}}, "imit must be"}, {{{"limit", "1.5"}}, "imit must be"},
      {{{"wait", "31"}}, "ait must be"},    {{{"wait", "-1"}}, "ait must be"},
      {{{"wait", "nan"}}, "ait must be"},
  };
  for (const auto& [parameters, sentence] : cases) {
    const auto answer = answers_[ask(parameters)];
    ASSERT_NE(answer, nullptr) << sentence;
    EXPECT_EQ(answer->status, 400) << sentence;
    EXPECT_THAT(answer->body, HasSubstr(sentence));
  }
}

TEST_F(RecordsTest, InstanceIsTheOnlyOneOrMustBeSaid) {
  EXPECT_EQ(answers_[ask({{"instance", "other"}})]->status, 404);
  watched_.push_back("other");
  EXPECT_EQ(answers_[ask({})]->status, 400);
  EXPECT_EQ(get({{"instance", instance_}})["instance"], instance_);
  watched_.clear();
  EXPECT_EQ(answers_[ask({})]->status, 404);
}

TEST_F(RecordsTest, OnlySoManyInstancesAreReadAndOneThatNobodyWantsIsLetGo) {
  watched_.clear();
  for (std::size_t i = 0; i <= RecordSources::kMost; ++i)
    watched_.push_back("records-test-" + std::to_string(i));
  for (std::size_t i = 0; i < RecordSources::kMost; ++i) {
    EXPECT_EQ(answers_[ask({{"instance", watched_[i]}})]->status, 200);
  }
  const auto refused = answers_[ask({{"instance", watched_.back()}})];
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->retry_after_seconds, 60);
  const std::size_t waits =
      ask({{"instance", watched_.front()}, {"wait", "30"}, {"cursor", "now"}});
  pass(59'900'000'000);
  pass(200'000'000);
  EXPECT_NE(answers_[waits], nullptr);
  EXPECT_EQ(answers_[ask({{"instance", watched_.back()}})]->status, 200)
      << "there is a place again";
  pass(61'000'000'000);
  pass();
  EXPECT_TRUE(sources_.empty());
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
