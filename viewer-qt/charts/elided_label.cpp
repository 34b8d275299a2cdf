// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/elided_label.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLeastChars = 24;  // to be read also where there is little room

}  // namespace

ElidedLabel::ElidedLabel(Qt::Alignment alignment, QWidget* parent)
    : QWidget(parent), alignment_(alignment) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void ElidedLabel::set_text(const QString& text) {
  if (text == text_) return;
  put_text(text);
  updateGeometry();
}

void ElidedLabel::put_text(const QString& text) {
  text_ = text;
  text_width_ = fontMetrics().horizontalAdvance(text_);
  update();
}

QSize ElidedLabel::sizeHint() const {
  return {text_width_, fontMetrics().height()};
}

QSize ElidedLabel::minimumSizeHint() const {
  const QSize hint = sizeHint();
  return {std::min(hint.width(), fontMetrics().averageCharWidth() * kLeastChars), hint.height()};
}

QString ElidedLabel::elided() const {
  return text_width_ <= width() ? text_ : viewer::elided(fontMetrics(), text_, width());
}

std::vector<PaintedText> ElidedLabel::painted_texts() const {
  return {{rect(), elided(), text_, font()}};
}

QString ElidedLabel::tip_at(const QPoint&) const {
  if (elided() == text_) return plain_tip(toolTip());
  return plain_tip(toolTip().isEmpty() ? text_ : text_ + QLatin1Char('\n') + toolTip());
}

bool ElidedLabel::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QToolTip::showText(help->globalPos(), tip_at(help->pos()), this);
  return true;
}

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(palette().color(QPalette::WindowText));
  painter.drawText(rect(), static_cast<int>(alignment_ | Qt::AlignVCenter | Qt::TextSingleLine),
                   elided());
}

void ElidedLabel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) {
    text_width_ = fontMetrics().horizontalAdvance(text_);
    updateGeometry();
  }
  QWidget::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
