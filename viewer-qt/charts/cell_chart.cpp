// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/cell_chart.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyleOptionFocusRect>
#include <QToolTip>
#include <algorithm>

#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kDragPixels = 3;  // a cell may be as narrow

CellChart::Area hull(const CellChart::Area& a, const CellChart::Area& b) {
  return {{std::min(a.time.begin_ns, b.time.begin_ns), std::max(a.time.end_ns, b.time.end_ns)},
          {std::min(a.durations.low_ns, b.durations.low_ns),
           std::max(a.durations.high_ns, b.durations.high_ns)}};
}

}  // namespace

CellChart::CellChart(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_OpaquePaintEvent);
}

int CellChart::line_height() const {
  return fontMetrics().height();
}

QRect CellChart::reading_rect() const {
  return {0, 0, width(), line_height() + 2};
}

void CellChart::write(QPainter& painter, const QRect& place, int alignment, const QString& text) {
  if (place.width() <= 0 || place.height() <= 0) return;
  const bool fits = fontMetrics().horizontalAdvance(text) <= place.width();
  const QString fitting =
      fits ? text : fontMetrics().elidedText(text, Qt::ElideRight, place.width());
  const QRect used =
      QStyle::alignedRect(Qt::LeftToRight, static_cast<Qt::Alignment>(alignment),
                          {fontMetrics().horizontalAdvance(fitting), line_height()}, place);
  const auto overlaps = [&used](const PaintedLabel& label) { return label.rect.intersects(used); };
  if (fitting.isEmpty() || !rect().contains(used)) return;
  if (std::any_of(labels_.begin(), labels_.end(), overlaps)) return;
  painter.drawText(used, Qt::AlignCenter | Qt::TextDontClip | Qt::TextSingleLine, fitting);
  labels_.append({used, text});
}

const QPixmap& CellChart::picture() {
  const qreal ratio = devicePixelRatioF();
  const QSize wanted = (QSizeF(size()) * ratio).toSize();
  if (picture_.size() == wanted && qFuzzyCompare(picture_.devicePixelRatio(), ratio))
    return picture_;
  picture_ = QPixmap(wanted);
  picture_.setDevicePixelRatio(ratio);
  picture_.fill(palette().color(QPalette::Base));
  labels_.clear();
  QPainter painter(&picture_);
  painter.setFont(font());
  painter.setPen(palette().color(QPalette::Text));
  paint_picture(painter);
  return picture_;
}

QList<CellChart::PaintedLabel> CellChart::labels() {
  if (!size().isEmpty()) picture();
  QList<PaintedLabel> all = labels_;
  all.append({reading_rect(), reading()});
  return all;
}

void CellChart::picture_changed() {
  plot_ = find_plot();
  fit();
  picture_ = {};
  say();
  update();
}

std::optional<CellChart::Area> CellChart::pointed_at() const {
  if (pointer_ && plot().contains(*pointer_)) {
    if (const std::optional<Cell> cell = cell_at(*pointer_)) return area_of(*cell);
    return std::nullopt;
  }
  if (!hasFocus() || !cursor_) return std::nullopt;
  const std::optional<Cell> cell = cell_of(*cursor_);
  return cell ? std::optional(area_of(*cell)) : std::nullopt;
}

QString CellChart::reading() const {
  if (draft_) return describe_brush(hull(draft_->from, draft_->to));
  if (const std::optional<Area> area = pointed_at()) return describe(*area);
  return brush_ ? describe_brush(*brush_) : hint();
}

QRegion CellChart::pointed_region() const {
  QRegion region(reading_rect());
  if (const std::optional<Area> area = pointed_at())
    region += rect_of(*area).adjusted(-3, -3, 3, 3);
  return region;
}

// Only what changes is painted again: the pointer moves often.
void CellChart::point_at(std::optional<QPoint> place) {
  const QRegion before = pointed_region();
  pointer_ = place;
  say();
  update(before + pointed_region());
}

void CellChart::say() {
  const QString text = reading();
  if (text != accessibleDescription()) setAccessibleDescription(text);
}

void CellChart::set_brush(const std::optional<Area>& brush) {
  if (brush_ == brush) return;
  brush_ = brush;
  say();
  update();
}

void CellChart::finish_draft() {
  if (!draft_) return;
  const Area area = hull(draft_->from, draft_->to);
  draft_.reset();
  set_brush(area);
  update();
  announce(area);
}

void CellChart::clear_brush() {
  const bool had_one = brush_.has_value();
  draft_.reset();
  set_brush(std::nullopt);
  update();
  if (had_one) Q_EMIT brush_cleared();
}

