// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/slowdown_notice.h"

#include <QHBoxLayout>
#include <QToolButton>

#include "viewer-qt/charts/elided_label.h"
#include "viewer-qt/pages/panel.h"

namespace goxel_telemetry::viewer {

SlowdownNotice::SlowdownNotice(QWidget* parent)
    : QFrame(parent), text_(new ElidedLabel), open_(new QToolButton), put_away_(new QToolButton) {
  make_panel(*this);
  text_->setAccessibleName(tr("Slower"));
  open_->setText(tr("Show what changed"));
  put_away_->setText(QStringLiteral("✕"));
  put_away_->setAccessibleName(tr("Put this line away"));
  put_away_->setToolTip(put_away_->accessibleName());
  auto* line = new QHBoxLayout(this);
  line->setContentsMargins(8, 2, 8, 2);
  line->addWidget(text_, 1);
  line->addWidget(open_);
  line->addWidget(put_away_);
  hide();
  connect(open_, &QToolButton::clicked, this, &SlowdownNotice::opened);
  connect(put_away_, &QToolButton::clicked, this, &QWidget::hide);
}

void SlowdownNotice::show_slowdown(const SlowdownPointer& slowdown) {
  if (slowdown != nullptr) text_->set_text(in_words(*slowdown));
  setVisible(slowdown != nullptr);
}

}  // namespace goxel_telemetry::viewer
