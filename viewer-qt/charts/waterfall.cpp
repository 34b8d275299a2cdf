// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/waterfall.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <array>
#include <cmath>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

// A bar has at least this width, so that a span without a duration is seen, too.
constexpr int kLeastBar = 3;
constexpr double kLeastRangeNs = 1'000;

QString duration(std::uint64_t ns) {
  return QString::fromStdString(metrics::format_duration(static_cast<double>(ns)));
}

QString exact(std::uint64_t ns) {
  return QStringLiteral("%1 ns").arg(QString::fromStdString(metrics::format_count(ns)));
}

// 1, 2 or 5 times a power of ten, at least `ns`.
double round_step(double ns) {
  const double decade = std::pow(10.0, std::floor(std::log10(ns)));
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * decade >= ns * (1 - 1e-9)) return times * decade;
  }
  return 10 * decade;
}

// All in the unit of the longest, with as many decimals as the step needs.
QString tick_text(double ns, double step_ns, double most_ns) {
  constexpr std::array kUnits = {"ns", "µs", "ms", "s"};
  std::size_t unit = 0;
  double width = 1;
  for (; unit + 1 < kUnits.size() && most_ns / width >= 1'000; ++unit) width *= 1'000;
  const int decimals =
      std::max(0, -static_cast<int>(std::floor(std::log10(step_ns / width) + 1e-9)));
  const QString sign = ns < 0 ? QStringLiteral("−") : QString();
  return sign + QString::number(std::abs(ns) / width, 'f', decimals) + QLatin1Char(' ') +
         QString::fromUtf8(kUnits[unit]);
}

QString numbers_text(const ShownSpan& span) {
  if (span.own_ns == span.duration_ns) return duration(span.duration_ns);
  return Waterfall::tr("%1, own %2").arg(duration(span.duration_ns), duration(span.own_ns));
}

QString failure_text(const ShownSpan& span) {
  return span.failed ? QStringLiteral("✗ ") + span.status : QString();
}

QString outside_text(const OutsideTimes& times) {
  QStringList parts;
  if (times.receive_ns != 0) parts += Waterfall::tr("received %1").arg(duration(times.receive_ns));
  if (times.wait_ns != 0) parts += Waterfall::tr("waited %1").arg(duration(times.wait_ns));
  if (times.send_ns != 0) parts += Waterfall::tr("sent %1").arg(duration(times.send_ns));
  return parts.join(QStringLiteral(", "));
}

int width_of(const QFont& font, const QString& text) {
  return QFontMetrics(font).horizontalAdvance(text);
}

}  // namespace

Waterfall::Waterfall(QWidget* parent) : QAbstractScrollArea(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("Waterfall"));
  viewport()->setMouseTracking(true);
  viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
  arrange();
  say_current();
}

void Waterfall::show_trace(std::optional<ShownTrace> trace) {
  const bool same = trace_ && trace && trace_->number == trace->number &&
                    trace_->spans.size() == trace->spans.size();
  trace_ = std::move(trace);
  const int before = current();
  hovered_ = -1;
  if (!trace_) {
    selected_ = -1;
  } else if (!same) {
    selected_ = trace_->outside ? static_cast<int>(trace_->outside->span) : 0;
    verticalScrollBar()->setValue(0);
  }
  arrange();
  if (selected_ >= 0 && !same) select(selected_);
  if (current() != before) Q_EMIT current_changed(current());
  say_current();
}

void Waterfall::select(int span) {
  if (span < 0 || static_cast<std::size_t>(span) >= rows_.size()) return;
  const int before = current();
  selected_ = span;
  hovered_ = -1;
  scroll_to_selected();
  viewport()->update();
  say_current();
  if (current() != before) Q_EMIT current_changed(current());
}

void Waterfall::scroll_to_selected() {
  if (selected_ < 0) return;
  const QRect& row = rows_[static_cast<std::size_t>(selected_)].rect;
  QScrollBar* const bar = verticalScrollBar();
  const int height = viewport()->height() - axis_height_;
  if (row.top() < bar->value() || row.height() > height) {
    bar->setValue(row.top());
  } else if (row.bottom() >= bar->value() + height) {
    bar->setValue(row.bottom() + 1 - height);
  }
}

void Waterfall::hover(int span) {
  if (span == hovered_) return;
  const int before = current();
  hovered_ = span;
  viewport()->update();
  if (current() != before) Q_EMIT current_changed(current());
}

void Waterfall::say_current() {
  setAccessibleDescription(selected_ < 0 ? tr("No record is chosen.") : description(selected_));
}

