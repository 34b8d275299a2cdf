// SPDX-License-Identifier: GPL-3.0-or-later
// A value that changes many times a second. A QLabel would lay out the whole window anew for each text; this one asks for
// room only when it needs more than ever before.
#pragma once

#include <QString>
#include <QWidget>

namespace goxel_telemetry::viewer {

class ValueLabel : public QWidget {
  Q_OBJECT
 public:
  explicit ValueLabel(Qt::Alignment alignment, QWidget* parent = nullptr);

  void set_text(const QString& text);
  const QString& text() const { return text_; }
  QSize sizeHint() const override { return {widest_, fontMetrics().height()}; }
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  Qt::Alignment alignment_;
  QString text_;
  int widest_ = 0;
};

}  // namespace goxel_telemetry::viewer
