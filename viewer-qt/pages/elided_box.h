// SPDX-License-Identifier: GPL-3.0-or-later
// A choice whose present text is elided where it has no room; its tool tip then has the whole. (A QComboBox would cut it,
// or widen the window.)
#pragma once

#include <QComboBox>

#include "viewer-qt/charts/painted_text.h"

namespace goxel_telemetry::viewer {

class ElidedBox : public QComboBox, public PaintsText {
  Q_OBJECT
 public:
  explicit ElidedBox(QWidget* parent = nullptr);

  QSize minimumSizeHint() const override;
  std::vector<PaintedText> painted_texts() const override;
  QString tip_at(const QPoint&) const override { return toolTip(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QRect field() const;
  QString elided() const;
};

}  // namespace goxel_telemetry::viewer
