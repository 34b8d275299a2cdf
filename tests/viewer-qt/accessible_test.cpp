// SPDX-License-Identifier: GPL-3.0-or-later
// What a screen reader is told of every page: what takes the focus has a name and a role, and what is written can be read.
#include <gtest/gtest.h>
#include <QAccessible>
#include <QLabel>
#include <QTextDocument>
#include <memory>

#include "tests/viewer-qt/application.h"
#include "tests/viewer-qt/filled_window.h"
#include "viewer-qt/accessible.h"
#include "viewer-qt/charts/elided_label.h"
#include "viewer-qt/charts/reading.h"

namespace goxel_telemetry::viewer {
namespace {

class Accessible : public testing::TestWithParam<Screen> {
 protected:
  Accessible() {
    application();
    tell_screen_readers();
    window_ = std::make_unique<FilledWindow>(Case{{1440, 900}, false, 9, false, GetParam()});
    window_->show(GetParam());
  }

  template <typename Widget>
  QList<Widget*> shown() {
    QList<Widget*> all;
    for (Widget* one : window_->widget().template findChildren<Widget*>()) {
      if (one->isVisible()) all += one;
    }
    EXPECT_FALSE(all.isEmpty());
    return all;
  }

  static QAccessibleInterface& told_of(QWidget* widget) {
    return *QAccessible::queryAccessibleInterface(widget);
  }
  // Name and description.
  static QString words(QWidget* widget) {
    return told_of(widget).text(QAccessible::Name) + QLatin1Char('\n') +
           told_of(widget).text(QAccessible::Description);
  }

  std::unique_ptr<FilledWindow> window_;
};

TEST_P(Accessible, WhatTakesTheFocusHasANameAndARole) {
  for (QWidget* widget : shown<QWidget>()) {
    if (widget->focusPolicy() == Qt::NoFocus) continue;
    const char* const kind = widget->metaObject()->className();
    EXPECT_FALSE(told_of(widget).text(QAccessible::Name).isEmpty()) << kind;
    EXPECT_NE(told_of(widget).role(), QAccessible::Client) << kind;
  }
}

TEST_P(Accessible, ChartsAreDescribedByTheirValues) {
  for (QWidget* widget : shown<QWidget>()) {
    if (told_of(widget).role() != QAccessible::Chart) continue;
    EXPECT_FALSE(told_of(widget).text(QAccessible::Description).isEmpty())
        << widget->accessibleName().toStdString();
  }
}

TEST_P(Accessible, WhatIsWrittenCanBeRead) {
  for (QLabel* label : shown<QLabel>()) {
    QTextDocument text;
    text.setHtml(label->text());
    const QString written = Qt::mightBeRichText(label->text()) ? text.toPlainText() : label->text();
    EXPECT_TRUE(words(label).contains(written)) << written.toStdString();
  }
  for (ElidedLabel* label : shown<ElidedLabel>()) {
    EXPECT_TRUE(words(label).contains(label->text())) << label->text().toStdString();
  }
  for (Reading* reading : window_->widget().findChildren<Reading*>()) {
    EXPECT_TRUE(words(reading).contains(reading->text())) << reading->text().toStdString();
  }
}

TEST_P(Accessible, EachCellSaysSomething) {
  for (QAbstractItemView* view : window_->widget().findChildren<QAbstractItemView*>()) {
    if (!view->isVisible() || qobject_cast<QHeaderView*>(view) != nullptr) continue;
    QAccessibleTableInterface* const table = told_of(view).tableInterface();
    ASSERT_NE(table, nullptr) << view->accessibleName().toStdString();
    ASSERT_GT(table->rowCount(), 0) << view->accessibleName().toStdString();
    for (int column = 0; column < table->columnCount(); ++column) {
      EXPECT_FALSE(table->columnDescription(column).isEmpty());
      EXPECT_FALSE(table->cellAt(0, column)->text(QAccessible::Name).isEmpty())
          << table->columnDescription(column).toStdString();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllPages, Accessible, testing::ValuesIn(kAll),
                         [](const auto& each) { return std::string(name_of(each.param)); });

}  // namespace
}  // namespace goxel_telemetry::viewer
