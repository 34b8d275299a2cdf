// SPDX-License-Identifier: GPL-3.0-or-later
// The line above all pages: a badge, and beside it, or below it where there is little room, facts of more words.
#pragma once

#include <QWidget>

class QBoxLayout;
class QLabel;

namespace goxel_telemetry::viewer {

class HeaderBar : public QWidget {
  Q_OBJECT
 public:
  HeaderBar(QWidget* badge, QLabel* facts, QWidget* parent = nullptr);

 protected:
  bool event(QEvent* event) override;

 private:
  QWidget* badge_;
  QLabel* facts_;
  QBoxLayout* layout_;
};

}  // namespace goxel_telemetry::viewer
