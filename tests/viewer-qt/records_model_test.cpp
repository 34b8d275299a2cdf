// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/records_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <cstdlib>
#include <ctime>

#include "metrics/text/format.h"
#include "shm/error_code.h"
#include "tests/viewer-qt/records_samples.h"

namespace goxel_telemetry::viewer {
namespace {

using testing::SizeIs;

QString text(const QAbstractItemModel& model, int row, int column) {
  return model.data(model.index(row, column)).toString();
}

class RecordsModelTest : public testing::Test {
 protected:
  RecordsModelTest() {
    setenv("TZ", "UTC", 1);
    tzset();
  }

  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> all;
    for (int row = 0; row < model_.rowCount(); ++row) all.push_back(model_.row(row).found.number);
    return all;
  }

  RecordsModel model_;
  QAbstractItemModelTester tester_{&model_, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(RecordsModelTest, EachColumnHasItsOwnAndExplainsItself) {
  RankedRecord row = ranked(1, "goxel.add_voxel", 12'345, 250);
  metrics::NamedRecord& record = row.found.record;
  record.wait_ns = 3'000'000;
  record.receive_ns = 12'000;
  record.send_ns = 45'000;
  record.status = shm::Status::error;
  record.error = shm::error_code(-32601);
  model_.show(list_of({row}));
  // kNoon is 2023-11-14 22:13:20 UTC.
  const std::vector<std::pair<const char*, const char*>> columns = {
      {"Ended", "22:13:32.345"},    {"Operation", "goxel.add_voxel"},
      {"Duration", "250 ms"},       {"Rank", "slower than 99.2 %"},
      {"Status", "✗ error -32601"}, {"Waited", "3.00 ms"},
      {"Received", "12.0 µs"},      {"Sent", "45.0 µs"},
      {"Request", "120 B"},         {"Answer", "80 B"},
      {"Layer", "daemon"},          {"Stack", "4-layer"},
      {"Protocol", "jsonrpc"}};
  ASSERT_EQ(model_.columnCount(), static_cast<int>(columns.size()));
  for (int column = 0; column < model_.columnCount(); ++column) {
    const auto& [title, value] = columns[static_cast<std::size_t>(column)];
    EXPECT_EQ(model_.headerData(column, Qt::Horizontal).toString(), title);
    EXPECT_EQ(text(model_, 0, column), QString::fromUtf8(value)) << title;
    const QString tip = model_.headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString();
    EXPECT_TRUE(tip.startsWith(QString::fromUtf8(title) + ": ")) << title;
    EXPECT_GT(tip.size(), 25) << title;
  }
}

TEST_F(RecordsModelTest, WhatIsNotOfTheLastDayHasItsDate) {
  RecordList list = list_of({ranked(1, "add", 1'000, 5)});
  model_.show(list);
  EXPECT_EQ(text(model_, 0, RecordsModel::kTime), "22:13:21.000");
  list.range.end_ns += 2 * 3'600 * metrics::kNsPerSecond;  // past midnight
  model_.show(list);
  EXPECT_EQ(text(model_, 0, RecordsModel::kTime), "2023-11-14 22:13:21.000");
}

TEST_F(RecordsModelTest, WhatIsNotKnownIsADash) {
  RankedRecord row = ranked(1, "add", 100, 5);
  row.rank = {};
  model_.show(list_of({row}));
  for (const int column :
       {RecordsModel::kRank, RecordsModel::kWaited, RecordsModel::kReceived, RecordsModel::kSent}) {
    EXPECT_EQ(text(model_, 0, column), QString::fromUtf8("–")) << column;
  }
}

TEST_F(RecordsModelTest, WhatFailedHasAMarkAndAColour) {
  std::vector<RankedRecord> rows;
  const std::vector<std::pair<shm::Status, const char*>> statuses = {
      {shm::Status::ok, "ok"},
      {shm::Status::error, "✗ error"},
      {shm::Status::unanswered, "✗ unanswered"},
      {shm::Status::malformed, "✗ malformed"},
      {shm::Status::cancelled, "✗ cancelled"},
      {shm::Status::notification, "notification"}};
  for (const auto& [status, said] : statuses) {
    rows.push_back(ranked(rows.size(), "add", 100, 5));
    rows.back().found.record.status = status;
  }
  model_.show(list_of(rows));
  for (int row = 0; row < model_.rowCount(); ++row) {
    const QString said = QString::fromUtf8(statuses[static_cast<std::size_t>(row)].second);
    EXPECT_EQ(text(model_, row, RecordsModel::kStatus), said);
    EXPECT_EQ(model_.data(model_.index(row, RecordsModel::kStatus), Qt::ForegroundRole).isValid(),
              said.startsWith(QString::fromUtf8("✗")));
  }
}

TEST_F(RecordsModelTest, NamesAreShownAsTheyAreAndNeverAsMarkup) {
  model_.show(list_of({ranked(1, "a\u202Eb<b>", 100, 5)}));
  EXPECT_EQ(text(model_, 0, RecordsModel::kOperation), "a<U+202E>b<b>");
  EXPECT_EQ(model_.data(model_.index(0, RecordsModel::kOperation), Qt::ToolTipRole),
            "<p>a&lt;U+202E&gt;b&lt;b&gt;</p>");
}

TEST_F(RecordsModelTest, TheSameQuestionKeepsTheRowsThatStay) {
  model_.show(list_of({ranked(3, "c", 100, 30), ranked(2, "b", 100, 20), ranked(1, "a", 100, 10)}));
  const QPersistentModelIndex stays = model_.index(1, 0);
  const QPersistentModelIndex goes = model_.index(0, 0);
  model_.show(list_of({ranked(9, "i", 100, 40), ranked(8, "h", 100, 25), ranked(2, "b", 100, 20),
                       ranked(7, "g", 100, 15), ranked(1, "a", 100, 10), ranked(6, "f", 100, 5)}));
  EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{9, 8, 2, 7, 1, 6}));
  EXPECT_EQ(stays.row(), 2);
  EXPECT_FALSE(goes.isValid());
  EXPECT_EQ(model_.row_of(7), 3);
  EXPECT_EQ(model_.row_of(3), -1);
}

TEST_F(RecordsModelTest, ARankThatChangesIsShown) {
  model_.show(list_of({ranked(1, "a", 100, 10)}));
  int changes = 0;
  QObject::connect(&model_, &QAbstractItemModel::dataChanged, [&] { ++changes; });
  model_.show(list_of({ranked(1, "a", 100, 10)}));
  EXPECT_EQ(changes, 0) << "nothing to paint anew";
  RankedRecord row = ranked(1, "a", 100, 10);
  row.rank->slower_than = 0.5;
  model_.show(list_of({row}));
  EXPECT_EQ(text(model_, 0, RecordsModel::kRank), "slower than 50.0 %");
  EXPECT_EQ(changes, 1);
}

TEST_F(RecordsModelTest, AnotherQuestionBeginsAnew) {
  model_.show(list_of({ranked(1, "a", 100, 10)}));
  const QPersistentModelIndex before = model_.index(0, 0);
  RecordList other = list_of({ranked(1, "a", 100, 10)});
  other.order = RecordOrder::newest_first;
  model_.show(other);
  EXPECT_FALSE(before.isValid());
  EXPECT_EQ(model_.rowCount(), 1);
}

TEST(RecordsSentence, SaysHowManyMatchedAndOfWhat) {
  RecordList list = list_of({ranked(2, "b", 100, 20), ranked(1, "a", 100, 10)});
  EXPECT_EQ(sentence(list), "2 requests, the slowest first.");
  list.matched = 3'412;
  EXPECT_EQ(sentence(list), "The 2 slowest of 3,412 requests.");
  list.order = RecordOrder::newest_first;
  EXPECT_EQ(sentence(list), "The 2 newest of 3,412 requests.");
  list.matched = 2;
  EXPECT_EQ(sentence(list), "2 requests, the newest first.");
  EXPECT_EQ(sentence(list_of({ranked(1, "a", 100, 10)})), "One request.");
  EXPECT_EQ(sentence(list_of({})), "No request is of this selection.");
}

TEST(RecordsSentence, SaysSinceWhenThatIsAll) {
  setenv("TZ", "UTC", 1);
  tzset();
  RecordList list = list_of({ranked(2, "b", 100, 20), ranked(1, "a", 100, 10)});
  list.complete_from_ns = list.range.begin_ns;
  EXPECT_EQ(sentence(list), "2 requests, the slowest first.");
  list.complete_from_ns = list.range.begin_ns + 30 * metrics::kNsPerSecond;
  list.widest_slot_seconds = 15;
  EXPECT_EQ(
      sentence(list),
      "2 requests, the slowest first. Of the time before 2023-11-14 22:13:50, only the 5 slowest "
      "of each operation in every 15 s are still known.");
  list.complete_from_ns = list.range.end_ns;
  list.widest_slot_seconds = 225;
  EXPECT_EQ(sentence(list),
            "2 requests, the slowest first. Of this time, only the 5 slowest of each operation in "
            "every 4 min are still known.");
  list.rows.clear();
  list.matched = 0;
  EXPECT_TRUE(sentence(list).startsWith("None of the requests that are still known"));
}

// Rounded down, and with no more digits than there are values for.
TEST(RankText, ClaimsNoMoreThanIsKnown) {
  EXPECT_EQ(rank_text({0.992, 3'412, false}), "slower than 99.2 %");
  EXPECT_EQ(rank_text({0.9999, 3'412, false}), "slower than 99.9 %");
  EXPECT_EQ(rank_text({0.9999, 200'000, false}), "slower than 99.99 %");
  EXPECT_EQ(rank_text({0.995, 200, false}), "slower than 99 %");
  EXPECT_EQ(rank_text({0.07, 1'000, false}), "slower than 7.0 %");
  EXPECT_EQ(rank_text({0.29, 100, false}), "slower than 29 %") << "0.29 * 100 is a little less";
  EXPECT_EQ(rank_text({0, 1'000, false}), "slower than 0.0 %");
  EXPECT_EQ(rank_text({0.9997, 3'412, true}), "slowest of 3,412");
  EXPECT_EQ(rank_sentence({0.992, 3'412, false}), "slower than 99.2 % of 3,412");
  EXPECT_EQ(rank_sentence({1, 3'412, true}), "none of 3,412 is slower");
}

TEST(ShownTrace, ShowsTheOperationThatTheRecordIsIn) {
  const metrics::FoundRecord record = ranked(5, "goxel.add_voxel", 100, 10).found;
  std::vector<metrics::TracedOperation> found = four_layers(ranked(4, "other", 50, 5).found.record);
  found.push_back(four_layers(record.record).at(0));
  const ShownTrace trace =
      shown_trace(record, found, [](const metrics::OperationKey& key, std::uint64_t ns) {
        return metrics::Rank{key.layer == "daemon" ? 0.5 : 0.25, ns / kMs, false};
      });
  EXPECT_EQ(trace.number, 5u);
  EXPECT_EQ(trace.note, "");
  ASSERT_THAT(trace.spans, SizeIs(4));
  EXPECT_EQ(trace.spans[0].layer, "mcp-client");
  EXPECT_EQ(trace.spans[0].operation, "goxel_add_voxels");
  EXPECT_EQ(trace.spans[0].start_ns, 0u);
  EXPECT_EQ(trace.spans[0].duration_ns, 16 * kMs);
  EXPECT_EQ(trace.spans[0].own_ns, 2 * kMs);
  EXPECT_EQ(trace.spans[0].rank, (metrics::Rank{0.25, 16, false}));
  EXPECT_EQ(trace.spans[3].start_ns, 3 * kMs);
  EXPECT_EQ(trace.spans[3].depth, 3u);
  EXPECT_EQ(trace.spans[3].rank, (metrics::Rank{0.5, 10, false}));
  EXPECT_EQ(trace.spans[3].key,
            (metrics::OperationKey{"4-layer", "", "daemon", "goxel.add_voxel"}));
  ASSERT_TRUE(trace.outside);
  EXPECT_EQ(trace.outside->span, 3u);
}

TEST(ShownTrace, ARecordWithoutATraceStandsAloneAndSaysWhy) {
  metrics::FoundRecord record = ranked(5, "goxel.add_voxel", 100, 10, 0).found;
  record.record.layer = "pro\u200Bxy";
  record.record.wait_ns = 3;
  record.record.receive_ns = 2;
  record.record.send_ns = 4;
  record.record.status = shm::Status::unanswered;
  const ShownTrace trace = shown_trace(record, {}, nullptr);
  ASSERT_THAT(trace.spans, SizeIs(1));
  EXPECT_EQ(trace.spans[0].layer, "pro<U+200B>xy");
  EXPECT_FALSE(trace.spans[0].ink) << "of no known layer";
  EXPECT_EQ(trace.spans[0].own_ns, 10 * kMs);
  EXPECT_EQ(trace.spans[0].status, "unanswered");
  EXPECT_TRUE(trace.spans[0].failed);
  EXPECT_FALSE(trace.spans[0].rank);
  EXPECT_EQ(trace.outside->receive_ns, 2u);
  EXPECT_EQ(trace.outside->wait_ns, 3u);
  EXPECT_EQ(trace.outside->send_ns, 4u);
  EXPECT_TRUE(trace.note.contains("no trace id")) << trace.note.toStdString();
  EXPECT_FALSE(trace.title.contains("trace"));
}

TEST(ShownTrace, ATraceThatIsGoneIsSaidToBeGone) {
  const metrics::FoundRecord record = ranked(5, "add", 100, 10).found;
  const auto other = four_layers(ranked(4, "add", 50, 5).found.record);
  const ShownTrace trace = shown_trace(record, other, nullptr);
  EXPECT_THAT(trace.spans, SizeIs(1));
  EXPECT_TRUE(trace.note.contains("no longer kept")) << trace.note.toStdString();
  EXPECT_TRUE(trace.title.contains("0000000000000007")) << trace.title.toStdString();
}

TEST(ShownTrace, ItsTitleNamesTheChosenRecordWhenItEndedAndTheTrace) {
  const std::string ended = metrics::format_date_time(kNoon + 1'500 * kMs);
  metrics::FoundRecord record = ranked(5, "add", 1'500, 1'000, 0xABC).found;
  EXPECT_EQ(shown_trace(record, four_layers(record.record), nullptr).title.toStdString(),
            "add, 1.00 s, ended " + ended + ", trace …0000000000000abc");
  record.record.trace_id = 0;
  EXPECT_EQ(shown_trace(record, {}, nullptr).title.toStdString(), "add, 1.00 s, ended " + ended);
}

TEST(ShownTrace, SpansThatAreLeftOutAreCounted) {
  const metrics::FoundRecord record = ranked(5, "add", 100, 10).found;
  auto found = four_layers(record.record);
  found[0].spans_left_out = 12'345;
  EXPECT_TRUE(shown_trace(record, found, nullptr).note.startsWith("12,345 more spans"));
}

}  // namespace
}  // namespace goxel_telemetry::viewer
