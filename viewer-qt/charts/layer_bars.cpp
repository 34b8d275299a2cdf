// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/layer_bars.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kBetween = 10;

QFont bold(QFont font) {
  font.setBold(true);
  return font;
}

QString duration(double ns) {
  return QString::fromStdString(metrics::format_duration(ns));
}

theme::Ink ink_of(const std::string& layer) {
  switch (metrics::layer_named(layer).value_or(metrics::Layer::daemon)) {
    case metrics::Layer::mcp_client:
      return theme::Ink::mcp_client;
    case metrics::Layer::mcp_server:
      return theme::Ink::mcp_server;
    case metrics::Layer::ts_client:
      return theme::Ink::ts_client;
    case metrics::Layer::daemon:
      break;
  }
  return theme::Ink::daemon;
}

}  // namespace

LayerBars::LayerBars(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("Where the time goes"));
  make_lines();
}

void LayerBars::show_layers(std::shared_ptr<const metrics::LayersView> layers,
                            metrics::Window window, const std::string& stack) {
  if (layers == layers_ && window == window_ && stack == stack_) return;
  layers_ = std::move(layers);
  window_ = window;
  stack_ = stack;
  make_lines();
}

void LayerBars::make_lines() {
  QList<Line> lines;
  double longest = 1;
  if (layers_ != nullptr) {
    for (const metrics::StackView& stack : layers_->stacks) {
      const metrics::StackWindow& seen = stack.window(window_);
      longest = std::max(
          {longest, static_cast<double>(seen.breakdown.mean_ns), seen.outermost.latency.mean_ns});
    }
    for (const metrics::StackView& stack : layers_->stacks) {
      if (!stack_.empty() && stack.stack != stack_) continue;
      const metrics::StackWindow& seen = stack.window(window_);
      if (seen.outermost.latency.count == 0) continue;
      const metrics::Breakdown& breakdown = seen.breakdown;
      const bool has_hops = breakdown.source != metrics::BreakdownSource::none;
      const double mean =
          has_hops ? static_cast<double>(breakdown.mean_ns) : seen.outermost.latency.mean_ns;
      const std::uint64_t count = has_hops ? breakdown.operations : seen.outermost.latency.count;
      const QString requests = QString::fromStdString(metrics::format_count(count));
      lines.append({shown(stack.stack), tr("%1 on average").arg(duration(mean)),
                    has_hops && breakdown.source == metrics::BreakdownSource::by_subtraction
                        ? tr("Means of %1 operations; layers are subtracted, because requests have "
                             "no trace ids")
                              .arg(requests)
                        : tr("Mean of %1 operations").arg(requests),
                    0, 0, QColor(), true});
      if (!has_hops) {
        // Only one layer reports: what it sees is all there is.
        const std::string layer = seen.layers.empty() ? "daemon" : seen.layers.front();
        lines.append({shown(layer), duration(mean), tr("No other layer of this stack reports"), 0,
                      mean / longest, theme::ink(ink_of(layer), palette()), false});
        continue;
      }
      double at = 0;
      for (const metrics::Hop& hop : breakdown.hops) {
        const double cost = std::max(0.0, static_cast<double>(hop.mean_ns));
        QString hint = shown(hop.name);
        if (hop.cost) {
          hint += tr(": p50 %1, p99 %2, of %3 operations")
                      .arg(duration(static_cast<double>(hop.cost->p50_ns)),
                           duration(static_cast<double>(hop.cost->p99_ns)),
                           QString::fromStdString(metrics::format_count(hop.cost->count)));
        }
        lines.append({shown(hop.name),
                      duration(static_cast<double>(hop.mean_ns)) + QStringLiteral("  ") +
                          QString::fromStdString(metrics::format_percent(hop.share)),
                      hint, at / longest, cost / longest, theme::ink(ink_of(hop.outer), palette()),
                      false});
        at += cost;
      }
    }
  }
  if (lines.isEmpty()) {
    lines.append({tr("Nothing was answered in this time."), {}, {}, 0, 0, QColor(), false});
  }
  if (lines == lines_) return;
  const bool same_height = lines.size() == lines_.size();
  lines_ = std::move(lines);
  QStringList words;
  for (const Line& line : lines_) words += line.name + QLatin1Char(' ') + line.value;
  setAccessibleDescription(words.join(QStringLiteral(", ")));
  if (!same_height) updateGeometry();
  update();
}

