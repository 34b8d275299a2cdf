// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/records_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <QComboBox>
#include <QLabel>
#include <QScrollArea>
#include <QSignalSpy>
#include <QSplitter>
#include <QTableView>
#include <QTest>

#include "tests/viewer-qt/application.h"
#include "tests/viewer-qt/labels.h"
#include "tests/viewer-qt/records_samples.h"
#include "viewer-qt/charts/waterfall.h"

namespace goxel_telemetry::viewer {
namespace {

using testing::IsEmpty;

class RecordsPageTest : public testing::Test {
 protected:
  RecordsPageTest() {
    application();
    page_ = std::make_unique<RecordsPage>();
    page_->resize(1'200, 800);
    page_->show();
    QObject::connect(
        page_.get(), &RecordsPage::record_chosen, page_.get(),
        [this](const metrics::FoundRecord& record) { asked_.push_back(record.number); });
    QObject::connect(page_.get(), &RecordsPage::operation_chosen, page_.get(),
                     [this](const metrics::OperationKey& key) { operations_.push_back(key); });
  }

  QTableView* table() const { return page_->findChild<QTableView*>(); }
  Waterfall* waterfall() const { return page_->findChild<Waterfall*>(); }
  bool says(const QString& text) const {
    for (const QLabel* label : page_->findChildren<QLabel*>()) {
      if (label->isVisible() && label->text().contains(text)) return true;
    }
    return false;
  }

  std::unique_ptr<RecordsPage> page_;
  std::vector<std::uint64_t> asked_;
  std::vector<metrics::OperationKey> operations_;
};

TEST_F(RecordsPageTest, ANewQuestionChoosesItsFirstRecord) {
  page_->show(list_of({ranked(2, "slow", 100, 90), ranked(1, "fast", 100, 10)}));
  EXPECT_EQ(page_->chosen(), 2u);
  EXPECT_EQ(asked_, std::vector<std::uint64_t>{2});
  EXPECT_EQ(table()->currentIndex().row(), 0);
  ASSERT_TRUE(waterfall()->trace());
  EXPECT_EQ(waterfall()->trace()->spans.at(0).operation, "slow")
      << "what the record knows, at once";
  EXPECT_TRUE(waterfall()->trace()->spans.at(0).rank);
}

TEST_F(RecordsPageTest, TheSameQuestionKeepsWhatWasChosen) {
  page_->show(list_of({ranked(2, "slow", 100, 90), ranked(1, "fast", 100, 10)}));
  table()->selectRow(1);
  EXPECT_EQ(page_->chosen(), 1u);
  page_->show(list_of(
      {ranked(3, "slower", 100, 95), ranked(2, "slow", 100, 90), ranked(1, "fast", 100, 10)}));
  EXPECT_EQ(page_->chosen(), 1u);
  EXPECT_EQ(table()->currentIndex().row(), 2);
  page_->show(list_of({ranked(3, "slower", 100, 95)}));
  EXPECT_EQ(page_->chosen(), 1u) << "it is no longer in the list, and still being looked at";
  EXPECT_EQ(waterfall()->trace()->spans.at(0).operation, "fast");
  EXPECT_EQ(asked_, (std::vector<std::uint64_t>{2, 1}));
}

TEST_F(RecordsPageTest, AnEmptyAnswerShowsNone) {
  page_->show(list_of({ranked(2, "slow", 100, 90)}));
  RecordList none = list_of({});
  none.order = RecordOrder::newest_first;
  page_->show(none);
  EXPECT_FALSE(page_->chosen());
  EXPECT_FALSE(waterfall()->trace());
  EXPECT_TRUE(says("No request is of this selection."));
  EXPECT_FALSE(says("slow"));
}

TEST_F(RecordsPageTest, ATraceIsShownIfItsRecordIsStillChosen) {
  const RankedRecord first = ranked(2, "slow", 100, 90);
  page_->show(list_of({first, ranked(1, "fast", 100, 10)}));
  page_->show_trace(shown_trace(first.found, four_layers(first.found.record), nullptr));
  EXPECT_EQ(waterfall()->trace()->spans.size(), 4u);
  EXPECT_EQ(waterfall()->selected(), 3);
  EXPECT_TRUE(says("slow in daemon")) << "its exact values";
  table()->selectRow(1);
  page_->show_trace(shown_trace(first.found, four_layers(first.found.record), nullptr));
  EXPECT_EQ(waterfall()->trace()->spans.at(0).operation, "fast");
}

TEST_F(RecordsPageTest, TheTitleIsOfTheChosenRecordAndGoesWithIt) {
  page_->show(list_of({ranked(2, "slow", 100, 90), ranked(1, "fast", 100, 10)}));
  EXPECT_TRUE(says("slow, 90.0 ms, ended "));
  table()->selectRow(1);
  EXPECT_TRUE(says("fast, 10.0 ms, ended "));
  EXPECT_FALSE(says("slow, 90.0 ms, ended "));
  page_->show_trace(shown_trace(ranked(2, "slow", 100, 90).found, {}, nullptr));
  EXPECT_TRUE(says("fast, 10.0 ms, ended ")) << "a late answer to the choice before";
  RecordList other = list_of({});
  other.order = RecordOrder::newest_first;
  page_->show(other);
  EXPECT_FALSE(says(", ended "));
}

TEST_F(RecordsPageTest, ARecordWithoutATraceSaysWhy) {
  page_->show(list_of({ranked(2, "slow", 100, 90, 0)}));
  EXPECT_TRUE(says("carried no trace id"));
}

TEST_F(RecordsPageTest, RecordsAndSpansChooseTheirOperation) {
  const RankedRecord first = ranked(2, "slow", 100, 90);
  page_->show(list_of({first}));
  page_->show_trace(shown_trace(first.found, four_layers(first.found.record), nullptr));
  QTest::keyClick(table(), Qt::Key_Return);
  QTest::keyClick(waterfall(), Qt::Key_Home);
  QTest::keyClick(waterfall(), Qt::Key_Return);
  EXPECT_EQ(operations_, (std::vector<metrics::OperationKey>{
                             {"4-layer", "jsonrpc", "daemon", "slow"},
                             {"4-layer", "", "mcp-client", "goxel_add_voxels"}}));
}

TEST_F(RecordsPageTest, TheOrderIsChosen) {
  auto* const order = page_->findChild<QComboBox*>();
  std::vector<RecordOrder> chosen;
  QObject::connect(page_.get(), &RecordsPage::order_chosen, page_.get(),
                   [&](RecordOrder wanted) { chosen.push_back(wanted); });
  QTest::keyClick(order, Qt::Key_Down);
  EXPECT_EQ(chosen, std::vector<RecordOrder>{RecordOrder::newest_first});
  page_->show(list_of({ranked(2, "slow", 100, 90)}));
  EXPECT_EQ(order->currentText(), "Slowest first") << "as the answer is";
  EXPECT_EQ(chosen.size(), 1u) << "nobody chose it";
}

TEST_F(RecordsPageTest, PointingAtASpanMovesNothing) {
  const RankedRecord first = ranked(2, "slow", 100, 90);
  page_->show(list_of({first}));
  page_->show_trace(shown_trace(first.found, four_layers(first.found.record), nullptr));
  QApplication::processEvents();
  const QRect before = waterfall()->geometry();
  for (int span = 0; span < 4; ++span) {
    QTest::mouseMove(waterfall()->viewport(), waterfall()->bar(span).center());
    QApplication::processEvents();
    EXPECT_EQ(waterfall()->geometry(), before) << span;
  }
}

TEST_F(RecordsPageTest, TheExactValuesAreInFullView) {
  const RankedRecord first = ranked(2, "slow", 100, 90);
  page_->show(list_of({first}));
  page_->show_trace(shown_trace(first.found, four_layers(first.found.record), nullptr));
  QApplication::processEvents();
  const auto* const area = page_->findChild<QScrollArea*>();
  const auto* const values = qobject_cast<QLabel*>(area->widget());
  EXPECT_TRUE(values->text().contains("slow in daemon"));
  EXPECT_GE(area->viewport()->height(), values->heightForWidth(area->viewport()->width()));
}

// Everything that may be in the page, as much of it as there may be.
struct Scene {
  const char* name;
  RecordList list;
  std::optional<ShownTrace> trace;
};

std::vector<Scene> scenes() {
  std::vector<RankedRecord> rows;
  for (std::uint64_t i = 0; i < 60; ++i) {
    rows.push_back(ranked(100 - i, i % 3 == 0 ? "goxel.add_voxel" : "goxel.export_model",
                          30'000 + i * 7, 4'000 - i * 60));
    rows.back().found.record.wait_ns = i * 1'234'567;
    rows.back().found.record.receive_ns = 45'600;
    rows.back().found.record.send_ns = 1'230'000;
  }
  rows[1].found.record.status = shm::Status::error;
  rows[1].found.record.error = shm::error_code(-32601);
  rows[2].found.record.status = shm::Status::unanswered;
  rows[3].found.record.operation = std::string(55, 'W');
  rows[4].found.record.operation = "a\u202Eb\u200Bc<img src=x>&amp;";
  std::vector<Scene> all;
  RecordList list = list_of(rows);
  list.matched = 34'120;
  list.complete_from_ns = list.range.begin_ns + metrics::kNsPerSecond;
  list.widest_slot_seconds = 225;
  const auto ranking = [](const metrics::OperationKey& key, std::uint64_t) {
    return metrics::Rank{0.9923, 123'456, key.layer == "mcp-server"};
  };
  const metrics::FoundRecord& first = rows[0].found;
  auto found = four_layers(first.record);
  found[0].spans[1].status = "error";
  all.push_back({"four_layers", list, shown_trace(first, found, ranking)});

  RecordList alone = list_of({rows[3]});
  alone.rows[0].found.record.trace_id = 0;
  alone.rows[0].found.record.status = shm::Status::cancelled;
  all.push_back({"alone", alone, {}});

  ShownTrace many = shown_trace(first, found, ranking);
  while (many.spans.size() < metrics::kMostTracedSpans) {
    many.spans.push_back(many.spans[3]);
    many.spans.back().start_ns += many.spans.size() * kMs;
    if (many.spans.size() % 5 == 0) many.spans.back().operation = QString(55, 'W');
  }
  many.note = "1,234 more spans, which begin later, are left out.";
  all.push_back({"many", list, many});
  all.push_back({"none", list_of({}), {}});
  return all;
}

class RecordsPageLabels : public testing::TestWithParam<std::tuple<int, QSize, bool>> {};

TEST_P(RecordsPageLabels, NothingOverlapsAndNothingIsCut) {
  QApplication& app = application();
  const auto& [points, size, longer] = GetParam();
  const QFont before = app.font();
  QFont font("DejaVu Sans");
  font.setPointSize(points);
  app.setFont(font);
  {
    const std::unique_ptr<LongerWords> words = longer ? std::make_unique<LongerWords>() : nullptr;
    for (const bool dark : {false, true}) {
      app.setPalette(palette_of(dark));
      for (const Scene& scene : scenes()) {
        RecordsPage page;
        page.resize(size);
        static_cast<QWidget&>(page).show();
        page.show(scene.list);
        if (scene.trace) page.show_trace(*scene.trace);
        QApplication::processEvents();
        const std::string name = std::string(scene.name) + '-' + std::to_string(size.width()) +
                                 '-' + std::to_string(points) + (longer ? "-longer" : "") +
                                 (dark ? "-dark" : "");
        picture(page, name);
        const Labels labels(page);
        EXPECT_THAT(labels.faults(), IsEmpty()) << name;
        EXPECT_EQ(page.size(), size) << name << " needs more room";
      }
    }
    app.setPalette(QPalette());
  }
  app.setFont(before);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RecordsPageLabels,
                         testing::Combine(testing::Values(9, 12, 16),
                                          testing::Values(QSize(900, 600), QSize(1'024, 700),
                                                          QSize(1'440, 900), QSize(2'560, 1'440)),
                                          testing::Bool()));

}  // namespace
}  // namespace goxel_telemetry::viewer