QString Waterfall::description(int span) const {
  if (!trace_ || span < 0 || static_cast<std::size_t>(span) >= trace_->spans.size()) return {};
  const ShownSpan& one = trace_->spans[static_cast<std::size_t>(span)];
  QStringList lines;
  lines +=
      tr("%1 in %2: %3").arg(one.operation, one.layer, one.failed ? failure_text(one) : one.status);
  lines +=
      tr("%1, begins at %2, ends at %3")
          .arg(exact(one.duration_ns), exact(one.start_ns), exact(one.start_ns + one.duration_ns));
  if (one.own_ns != one.duration_ns) {
    lines += tr("%1 of it are its own: no span below it covers them").arg(exact(one.own_ns));
  }
  if (one.error_us != 0) lines += tr("both ends may be off by %1 µs").arg(one.error_us);
  if (one.rank) lines += rank_sentence(*one.rank);
  if (trace_->outside && trace_->outside->span == static_cast<std::size_t>(span)) {
    const OutsideTimes& times = *trace_->outside;
    lines += tr("outside of the span: received in %1, waited %2, answer sent in %3")
                 .arg(exact(times.receive_ns), exact(times.wait_ns), exact(times.send_ns));
  }
  return lines.join(QLatin1Char('\n'));
}

QFont Waterfall::font_of(Role role) const {
  QFont result = font();
  result.setBold(role == Role::strong || role == Role::failure);
  return result;
}

void Waterfall::add_text(const QRect& rect, const QString& whole, Role role,
                         Qt::Alignment alignment, int span) {
  if (whole.isEmpty() || rect.isEmpty()) return;
  const QString text = QFontMetrics(font_of(role)).elidedText(whole, Qt::ElideRight, rect.width());
  texts_.push_back({rect, text, whole, role, alignment, span});
}

