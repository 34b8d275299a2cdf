// SPDX-License-Identifier: GPL-3.0-or-later
// Each span counts once: whoever sends it again, whoever was killed, whatever was removed.
#include "http-bridge/layers_segment.h"

#include <gmock/gmock.h>

#include "shm/process_identity.h"
#include "shm/reader.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::TestSegment;
using testing::ElementsAre;
using testing::IsEmpty;
using Outcome = LayersSegment::Outcome;

class LayersSegmentTest : public metrics::FollowerTest {
 protected:
  LayersSegmentTest() { segment_ = create(); }
  ~LayersSegmentTest() override {
    segment_.reset();
    shm::remove_segment_of(shm::layers_instance(instance_));
  }

  std::unique_ptr<LayersSegment> create() {
    std::string why;
    auto made = LayersSegment::create(instance_, now_ns_, why);
    EXPECT_NE(made, nullptr) << why;
    return made;
  }

  static documents::SpanBatch batch(std::uint32_t number,
                                    const std::vector<std::string>& operations,
                                    std::uint64_t source = 7) {
    documents::SpanBatch batch;
    batch.source_id = source;
    batch.source_layer = shm::names::kMcpServer;
    batch.number = number;
    batch.completed = number * 10;
    for (const std::string& operation : operations) {
      documents::ReportedSpan span;
      span.operation = operation;
      span.start_ns = 100;
      span.duration_ns = 50;
      span.layer = shm::names::kTsClient;
      span.stack = shm::names::kTwoLayer;
      span.protocol = shm::Protocol::json_rpc;
      span.status = shm::Status::error;
      span.error = shm::error_code(-32601);
      span.trace_id = 5;
      span.bytes_in = 6;
      span.bytes_out = 8;
      batch.spans.push_back(span);
    }
    return batch;
  }
  Outcome take(const documents::SpanBatch& batch) { return segment_->take(batch, now_ns_); }

  std::unique_ptr<shm::Reader> reader() const {
    return shm::Reader::open(shm::layers_instance(instance_));
  }
  // The operations of all records, in their order.
  std::vector<std::string> published() const {
    std::vector<std::string> names;
    const auto reading = reader();
    if (reading == nullptr) return names;
    reading->sweep([&](const shm::Record& record, std::uint32_t) {
      names.push_back(reading->name(record.operation));
    });
    return names;
  }

  std::uint64_t now_ns_ = 1'000'000'000'000;
  std::unique_ptr<LayersSegment> segment_;
};

TEST_F(LayersSegmentTest, ReadersFindTheSpansAsTheyWereReported) {
  EXPECT_EQ(take(batch(1, {"add"})), Outcome::taken);
  const auto reading = reader();
  ASSERT_NE(reading, nullptr);
  EXPECT_EQ(reading->producer().door, shm::Door::collector);
  EXPECT_EQ(reading->state(shm::monotonic_ns()), shm::ProducerState::live);
  std::vector<shm::Record> records;
  reading->sweep([&](const shm::Record& record, std::uint32_t) { records.push_back(record); });
  ASSERT_EQ(records.size(), 1u);
  const shm::Record& record = records[0];
  EXPECT_EQ(reading->name(record.operation), "add");
  EXPECT_EQ(record.start_ticks, 100u);
  EXPECT_EQ(record.duration_ticks, 50u);
  EXPECT_EQ(record.trace_id, 5u);
  EXPECT_EQ(record.layer, shm::names::kTsClient);
  EXPECT_EQ(record.stack, shm::names::kTwoLayer);
  EXPECT_EQ(record.protocol, static_cast<std::uint8_t>(shm::Protocol::json_rpc));
  EXPECT_EQ(record.status, static_cast<std::uint8_t>(shm::Status::error));
  EXPECT_EQ(record.error, static_cast<std::uint16_t>(shm::error_code(-32601)));
  EXPECT_EQ(record.worker, shm::kNoWorker);
  EXPECT_EQ(record.bytes_in, 6u);
  EXPECT_EQ(record.bytes_out, 8u);
  EXPECT_EQ(reading->totals().by_status[static_cast<std::size_t>(shm::Status::error)], 1u);
  EXPECT_EQ(reading->totals().span_ticks, 50u);
}

