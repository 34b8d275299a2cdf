// SPDX-License-Identifier: GPL-3.0-or-later
// A line of plain text that is elided where it has no room; its tool tip then has the whole. (A QLabel would cut it, or
// widen the window.)
#pragma once

#include <QStaticText>
#include <QString>
#include <QWidget>

#include "viewer-qt/charts/painted_text.h"

namespace goxel_telemetry::viewer {

class ElidedLabel : public QWidget, public PaintsText {
  Q_OBJECT
 public:
  explicit ElidedLabel(Qt::Alignment alignment = Qt::AlignLeft, QWidget* parent = nullptr);

  virtual void set_text(const QString& text);
  const QString& text() const { return text_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
  std::vector<PaintedText> painted_texts() const override;
  // The text, if it is elided, and what toolTip() says, which is plain text.
  QString tip_at(const QPoint& place) const override;

 protected:
  // Without asking for another size.
  void put_text(const QString& text);
  int text_width() const { return text_width_; }
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  QString elided() const;
  void lay_out();

  Qt::Alignment alignment_;
  QString text_;
  QStaticText drawn_;  // laid out once, to be measured and painted
  int text_width_ = 0;
};

}  // namespace goxel_telemetry::viewer
