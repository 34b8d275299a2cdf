// SPDX-License-Identifier: GPL-3.0-or-later
// A row of named values, each with the sign and colour of its line. What does not fit is left out from the end; the tool
// tip and the accessible text have all of it.
#pragma once

#include <QColor>
#include <QList>
#include <QString>
#include <QWidget>

#include "viewer-qt/charts/painted_text.h"

namespace goxel_telemetry::viewer {

struct ReadingPart {
  QColor sign;  // invalid: it belongs to no line
  QString name;
  QString value;
  friend bool operator==(const ReadingPart&, const ReadingPart&) = default;
};

class Reading : public QWidget, public PaintsText {
  Q_OBJECT
 public:
  explicit Reading(QWidget* parent = nullptr);

  void show_parts(const QList<ReadingPart>& parts);
  // Everything, as words: "p50 1.20 ms, p99 6.00 ms".
  QString text() const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
  std::vector<PaintedText> painted_texts() const override;
  QString tip_at(const QPoint&) const override { return toolTip(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  // A part with the places of its name and its value.
  struct Placed {
    const ReadingPart* part;
    int left;
    int name;
    int value;
  };
  int width_of(const ReadingPart& part) const;
  QList<Placed> placed() const;

  QList<ReadingPart> parts_;
};

}  // namespace goxel_telemetry::viewer
