// SPDX-License-Identifier: GPL-3.0-or-later
// That what the other tests rely on notices what it shall notice.
#include "tests/viewer-qt/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <QPushButton>
#include <QScrollArea>
#include <QStandardItemModel>

#include "tests/viewer-qt/application.h"

namespace goxel_telemetry::viewer {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class LabelsTest : public testing::Test {
 protected:
  LabelsTest() { window_.resize(400, 300); }

  std::vector<std::string> faults() {
    window_.show();
    QApplication::processEvents();
    return Labels(window_).faults();
  }
  QLabel* label(const QString& text, const QRect& rect) {
    auto* added = new QLabel(text, &window_);
    added->setGeometry(rect);
    return added;
  }

  QApplication& application_ = application();  // before any widget
  QWidget window_;
};

TEST_F(LabelsTest, WhatFitsIsInOrder) {
  label("fits", {0, 0, 200, 50});
  label("fits, too", {200, 0, 200, 50});
  EXPECT_THAT(faults(), IsEmpty());
  EXPECT_EQ(Labels(window_).count(), 2u);
  EXPECT_TRUE(Labels(window_).has("too"));
  EXPECT_FALSE(Labels(window_).has("two"));
}

TEST_F(LabelsTest, ALabelThatIsTooNarrowOrTooLowIsCut) {
  label("a text that needs more than this", {0, 0, 50, 50});
  EXPECT_THAT(faults(), Contains(HasSubstr("is cut")));
}

TEST_F(LabelsTest, SoIsOneWhoseLinesDoNotFit) {
  QLabel* const low = label("a text that needs more than this one line", {0, 0, 100, 20});
  low->setWordWrap(true);
  EXPECT_THAT(faults(), Contains(HasSubstr("is cut")));
  low->setGeometry(0, 0, 100, 200);
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(LabelsTest, LabelsThatOverlapAreNoticed) {
  label("one", {0, 0, 200, 50});
  label("other", {199, 0, 200, 50});
  EXPECT_THAT(faults(), Contains(HasSubstr("overlaps with \"other\"")));
}

TEST_F(LabelsTest, SoAreThoseThatLeaveTheWindowOrWhatTheyAreIn) {
  QLabel* const outside = label("outside", {300, 0, 200, 50});
  EXPECT_THAT(faults(), Contains(HasSubstr("leaves the window")));
  delete outside;
  auto* const box = new QWidget(&window_);
  box->setGeometry(0, 100, 50, 50);
  auto* const inner = new QLabel("inside", box);
  inner->setGeometry(0, 0, 200, 50);
  box->show();
  EXPECT_THAT(faults(), Contains(HasSubstr("is covered or cut by what it is in")));
}

TEST_F(LabelsTest, WhatCanBeScrolledMayBeOutOfSight) {
  auto* const area = new QScrollArea(&window_);
  area->setGeometry(0, 0, 100, 100);
  auto* const large = new QLabel("large");
  large->resize(1'000, 1'000);
  area->setWidget(large);
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(LabelsTest, HiddenOnesAreNotLookedAt) {
  label("a text that needs more than this", {0, 0, 10, 10})->hide();
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(LabelsTest, ButtonsAndBoxesAreLabels) {
  auto* const button = new QPushButton("a text that needs more", &window_);
  button->setGeometry(0, 0, 40, 30);
  EXPECT_THAT(faults(), Contains(HasSubstr("is cut")));
  delete button;
  auto* const box = new QComboBox(&window_);
  box->addItem("a text that needs more");
  box->setGeometry(0, 0, 60, 30);
  box->show();
  EXPECT_THAT(faults(), Contains(HasSubstr("is cut")));
  box->resize(box->sizeHint());
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(LabelsTest, CellsAndHeadersAreElidedOnlyIfATipHasTheWhole) {
  QStandardItemModel model(1, 1);
  model.setHeaderData(0, Qt::Horizontal, "a title that needs more");
  model.setData(model.index(0, 0), "a text that needs more");
  QTableView table(&window_);
  table.setModel(&model);
  table.setGeometry(0, 0, 400, 200);
  table.setColumnWidth(0, 40);
  EXPECT_THAT(faults(), Contains(HasSubstr("\"a title that needs more\" is elided")));
  EXPECT_THAT(faults(), Contains(HasSubstr("\"a text that needs more\" is elided")));
  model.setHeaderData(0, Qt::Horizontal, "a title that needs more: this", Qt::ToolTipRole);
  model.setData(model.index(0, 0), "a text that needs more", Qt::ToolTipRole);
  EXPECT_THAT(faults(), IsEmpty());
  table.verticalHeader()->setMinimumSectionSize(1);
  table.setRowHeight(0, 5);
  EXPECT_THAT(faults(), Contains(HasSubstr("is cut")));
}

class Painting : public QWidget, public PaintsText {
 public:
  using QWidget::QWidget;
  std::vector<PaintedText> painted_texts() const override { return texts; }
  QString tip_at(const QPoint&) const override { return tip; }
  std::vector<PaintedText> texts;
  QString tip;
};

TEST_F(LabelsTest, WhatAWidgetPaintsIsALabel) {
  Painting painting(&window_);
  painting.setGeometry(0, 0, 300, 100);
  const QString whole = "a text of <which> there is more";
  painting.texts = {{{0, 0, 300, 50}, "a text…", whole, painting.font()}};
  EXPECT_THAT(faults(), Contains(HasSubstr("no tool tip has the whole")));
  painting.tip = "It is: " + whole.toHtmlEscaped();
  EXPECT_THAT(faults(), IsEmpty());
  painting.texts.push_back({{0, 49, 300, 50}, "other", "other", painting.font()});
  EXPECT_THAT(faults(), Contains(HasSubstr("overlaps")));
  painting.texts = {{{0, 0, 5, 50}, "wide", "wide", painting.font()}};
  EXPECT_THAT(faults(), Contains(HasSubstr("is cut")));
  painting.texts = {{{250, 0, 100, 50}, "wide", "wide", painting.font()}};
  EXPECT_THAT(faults(), Contains(HasSubstr("leaves its widget")));
}

TEST(LongerWordsTest, AreFortyPercentLonger) {
  application();
  const QString before = QCoreApplication::translate("Any", "ten letter");
  EXPECT_EQ(before.size(), 10);
  {
    const LongerWords longer;
    EXPECT_EQ(QCoreApplication::translate("Any", "ten letter").size(), 14);
    EXPECT_EQ(QCoreApplication::translate("Any", "%1 of %2").arg("a", "b").count("a"), 1)
        << "what is put in is there once";
  }
  EXPECT_EQ(QCoreApplication::translate("Any", "ten letter"), before);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