TEST_F(LayersSegmentTest, SourceIsACollectionPoint) {
  documents::SpanBatch one = batch(3, {"add", "add"});
  one.source_pid = static_cast<std::uint32_t>(getpid());
  EXPECT_EQ(take(one), Outcome::taken);
  const auto points = reader()->collection_points();
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].words(), (shm::CollectionPoint{shm::this_process().start_time, now_ns_,
                                                     static_cast<std::uint32_t>(getpid()),
                                                     shm::names::kMcpServer, 7, 30, 2, 3, false, 0}
                                    .words()));
}

TEST_F(LayersSegmentTest, BatchThatComesAgainOrTooLateCountsOnce) {
  EXPECT_EQ(take(batch(1, {"a"})), Outcome::taken);
  EXPECT_EQ(take(batch(2, {"b"})), Outcome::taken);
  EXPECT_EQ(take(batch(2, {"b"})), Outcome::duplicate);
  EXPECT_EQ(take(batch(1, {"a"})), Outcome::duplicate);
  EXPECT_EQ(take(batch(1, {"c"}, 8)), Outcome::taken) << "of another source";
  EXPECT_EQ(take(batch(4, {"d"})), Outcome::taken) << "3 was given up";
  EXPECT_THAT(published(), ElementsAre("a", "b", "c", "d"));
}

TEST_F(LayersSegmentTest, TheNextBridgeKnowsWhatWasTaken) {
  take(batch(1, {"a"}));
  take(batch(5, {"x"}, 8));
  segment_.reset();
  segment_ = create();
  EXPECT_EQ(take(batch(1, {"a"})), Outcome::duplicate);
  EXPECT_EQ(take(batch(5, {"x"}, 8)), Outcome::duplicate);
  EXPECT_EQ(take(batch(2, {"b", "c"})), Outcome::taken);
  EXPECT_THAT(published(), ElementsAre("b", "c")) << "in its own segment";
  EXPECT_EQ(reader()->collection_points().at(0).taken, 3u) << "of both";
}

// What a bridge leaves that was killed when it had published `published` spans of the source's third batch.
void leave_unfinished(const std::string& instance, int published) {
  TestSegment dead(shm::layers_instance(instance), {{1, 1024}});
  for (int i = 0; i < 5; ++i) dead.publish("before", 100, 10);
  dead.show_point(0, {0, 50, 0, shm::names::kMcpServer, 7, 20, 5, 3, true, 5});
  for (int i = 0; i < published; ++i) dead.publish("of it", 100, 10);
}

TEST_F(LayersSegmentTest, BatchInWhichABridgeWasKilledIsFinished) {
  for (const int had : {0, 2, 4}) {
    segment_.reset();
    leave_unfinished(instance_, had);
    segment_ = create();
    EXPECT_EQ(take(batch(2, {"x"})), Outcome::duplicate);
    EXPECT_EQ(take(batch(3, {"a", "b", "c", "d"})), Outcome::taken);
    const std::vector<std::string> all = {"a", "b", "c", "d"};
    EXPECT_EQ(published(), std::vector<std::string>(all.begin() + had, all.end()));
    EXPECT_EQ(reader()->collection_points().at(0).taken, 9u) << had;
    EXPECT_EQ(take(batch(3, {"a", "b", "c", "d"})), Outcome::duplicate);
  }
}

