// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/changes.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>

#include "viewer-qt/models/distribution.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::uint64_t kNs = 1'000'000'000;

std::shared_ptr<Changes> changes(int rows) {
  auto made = std::make_shared<Changes>();
  made->before = {1'780'000'000 * kNs, 1'780'000'010 * kNs};
  made->after = {1'780'000'010 * kNs, 1'780'000'020 * kNs};
  metrics::AddedTime found;
  found.level = 0.95;
  found.total.before = 8e6;
  found.total.after = 12e6;
  found.total.by_own_time = 5e6;
  found.total.by_rate = -1e6;
  for (int i = 0; i < rows; ++i) {
    metrics::OwnTimeChange& row = found.own_times.emplace_back();
    row.operation = "op<" + std::to_string(i);
    row.layer = "daemon";
  }
  made->found = found;
  return made;
}

std::string stretches() {
  return range_text({1'780'000'010 * kNs, 1'780'000'020 * kNs}).toStdString() + " against " +
         range_text({1'780'000'000 * kNs, 1'780'000'010 * kNs}).toStdString();
}

TEST(Changes, InWordsTellWhatEachPartAdds) {
  const auto one = changes(0);
  EXPECT_EQ(in_words(*one).toStdString(),
            stretches() +
                ": 12.0 ms of work in each second instead of 8.00 ms. Requests that took longer or "
                "shorter "
                "make +5.00 ms of that, more or fewer requests −1.00 ms.");
  one->found->total.by_new = 3e6;
  one->found->total.by_vanished = -1e6;
  one->looked_at = 4;
  EXPECT_TRUE(in_words(*one).endsWith(
      "operations that are new or gone +2.00 ms. Of 4 stretches up to now, this is "
      "where most was added."));
}

TEST(Changes, WithoutDataSaySo) {
  Changes none;
  none.before = {1'780'000'000 * kNs, 1'780'000'010 * kNs};
  none.after = {1'780'000'010 * kNs, 1'780'000'020 * kNs};
  EXPECT_EQ(in_words(none).toStdString(),
            stretches() + ": in one of the two nothing was watched, or nothing came.");
  EXPECT_FALSE(none.is_slower());
}

TEST(Changes, AgainstABaselineNameItAndWhatStandsAgainstTrustingIt) {
  const auto one = changes(1);
  one->found->own_times[0].own_time.change = metrics::Change::not_proven;
  one->baseline = BaselineTitle{"good", "live, instance \"goxel\", stack 2-layer",
                                1'780'000'000 * kNs, one->before};
  const std::string begin = range_text(one->after).toStdString() + " against " +
                            in_words(*one->baseline).toStdString() + " (" +
                            range_text(one->before).toStdString() + "): 12.0 ms of work";
  EXPECT_TRUE(in_words(*one).toStdString().starts_with(begin)) << in_words(*one).toStdString();
  EXPECT_TRUE(in_words(*one).endsWith("more or fewer requests −1.00 ms."));
  one->is_of_other_instance = true;
  one->stacks_on_one_side = {"2-layer", "<4>"};
  one->before.end_ns += 1;
  one->found->own_times[0].own_time.change = metrics::Change::too_little_data;
  EXPECT_TRUE(in_words(*one).endsWith(
      "There is too little data to prove anything. It was saved from live, instance \"goxel\", "
      "stack 2-layer: machine, load and program may be others. Only one of the two has requests of "
      "stack 2-layer, <4>. The two overlap, so a change shows less."))
      << in_words(*one).toStdString();
  one->found.reset();
  EXPECT_TRUE(in_words(*one).endsWith(": in one of the two nothing was watched, or nothing came."));
  one->message = "there is no baseline \"good\"";
  EXPECT_EQ(in_words(*one).toStdString(), "There is no baseline \"good\".");
}

TEST(BaselineTitle, IsOfTheInstanceWhoseSegmentOrHistoryItWasSavedFrom) {
  BaselineTitle title;
  for (const char* source : {"live, instance \"goxel\"", "history of instance \"goxel\"",
                             "live, instance \"goxel\", stack 2-layer"}) {
    title.source = source;
    EXPECT_TRUE(title.is_of("goxel")) << source;
    EXPECT_FALSE(title.is_of("gox")) << source;
  }
  for (const char* source : {"recording of instance \"goxel\"", "goxel", ""}) {
    title.source = source;
    EXPECT_FALSE(title.is_of("goxel")) << source;
  }
}

TEST(Changes, AreSlowerOnlyIfThatIsProven) {
  const auto one = changes(2);
  one->found->own_times[0].own_time.change = metrics::Change::less;
  one->found->own_times[1].own_time.change = metrics::Change::not_proven;
  EXPECT_FALSE(one->is_slower());
  one->found->own_times[1].own_time.change = metrics::Change::more;
  EXPECT_TRUE(one->is_slower());
}

TEST(ChangesModel, ShowsTheFiveLargestAndSaysHowCertainEachIs) {
  ChangesModel model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  const auto one = changes(7);
  metrics::Shift& first = one->found->own_times[0].own_time;
  first.a = 2e6;
  first.b = 1e6;
  first.shift = -1e6;
  first.low = -2e6;
  first.high = 100;
  first.change = metrics::Change::not_proven;
  model.show(one);
  ASSERT_EQ(model.rowCount(), 5);
  const auto cell = [&model](int row, int column) {
    return model.index(row, column).data().toString().toStdString();
  };
  EXPECT_EQ(cell(0, ChangesModel::kOperation), "op<0");
  EXPECT_EQ(cell(0, ChangesModel::kPerRequest), "−1.00 ms");
  EXPECT_EQ(cell(0, ChangesModel::kInterval), "−2.00 ms to +100 ns");
  EXPECT_EQ(cell(0, ChangesModel::kBeforeAfter), "2.00 ms → 1.00 ms");
  EXPECT_EQ(cell(0, ChangesModel::kProof), "not proven");
  EXPECT_EQ(cell(1, ChangesModel::kInterval), "–");
  EXPECT_EQ(cell(1, ChangesModel::kProof), "too little data");
  EXPECT_TRUE(
      model.index(0, 0).data(Qt::ToolTipRole).toString().startsWith("<p>op&lt;0 in the daemon"));
  for (int column = 0; column < model.columnCount(); ++column) {
    EXPECT_FALSE(model.headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString().isEmpty());
  }
  const auto stricter = changes(1);
  stricter->found->level = 1 - 0.05 / 21;
  model.show(stricter);
  EXPECT_TRUE(model.headerData(ChangesModel::kInterval, Qt::Horizontal, Qt::ToolTipRole)
                  .toString()
                  .endsWith("a confidence of 99.76 %"));
  const auto title = [&model] {
    return model.headerData(ChangesModel::kBeforeAfter, Qt::Horizontal).toString().toStdString();
  };
  EXPECT_EQ(title(), "Before → after");
  const auto against = changes(1);
  against->baseline.emplace();
  model.show(against);
  EXPECT_EQ(model.rowCount(), 1);
  EXPECT_EQ(title(), "Baseline → after");
}

}  // namespace
}  // namespace goxel_telemetry::viewer
