// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/reading.h"

#include <QPainter>

#include "viewer-qt/models/shown.h"

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
  setToolTip(plain_tip(text()));
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
QList<Reading::Placed> Reading::placed() const {
  qsizetype fitting = 0;
  int total = 0;
  for (; fitting < parts_.size(); ++fitting) {
    const int more = width_of(parts_[fitting]) + (fitting == 0 ? 0 : kBetween);
    if (total + more > width()) break;
    total += more;
  }
  QList<Placed> all;
  int x = width() - total;
  for (qsizetype i = 0; i < fitting; ++i) {
    const ReadingPart& part = parts_[i];
    const int right = x + width_of(part);
    const int value = right - QFontMetrics(bold(font())).horizontalAdvance(part.value);
    const int name = x + (part.sign.isValid() ? fontMetrics().height() / 2 + kWithin : 0);
    all.append({&part, x, name, value});
    x = right + kBetween;
  }
  return all;
}

std::vector<PaintedText> Reading::painted_texts() const {
  std::vector<PaintedText> texts;
  for (const Placed& one : placed()) {
    const ReadingPart& part = *one.part;
    const int width = QFontMetrics(bold(font())).horizontalAdvance(part.value);
    if (!part.name.isEmpty()) {
      texts.push_back(
          {QRect(one.name, 0, one.value - one.name, height()), part.name, part.name, font()});
    }
    texts.push_back({QRect(one.value, 0, width, height()), part.value, part.value, bold(font())});
  }
  return texts;
}

void Reading::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const int sign = fontMetrics().height() / 2;
  const int baseline = fontMetrics().ascent() + (height() - fontMetrics().height()) / 2;
  for (const Placed& one : placed()) {
    if (one.part->sign.isValid()) {
      painter.fillRect(one.left, height() / 2 - 1, sign, 3, one.part->sign);
    }
    painter.setPen(palette().color(QPalette::WindowText));
    painter.setFont(font());
    painter.drawText(one.name, baseline, one.part->name);
    painter.setFont(bold(font()));
    painter.drawText(one.value, baseline, one.part->value);
  }
}

}  // namespace goxel_telemetry::viewer