QSize LayerBars::sizeHint() const {
  return {fontMetrics().averageCharWidth() * 52, row_height() * static_cast<int>(lines_.size())};
}

QSize LayerBars::minimumSizeHint() const {
  return {fontMetrics().averageCharWidth() * 30, sizeHint().height()};
}

int LayerBars::value_width() const {
  int width = 0;
  for (const Line& line : lines_) {
    if (!line.is_heading) width = std::max(width, fontMetrics().horizontalAdvance(line.value));
  }
  return width;
}

int LayerBars::name_width() const {
  int width = 0;
  for (const Line& line : lines_) {
    if (line.is_heading || line.value.isEmpty()) continue;
    width = std::max(width, fontMetrics().horizontalAdvance(line.name));
  }
  // A quarter for the bars, and two fifths for names even if values need the rest.
  const int all = this->width();
  return std::min(width, std::max(all * 2 / 5, all * 3 / 4 - value_width() - 2 * kBetween));
}

std::vector<PaintedText> LayerBars::painted_texts() const {
  std::vector<PaintedText> texts;
  int y = 0;
  for (const Line& line : lines_) {
    const QFont font = line.is_heading ? bold(this->font()) : this->font();
    const QFontMetrics metrics(font);
    const int right = line.is_heading ? metrics.horizontalAdvance(line.value) : value_width();
    const bool has_bar = !line.is_heading && !line.value.isEmpty();
    const int left = has_bar ? name_width() : width() - (right == 0 ? 0 : right + kBetween);
    texts.push_back(
        {QRect(0, y, left, row_height()), elided(metrics, line.name, left), line.name, font});
    if (!line.value.isEmpty()) {
      texts.push_back(
          {QRect(width() - right, y, right, row_height()), line.value, line.value, font});
    }
    y += row_height();
  }
  return texts;
}

void LayerBars::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(palette().color(QPalette::WindowText));
  for (const PaintedText& text : painted_texts()) {
    painter.setFont(text.font);
    const bool is_name = text.rect.left() == 0;
    const Qt::Alignment beside = is_name ? Qt::AlignLeft : Qt::AlignRight;
    painter.drawText(text.rect, static_cast<int>(beside | Qt::AlignVCenter), text.text);
  }
  const int bar_left = name_width() + kBetween;
  const int bar_width = std::max(width() - bar_left - kBetween - value_width(), 0);
  int y = 0;
  for (const Line& line : lines_) {
    if (line.color.isValid()) {
      painter.fillRect(QRectF(bar_left + line.begin * bar_width, y + 3,
                              std::max(line.length * bar_width, 1.0), row_height() - 6),
                       line.color);
    }
    y += row_height();
  }
}

QString LayerBars::tip_at(const QPoint& place) const {
  const int row = place.y() / row_height();
  if (row < 0 || row >= lines_.size()) return {};
  const Line& line = lines_[row];
  if (line.hint.isEmpty()) return plain_tip(line.name);
  const bool is_said = line.hint.contains(line.name);
  return plain_tip(is_said ? line.hint : line.name + QStringLiteral(": ") + line.hint);
}

bool LayerBars::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QString tip = tip_at(help->pos());
  if (tip.isEmpty()) {
    QToolTip::hideText();
  } else {
    QToolTip::showText(help->globalPos(), tip, this);
  }
  return true;
}

void LayerBars::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) make_lines();
  QWidget::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