// Three columns: what it is, when it was, how long it took.
void Waterfall::arrange() {
  texts_.clear();
  rows_.clear();
  grid_.clear();
  cache_ = QPixmap();
  viewport()->update();
  const QFontMetrics metrics(font_of(Role::strong));
  const int line = metrics.height();
  const int pad = std::max(2, line / 4);
  const int indent = metrics.averageCharWidth() * 2;
  const int width = viewport()->width();
  axis_height_ = trace_ ? line + 2 * pad : 0;
  if (!trace_) {
    verticalScrollBar()->setRange(0, 0);
    return;
  }

  const auto& spans = trace_->spans;
  int names = 0;
  int numbers = 0;
  for (const ShownSpan& span : spans) {
    const int left = static_cast<int>(span.depth) * indent;
    const QString failure = failure_text(span);
    const int below = width_of(font_of(Role::layer), span.layer) +
                      (failure.isEmpty() ? 0 : indent + width_of(font_of(Role::failure), failure));
    names = std::max({names, left + width_of(font_of(Role::strong), span.operation), left + below});
    numbers = std::max({numbers, width_of(font_of(Role::text), numbers_text(span)),
                        span.rank ? width_of(font_of(Role::quiet), rank_text(*span.rank)) : 0});
  }
  // A pixel more for each text: one that just fits must not be elided because of rounding.
  names = std::min(names + 2, width * 35 / 100);
  numbers = std::min(numbers + 1, width * 35 / 100);
  const int bars_left = pad + names + 2 * pad;
  const QRect bars(bars_left, 0, std::max(1, width - bars_left - numbers - 3 * pad), 1);

  double low_ns = 0;
  double high_ns = kLeastRangeNs;
  for (const ShownSpan& span : spans) {
    const auto begin = static_cast<double>(span.start_ns);
    low_ns = std::min(low_ns, begin);
    high_ns = std::max(high_ns, begin + static_cast<double>(span.duration_ns));
  }
  if (trace_->outside) {
    const OutsideTimes& times = *trace_->outside;
    const ShownSpan& span = spans[times.span];
    const auto begin = static_cast<double>(span.start_ns);
    low_ns = std::min(
        low_ns, begin - static_cast<double>(times.wait_ns) - static_cast<double>(times.receive_ns));
    high_ns = std::max(high_ns, begin + static_cast<double>(span.duration_ns) +
                                    static_cast<double>(times.send_ns));
  }
  const auto x = [&](double ns) {
    return bars.left() + static_cast<int>(std::lround((ns - low_ns) / (high_ns - low_ns) *
                                                      (bars.width() - kLeastBar)));
  };
  const auto stretch = [&](double begin_ns, double ns, int top, int height) {
    return QRect(x(begin_ns), top, std::max(kLeastBar, x(begin_ns + ns) - x(begin_ns)), height);
  };
  arrange_axis(bars, low_ns, high_ns);

  int top = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const ShownSpan& span = spans[i];
    const int number = static_cast<int>(i);
    const int left = pad + static_cast<int>(span.depth) * indent;
    const int right = pad + names;
    Row row;
    const auto begin = static_cast<double>(span.start_ns);
    const auto ns = static_cast<double>(span.duration_ns);
    row.bar = stretch(begin, ns, top + pad + line / 2, line);
    add_text(QRect(left, top + pad, right - left, line), span.operation, Role::strong,
             Qt::AlignLeft, number);
    const QString failure = failure_text(span);
    const int layer_width =
        failure.isEmpty()
            ? right - left
            : std::min(width_of(font_of(Role::layer), span.layer) + 1, (right - left) / 2);
    add_text(QRect(left, top + pad + line, layer_width, line), span.layer, Role::layer,
             Qt::AlignLeft, number);
    if (!failure.isEmpty()) {
      const int from = left + layer_width + indent;
      add_text(QRect(from, top + pad + line, right - from, line), failure, Role::failure,
               Qt::AlignLeft, number);
    }
    const QRect first(width - pad - numbers, top + pad, numbers, line);
    add_text(first, numbers_text(span), Role::text, Qt::AlignRight, number);
    if (span.rank) {
      add_text(first.translated(0, line), rank_text(*span.rank), Role::quiet, Qt::AlignRight,
               number);
    }
    int height = 2 * pad + 2 * line;
    if (trace_->outside && trace_->outside->span == i) {
      const OutsideTimes& times = *trace_->outside;
      const auto receive = static_cast<double>(times.receive_ns);
      const auto wait = static_cast<double>(times.wait_ns);
      const int middle = row.bar.top() + row.bar.height() / 4;
      const int half = row.bar.height() / 2;
      row.outside = {
          times.receive_ns == 0 ? QRect() : stretch(begin - wait - receive, receive, middle, half),
          times.wait_ns == 0 ? QRect() : stretch(begin - wait, wait, middle, half),
          times.send_ns == 0
              ? QRect()
              : stretch(begin + ns, static_cast<double>(times.send_ns), middle, half)};
      const QString text = outside_text(times);
      if (!text.isEmpty()) {
        add_text(QRect(left, top + pad + 2 * line, width - pad - left, line), text, Role::quiet,
                 Qt::AlignLeft, number);
        height += line;
      }
    }
    row.rect = QRect(0, top, width, height);
    rows_.push_back(std::move(row));
    top += height;
  }
  QScrollBar* const scroll = verticalScrollBar();
  const int page = viewport()->height() - axis_height_;
  scroll->setRange(0, std::max(0, top - page));
  scroll->setPageStep(std::max(1, page));
  scroll->setSingleStep(line);
}

// As many round ticks as their labels leave room for; each label lies between the ends of the bars.
void Waterfall::arrange_axis(const QRect& bars, double low_ns, double high_ns) {
  const QFont font = font_of(Role::quiet);
  const QFontMetrics metrics(font);
  const int line = metrics.height();
  const int gap = 2 * metrics.averageCharWidth();
  const double most_ns = std::max(high_ns, -low_ns);
  const double range_ns = high_ns - low_ns;
  double step = round_step(range_ns / 8);
  const auto label_width = [&] {
    return std::max(width_of(font, tick_text(high_ns, step, most_ns)),
                    width_of(font, tick_text(low_ns - step, step, most_ns)));
  };
  while (step < range_ns && step / range_ns * bars.width() < label_width() + gap) {
    step = round_step(step * 1.5);
  }
  int free_from = bars.left();
  for (double at = std::ceil(low_ns / step) * step; at <= high_ns * (1 + 1e-9); at += step) {
    const double ns = std::abs(at) < step / 2 ? 0 : at;
    const int x =
        bars.left() +
        static_cast<int>(std::lround((ns - low_ns) / range_ns * (bars.width() - kLeastBar)));
    grid_.push_back(x);
    const QString text = tick_text(ns, step, most_ns);
    const int width = width_of(font, text) + 1;
    const int left =
        std::clamp(x - width / 2, bars.left(), std::max(bars.left(), bars.right() + 1 - width));
    if (left < free_from || width > bars.width()) continue;
    free_from = left + width + gap / 2;
    add_text(QRect(left, line / 4, width, line), text, Role::quiet, Qt::AlignHCenter, -1);
  }
}

QRect Waterfall::in_viewport(const QRect& in_content) const {
  return in_content.translated(0, axis_height_ - verticalScrollBar()->value());
}