void CellChart::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(this);
  painter.drawPixmap(0, 0, picture());
  const QColor text = palette().color(QPalette::Text);
  const QColor base = palette().color(QPalette::Base);
  const std::optional<Area> brushed =
      draft_ ? std::optional(hull(draft_->from, draft_->to)) : brush_;
  if (brushed) {
    const QRect inside = rect_of(*brushed).intersected(plot());
    if (shade() > 0) {
      QColor color = base;
      color.setAlphaF(static_cast<float>(shade()));
      for (const QRect& rect : QRegion(plot()).subtracted(inside)) painter.fillRect(rect, color);
    }
    if (!inside.isEmpty()) {
      painter.setPen(base);
      painter.drawRect(inside.adjusted(-1, -1, 0, 0));
      painter.drawRect(inside.adjusted(1, 1, -2, -2));
      painter.setPen(QPen(text, 1, draft_ ? Qt::DashLine : Qt::SolidLine));
      painter.drawRect(inside.adjusted(0, 0, -1, -1));
    }
  }
  if (const std::optional<Area> area = pointed_at()) {
    const QRect cell = rect_of(*area);
    painter.setPen(base);
    painter.drawRect(cell.adjusted(-2, -2, 1, 1));
    painter.setPen(text);
    painter.drawRect(cell.adjusted(-1, -1, 0, 0));
  }
  painter.setPen(text);
  const QRect top = reading_rect();
  painter.drawText(top, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                   fontMetrics().elidedText(reading(), Qt::ElideRight, top.width()));
  if (hasFocus()) {
    QStyleOptionFocusRect option;
    option.initFrom(this);
    option.rect = plot().adjusted(-1, -1, 1, 1);
    option.backgroundColor = palette().color(QPalette::Base);
    style()->drawPrimitive(QStyle::PE_FrameFocusRect, &option, &painter, this);
  }
}

void CellChart::resizeEvent(QResizeEvent* event) {
  picture_changed();
  QWidget::resizeEvent(event);
}

void CellChart::changeEvent(QEvent* event) {
  const QEvent::Type type = event->type();
  if (type == QEvent::PaletteChange || type == QEvent::FontChange || type == QEvent::StyleChange) {
    picture_changed();
    updateGeometry();
  }
  QWidget::changeEvent(event);
}

bool CellChart::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), plain_tip(reading()), this);
    return true;
  }
  return QWidget::event(event);
}

void CellChart::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !plot().contains(event->pos())) return event->ignore();
  pointer_ = pressed_ = event->pos();
  const std::optional<Cell> cell = cell_at(event->pos());
  if (cell) cursor_ = area_of(*cell);
  draft_.reset();
  say();
  update();
}

void CellChart::mouseMoveEvent(QMouseEvent* event) {
  point_at(event->pos());
  if (pressed_ && event->buttons().testFlag(Qt::LeftButton)) {
    const std::optional<Cell> cell = cell_at(event->pos());
    const bool far = (event->pos() - *pressed_).manhattanLength() >= kDragPixels;
    // Where it began is what was there when it began, whatever has come since.
    if (!cell || !cursor_ || !(draft_ || far)) return;
    draft_ = Draft{*cursor_, area_of(*cell), false};
    say();
    update();
  }
}

void CellChart::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return event->ignore();
  if (pressed_ && draft_ && !draft_->by_keys) finish_draft();
  pressed_.reset();
}

void CellChart::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return event->ignore();
  pressed_.reset();
  clear_brush();
}

void CellChart::leaveEvent(QEvent* event) {
  point_at(std::nullopt);
  QWidget::leaveEvent(event);
}

bool CellChart::move_cursor(int key, bool brushing) {
  const std::optional<Cell> from = cursor_ ? cell_of(*cursor_) : std::nullopt;
  const std::optional<Cell> start = from ? from : first_cell();
  if (!start) return false;
  const std::optional<Cell> next = neighbour(*start, key);
  if (!next) return false;
  // The first key only shows where the cursor is.
  const Area at = area_of(from ? *next : *start);
  if (brushing) {
    const bool goes_on = draft_ && draft_->by_keys;
    draft_ = Draft{goes_on ? draft_->from : area_of(*start), at, true};
  } else if (draft_ && draft_->by_keys) {
    draft_.reset();
  }
  cursor_ = at;
  pointer_.reset();
  return true;
}

void CellChart::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  if (key == Qt::Key_Escape) {
    if (!draft_ && !brush_) return event->ignore();
    if (draft_) {
      draft_.reset();
      pressed_.reset();
    } else {
      clear_brush();
    }
  } else if (key == Qt::Key_Return || key == Qt::Key_Enter) {
    if (!draft_) {
      const std::optional<Area> area = pointed_at();
      if (!area) return event->ignore();
      draft_ = Draft{*area, *area, true};
    }
    finish_draft();
  } else if (!move_cursor(key, event->modifiers().testFlag(Qt::ShiftModifier))) {
    return QWidget::keyPressEvent(event);
  }
  say();
  update();
}

void CellChart::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Shift && draft_ && draft_->by_keys) return finish_draft();
  QWidget::keyReleaseEvent(event);
}

void CellChart::focusInEvent(QFocusEvent* event) {
  say();
  QWidget::focusInEvent(event);
  update();
}

void CellChart::focusOutEvent(QFocusEvent* event) {
  // Whoever leaves with Shift held down does not see it released.
  if (draft_ && draft_->by_keys) draft_.reset();
  say();
  QWidget::focusOutEvent(event);
  update();
}

}  // namespace goxel_telemetry::viewer
