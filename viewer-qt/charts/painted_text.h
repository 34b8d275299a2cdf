// SPDX-License-Identifier: GPL-3.0-or-later
// What a widget that paints by itself writes and where, so that a test can see that nothing overlaps and nothing is cut.
#pragma once

#include <QFont>
#include <QFontMetrics>
#include <QRect>
#include <QString>
#include <vector>

namespace goxel_telemetry::viewer {

struct PaintedText {
  QRect rect;     // that it has to itself, in the widget's coordinates
  QString text;   // as it is painted
  QString whole;  // differs from `text` if that is elided; a tool tip at this place has it
  QFont font;
};

// QFontMetrics rounds a width, but elides by the exact one: a text would not fit into the room that it asked for.
inline QString elided(const QFontMetrics& metrics, const QString& text, int room,
                      Qt::TextElideMode mode = Qt::ElideRight) {
  return metrics.horizontalAdvance(text) <= room ? text : metrics.elidedText(text, mode, room);
}

class PaintsText {
 public:
  virtual ~PaintsText() = default;
  // All that is now to be seen at least in part.
  virtual std::vector<PaintedText> painted_texts() const = 0;
  // The tool tip at a place in the widget's coordinates; empty: none.
  virtual QString tip_at(const QPoint& place) const = 0;
};

}  // namespace goxel_telemetry::viewer