QRect Waterfall::bar(int span) const {
  return in_viewport(rows_[static_cast<std::size_t>(span)].bar).translated(viewport()->pos());
}

std::vector<PaintedText> Waterfall::painted_texts() const {
  std::vector<PaintedText> painted;
  const QRect rows(0, axis_height_, viewport()->width(), viewport()->height() - axis_height_);
  for (const Text& text : texts_) {
    const QRect rect = text.span < 0 ? text.rect : in_viewport(text.rect);
    if (text.span >= 0 && !rows.intersects(rect)) continue;
    painted.push_back(
        {rect.translated(viewport()->pos()), text.text, text.whole, font_of(text.role)});
  }
  return painted;
}

QString Waterfall::tip_at(const QPoint& place) const {
  const int span = row_at(place - viewport()->pos());
  QString tip = description(span);
  for (const Text& text : texts_) {
    const bool is_said = text.span != span || text.text == text.whole || tip.contains(text.whole);
    if (!is_said) tip += QLatin1Char('\n') + text.whole;
  }
  return plain_tip(tip);
}

QColor Waterfall::color_of(const Text& text) const {
  switch (text.role) {
    case Role::quiet:
      return theme::ink(theme::Ink::quiet, palette());
    case Role::failure:
      return theme::ink(theme::Ink::bad, palette());
    case Role::layer:
      if (const auto ink = trace_->spans[static_cast<std::size_t>(text.span)].ink) {
        return theme::ink(*ink, palette());
      }
      [[fallthrough]];
    default:
      return palette().color(QPalette::Text);
  }
}

void Waterfall::paint_content(QPainter& painter) {
  const QRect all = viewport()->rect();
  painter.fillRect(all, palette().color(QPalette::Base));
  if (!trace_) return;
  QColor grid = palette().color(QPalette::Text);
  grid.setAlphaF(0.14F);
  painter.setPen(grid);
  for (const int x : grid_) painter.drawLine(x, axis_height_, x, all.bottom());
  painter.drawLine(0, axis_height_ - 1, all.right(), axis_height_ - 1);

  painter.setClipRect(all.adjusted(0, axis_height_, 0, 0));
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (!in_viewport(row.rect).intersects(all)) continue;
    const ShownSpan& span = trace_->spans[i];
    const QColor ink =
        span.ink ? theme::ink(*span.ink, palette()) : palette().color(QPalette::Text);
    painter.fillRect(in_viewport(row.bar), ink);
    if (span.failed) {
      painter.fillRect(in_viewport(row.bar),
                       QBrush(palette().color(QPalette::Base), Qt::BDiagPattern));
    }
    for (std::size_t part = 0; part < row.outside.size(); ++part) {
      if (row.outside[part].isEmpty()) continue;
      const QRect rect = in_viewport(row.outside[part]);
      const QColor quiet = theme::ink(theme::Ink::quiet, palette());
      const bool waited = part == 1;
      if (waited) painter.fillRect(rect, QBrush(quiet, Qt::Dense4Pattern));
      painter.setPen(quiet);
      painter.drawRect(rect.adjusted(0, 0, -1, -1));
    }
  }
  for (const Text& text : texts_) {
    painter.setClipRect(text.span < 0 ? all : all.adjusted(0, axis_height_, 0, 0));
    const QRect rect = text.span < 0 ? text.rect : in_viewport(text.rect);
    if (!rect.intersects(all)) continue;
    painter.setFont(font_of(text.role));
    painter.setPen(color_of(text));
    painter.drawText(rect, static_cast<int>(text.alignment | Qt::AlignVCenter) | Qt::TextSingleLine,
                     text.text);
  }
  painter.setClipping(false);
}

void Waterfall::paintEvent(QPaintEvent*) {
  const qreal ratio = viewport()->devicePixelRatioF();
  const QSize pixels = (QSizeF(viewport()->size()) * ratio).toSize();
  if (cache_.isNull() || cache_.size() != pixels) {
    cache_ = QPixmap(pixels);
    cache_.setDevicePixelRatio(ratio);
    QPainter painter(&cache_);
    paint_content(painter);
  }
  QPainter painter(viewport());
  painter.drawPixmap(0, 0, cache_);
  if (!trace_) {
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(viewport()->rect(), Qt::AlignCenter | Qt::TextWordWrap,
                     tr("No record is chosen."));
    return;
  }
  painter.setClipRect(viewport()->rect().adjusted(0, axis_height_, 0, 0));
  const auto frame = [&](int span, Qt::PenStyle style) {
    const QRect row = in_viewport(rows_[static_cast<std::size_t>(span)].rect);
    painter.setPen(QPen(palette().color(QPalette::Text), 1, style));
    painter.drawRect(row.adjusted(0, 0, -1, -1));
    if (hasFocus() && style == Qt::SolidLine) painter.drawRect(row.adjusted(1, 1, -2, -2));
  };
  if (hovered_ >= 0 && hovered_ != selected_) frame(hovered_, Qt::DotLine);
  if (selected_ >= 0) frame(selected_, Qt::SolidLine);
}

