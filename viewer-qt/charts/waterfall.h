// SPDX-License-Identifier: GPL-3.0-or-later
// The spans of one operation, one below the other: each at its time, with its layer, its duration and its rank.
#pragma once

#include <QAbstractScrollArea>
#include <QPixmap>
#include <optional>
#include <vector>

#include "viewer-qt/charts/painted_text.h"
#include "viewer-qt/models/records.h"

namespace goxel_telemetry::viewer {

class Waterfall : public QAbstractScrollArea, public PaintsText {
  Q_OBJECT
 public:
  explicit Waterfall(QWidget* parent = nullptr);

  // None: it says that no record was chosen. A trace of the same record as before leaves the selected span selected.
  void show_trace(std::optional<ShownTrace> trace);
  const std::optional<ShownTrace>& trace() const { return trace_; }

  // The span under the mouse, else the one that was selected; -1 while there is none.
  int current() const { return hovered_ >= 0 ? hovered_ : selected_; }
  int selected() const { return selected_; }
  void select(int span);
  // All of a span's values, exact. Plain text, several lines.
  QString description(int span) const;

  // In the coordinates of this widget.
  QRect bar(int span) const;
  std::vector<PaintedText> painted_texts() const override;
  QString tip_at(const QPoint& place) const override;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void current_changed(int span);
  void span_activated(int span);  // by Enter or a double click

 protected:
  bool viewportEvent(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void keyPressEvent(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  enum class Role { text, strong, quiet, layer, failure };
  // Texts and rows have their places in the content, which begins below the axis and is scrolled; the axis's have theirs
  // in the viewport.
  struct Text {
    QRect rect;
    QString text;
    QString whole;
    Role role;
    Qt::Alignment alignment;
    int span;  // -1: of the axis
  };
  struct Row {
    QRect rect;
    QRect bar;
    std::vector<QRect> outside;  // received, waited, sent; empty ones are not drawn
  };

  void arrange();
  void arrange_axis(const QRect& bars, double low_ns, double high_ns);
  void add_text(const QRect& rect, const QString& whole, Role role, Qt::Alignment alignment,
                int span);
  QFont font_of(Role role) const;
  QColor color_of(const Text& text) const;
  void paint_content(QPainter& painter);
  int row_at(const QPoint& in_viewport) const;
  int place_of(int span, int step) const;
  void hover(int span);
  void scroll_to_selected();
  void say_current();
  QRect in_viewport(const QRect& in_content) const;

  std::optional<ShownTrace> trace_;
  std::vector<Text> texts_;
  std::vector<Row> rows_;
  std::vector<int> grid_;  // in the viewport
  int axis_height_ = 0;
  int selected_ = -1;
  int hovered_ = -1;
  QPixmap cache_;  // null: to be painted anew
};

}  // namespace goxel_telemetry::viewer
