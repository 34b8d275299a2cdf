// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/header_bar.h"

#include <QBoxLayout>
#include <QEvent>
#include <QLabel>
#include <algorithm>

namespace goxel_telemetry::viewer {
namespace {

constexpr int kBetween = 12;
constexpr int kLeastChars = 60;  // of the facts, beside the badge

}  // namespace

HeaderBar::HeaderBar(QWidget* badge, QLabel* facts, QWidget* parent)
    : QWidget(parent),
      badge_(badge),
      facts_(facts),
      layout_(new QBoxLayout(QBoxLayout::LeftToRight, this)) {
  setAutoFillBackground(true);
  layout_->setContentsMargins(kBetween, 7, kBetween, 7);
  layout_->setSpacing(kBetween);
  layout_->addWidget(badge);
  layout_->addWidget(facts, 1);
}

// Only if something changes: a layout that is told anything asks for this event again.
bool HeaderBar::event(QEvent* event) {
  if (event->type() == QEvent::Resize || event->type() == QEvent::LayoutRequest) {
    const QFontMetrics metrics = facts_->fontMetrics();
    const int facts = std::min(metrics.horizontalAdvance(facts_->text()),
                               metrics.averageCharWidth() * kLeastChars);
    const bool beside = badge_->sizeHint().width() + facts + 3 * kBetween <= width();
    const auto direction = beside ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom;
    if (layout_->direction() != direction) {
      layout_->setDirection(direction);
      layout_->setSpacing(beside ? kBetween : 2);
    }
    badge_->setMinimumWidth(beside ? badge_->sizeHint().width() : 0);
  }
  return QWidget::event(event);
}

}  // namespace goxel_telemetry::viewer