TEST_F(LayersSegmentTest, SoIsItIfTheNextBridgeIsKilledBeforeItComesAgain) {
  segment_.reset();
  leave_unfinished(instance_, 2);
  for (std::uint32_t bridge = 1; bridge <= 3; ++bridge) {
    segment_.reset();
    segment_ = create();
    EXPECT_EQ(take(batch(bridge, {"x", "y", "z"}, 8)), Outcome::taken) << "of another source";
  }
  EXPECT_EQ(take(batch(2, {"x"})), Outcome::duplicate);
  EXPECT_EQ(take(batch(3, {"a", "b", "c", "d"})), Outcome::taken);
  EXPECT_THAT(published(), ElementsAre("x", "y", "z", "c", "d"));
}

TEST_F(LayersSegmentTest, IfItIsGivenUpTheNextBatchIsTakenWhole) {
  segment_.reset();
  leave_unfinished(instance_, 2);
  segment_ = create();
  EXPECT_EQ(take(batch(4, {"a", "b"})), Outcome::taken);
  EXPECT_THAT(published(), ElementsAre("a", "b"));
}

TEST_F(LayersSegmentTest, OneThatWasRemovedIsMadeAgainAndNothingCountsTwice) {
  take(batch(1, {"a"}));
  EXPECT_FALSE(segment_->was_removed());
  shm::remove_segment(shm::layers_instance(instance_), reader()->producer().run_id);
  EXPECT_TRUE(segment_->was_removed());
  std::string why;
  segment_ = LayersSegment::create_again(*segment_, now_ns_, why);
  ASSERT_NE(segment_, nullptr) << why;
  EXPECT_EQ(take(batch(1, {"a"})), Outcome::duplicate);
  EXPECT_EQ(take(batch(2, {"b"})), Outcome::taken);
  EXPECT_THAT(published(), ElementsAre("b"));
}

TEST_F(LayersSegmentTest, OfTooManySourcesTheLongestSilentOneIsForgotten) {
  for (std::uint64_t source = 1; source <= LayersSegment::kMostSources; ++source) {
    now_ns_ += 1'000;
    take(batch(1, {}, source));
  }
  now_ns_ += 1'000;
  EXPECT_EQ(take(batch(1, {}, 1)), Outcome::duplicate) << "which is a sign of life";
  EXPECT_EQ(take(batch(1, {}, 1'000)), Outcome::taken);
  EXPECT_EQ(take(batch(1, {}, 1)), Outcome::duplicate);
  EXPECT_EQ(take(batch(1, {}, 3)), Outcome::duplicate);
  EXPECT_EQ(take(batch(1, {}, 2)), Outcome::taken);
  EXPECT_EQ(reader()->collection_points().size(), LayersSegment::kMostSources);
}

TEST_F(LayersSegmentTest, SourceThatSendsTooMuchIsToldSoAndNothingIsLost) {
  const std::vector<std::string> many(5'000, "a");
  std::uint32_t number = 1;
  while (number < 100 && take(batch(number, many)) == Outcome::taken) ++number;
  EXPECT_EQ(number - 1, 5 * LayersSegment::kMostSpansPerSecond / many.size()) << "of five seconds";
  EXPECT_EQ(take(batch(1, many, 8)), Outcome::taken) << "another source's";
  now_ns_ += 249'000'000;
  EXPECT_EQ(take(batch(number, many)), Outcome::too_many);
  now_ns_ += 1'000'000;
  EXPECT_EQ(take(batch(number, many)), Outcome::taken);
}

TEST_F(LayersSegmentTest, HasOneWriter) {
  std::string why;
  EXPECT_EQ(LayersSegment::create(instance_, now_ns_, why), nullptr);
  EXPECT_NE(why, "");
}

TEST_F(LayersSegmentTest, BeatsAndEndsInOrder) {
  segment_->beat(123);
  EXPECT_EQ(reader()->heartbeat_ns(), 123u);
  segment_.reset();
  EXPECT_EQ(reader()->state(shm::monotonic_ns()), shm::ProducerState::retired);
  EXPECT_THAT(published(), IsEmpty());
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
