// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/reading.h"

#include <QPainter>

namespace goxel_telemetry::viewer {
namespace {

QFont bold(QFont font) {
  font.setBold(true);
  return font;
}

constexpr int kBetween = 12;  // parts
constexpr int kWithin = 4;

}  // namespace

Reading::Reading(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void Reading::show_parts(const QList<ReadingPart>& parts) {
  if (parts == parts_) return;
  parts_ = parts;
  setToolTip(text());
  setAccessibleDescription(text());
  update();
}

QString Reading::text() const {
  QStringList texts;
  for (const ReadingPart& part : parts_) {
    texts += part.name.isEmpty() ? part.value : part.name + QLatin1Char(' ') + part.value;
  }
  return texts.join(QStringLiteral(", "));
}

int Reading::width_of(const ReadingPart& part) const {
  const QFontMetrics plain = fontMetrics();
  int width = QFontMetrics(bold(font())).horizontalAdvance(part.value);
  if (!part.name.isEmpty()) width += plain.horizontalAdvance(part.name) + kWithin;
  if (part.sign.isValid()) width += plain.height() / 2 + kWithin;
  return width;
}

QSize Reading::sizeHint() const {
  int width = 0;
  for (const ReadingPart& part : parts_) width += width_of(part) + kBetween;
  return {width, fontMetrics().height()};
}

QSize Reading::minimumSizeHint() const {
  return {parts_.isEmpty() ? 0 : width_of(parts_.first()), fontMetrics().height()};
}

// From the right, so that values stand at the edge whatever their width.
void Reading::paintEvent(QPaintEvent*) {
  qsizetype fitting = 0;
  int total = 0;
  for (; fitting < parts_.size(); ++fitting) {
    const int more = width_of(parts_[fitting]) + (fitting == 0 ? 0 : kBetween);
    if (total + more > width()) break;
    total += more;
  }
  QPainter painter(this);
  const int sign = fontMetrics().height() / 2;
  const int baseline = fontMetrics().ascent() + (height() - fontMetrics().height()) / 2;
  int x = width() - total;
  for (qsizetype i = 0; i < fitting; ++i) {
    const ReadingPart& part = parts_[i];
    if (i > 0) x += kBetween;
    if (part.sign.isValid()) {
      painter.fillRect(x, height() / 2 - 1, sign, 3, part.sign);
      x += sign + kWithin;
    }
    painter.setPen(palette().color(QPalette::WindowText));
    if (!part.name.isEmpty()) {
      painter.setFont(font());
      painter.drawText(x, baseline, part.name);
      x += fontMetrics().horizontalAdvance(part.name) + kWithin;
    }
    painter.setFont(bold(font()));
    painter.drawText(x, baseline, part.value);
    x += QFontMetrics(bold(font())).horizontalAdvance(part.value);
  }
}

}  // namespace goxel_telemetry::viewer
