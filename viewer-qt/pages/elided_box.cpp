// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/elided_box.h"

#include <QAbstractItemView>
#include <QStyleOptionComboBox>
#include <QStylePainter>
#include <algorithm>

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLeastChars = 16;

}  // namespace

ElidedBox::ElidedBox(QWidget* parent) : QComboBox(parent) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setSizeAdjustPolicy(QComboBox::AdjustToContents);
  view()->setTextElideMode(Qt::ElideMiddle);
  connect(this, &QComboBox::currentTextChanged, this,
          [this](const QString& text) { setToolTip(text.toHtmlEscaped()); });
}

QSize ElidedBox::minimumSizeHint() const {
  const QSize hint = sizeHint();
  return {std::min(hint.width(), fontMetrics().averageCharWidth() * kLeastChars), hint.height()};
}

QRect ElidedBox::field() const {
  QStyleOptionComboBox option;
  initStyleOption(&option);
  constexpr int kMargin = 1;  // QCommonStyle writes inside of it
  return style()
      ->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, this)
      .adjusted(kMargin, 0, -kMargin, 0);
}

QString ElidedBox::elided() const {
  return viewer::elided(fontMetrics(), currentText(), field().width(), Qt::ElideMiddle);
}

std::vector<PaintedText> ElidedBox::painted_texts() const {
  return {{field(), elided(), currentText(), font()}};
}

void ElidedBox::paintEvent(QPaintEvent*) {
  QStyleOptionComboBox option;
  initStyleOption(&option);
  QStylePainter painter(this);
  painter.setPen(palette().color(QPalette::Text));
  painter.drawComplexControl(QStyle::CC_ComboBox, option);
  option.currentText = elided();
  painter.drawControl(QStyle::CE_ComboBoxLabel, option);
}

}  // namespace goxel_telemetry::viewer
