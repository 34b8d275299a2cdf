// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/elided_label.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStyle>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLeastChars = 24;  // to be read also where there is little room

}  // namespace

ElidedLabel::ElidedLabel(Qt::Alignment alignment, QWidget* parent)
    : QWidget(parent), alignment_(alignment) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setAutoFillBackground(true);  // so that what lies below it need not be painted again with it
  drawn_.setTextFormat(Qt::PlainText);
}

void ElidedLabel::set_text(const QString& text) {
  if (text == text_) return;
  put_text(text);
  updateGeometry();
}

void ElidedLabel::put_text(const QString& text) {
  text_ = text;
  drawn_.setText(text_);
  lay_out();
  update();
}

void ElidedLabel::lay_out() {
  drawn_.prepare({}, font());
  text_width_ = static_cast<int>(std::ceil(drawn_.size().width()));
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
  if (text_width_ <= width()) {
    const QRect place = QStyle::alignedRect(layoutDirection(), alignment_ | Qt::AlignVCenter,
                                            {text_width_, fontMetrics().height()}, rect());
    painter.drawStaticText(place.topLeft(), drawn_);
    return;
  }
  painter.drawText(rect(), static_cast<int>(alignment_ | Qt::AlignVCenter | Qt::TextSingleLine),
                   elided());
}

void ElidedLabel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) {
    lay_out();
    updateGeometry();
  }
  QWidget::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