int Waterfall::row_at(const QPoint& in_viewport_place) const {
  if (in_viewport_place.y() < axis_height_ || !viewport()->rect().contains(in_viewport_place)) {
    return -1;
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (in_viewport(rows_[i].rect).contains(in_viewport_place)) return static_cast<int>(i);
  }
  return -1;
}

bool Waterfall::viewportEvent(QEvent* event) {
  switch (event->type()) {
    case QEvent::MouseMove:
      hover(row_at(static_cast<QMouseEvent*>(event)->position().toPoint()));
      break;
    case QEvent::Leave:
      hover(-1);
      break;
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick: {
      const auto* mouse = static_cast<QMouseEvent*>(event);
      const int span = row_at(mouse->position().toPoint());
      if (mouse->button() != Qt::LeftButton || span < 0) break;
      select(span);
      if (event->type() == QEvent::MouseButtonDblClick) Q_EMIT span_activated(span);
      return true;
    }
    case QEvent::MouseButtonRelease:
      return true;
    case QEvent::ToolTip: {
      const auto* help = static_cast<QHelpEvent*>(event);
      const QString tip = tip_at(help->pos() + viewport()->pos());
      if (tip.isEmpty()) {
        QToolTip::hideText();
      } else {
        QToolTip::showText(help->globalPos(), tip, viewport());
      }
      return true;
    }
    default:
      break;
  }
  return QAbstractScrollArea::viewportEvent(event);
}

// The span it lies in (-1), or the first one that lies in it (+1); itself if there is none.
int Waterfall::place_of(int span, int step) const {
  const auto depth = [&](int i) { return trace_->spans[static_cast<std::size_t>(i)].depth; };
  const int count = static_cast<int>(rows_.size());
  if (step > 0) return span + 1 < count && depth(span + 1) > depth(span) ? span + 1 : span;
  for (int outer = span - 1; outer >= 0; --outer) {
    if (depth(outer) < depth(span)) return outer;
  }
  return span;
}

void Waterfall::keyPressEvent(QKeyEvent* event) {
  const int last = static_cast<int>(rows_.size()) - 1;
  if (last < 0) return QAbstractScrollArea::keyPressEvent(event);
  const int row_height = std::max(1, rows_.front().rect.height());
  const int page = std::max(1, (viewport()->height() - axis_height_) / row_height);
  switch (event->key()) {
    case Qt::Key_Up:
      return select(std::max(0, selected_ - 1));
    case Qt::Key_Down:
      return select(std::min(last, selected_ + 1));
    case Qt::Key_PageUp:
      return select(std::max(0, selected_ - page));
    case Qt::Key_PageDown:
      return select(std::min(last, selected_ + page));
    case Qt::Key_Home:
      return select(0);
    case Qt::Key_End:
      return select(last);
    case Qt::Key_Left:
      return select(place_of(selected_, -1));
    case Qt::Key_Right:
      return select(place_of(selected_, 1));
    case Qt::Key_Return:
    case Qt::Key_Enter:
      Q_EMIT span_activated(selected_);
      return;
    default:
      QAbstractScrollArea::keyPressEvent(event);
  }
}

void Waterfall::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  arrange();
  scroll_to_selected();
}

void Waterfall::scrollContentsBy(int, int) {
  cache_ = QPixmap();
  viewport()->update();
}

void Waterfall::changeEvent(QEvent* event) {
  QAbstractScrollArea::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::PaletteChange ||
      event->type() == QEvent::StyleChange) {
    arrange();
  }
}

void Waterfall::focusInEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusInEvent(event);
  viewport()->update();
}

void Waterfall::focusOutEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusOutEvent(event);
  viewport()->update();
}

QSize Waterfall::sizeHint() const {
  const int line = fontMetrics().height();
  return {60 * fontMetrics().averageCharWidth(), 14 * line};
}

QSize Waterfall::minimumSizeHint() const {
  const int line = fontMetrics().height();
  return {30 * fontMetrics().averageCharWidth(), 5 * line};
}

}  // namespace goxel_telemetry::viewer
