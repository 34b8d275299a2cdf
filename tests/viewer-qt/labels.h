// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: walks all that a window writes, and says what overlaps, is cut, or is elided without a tool tip that has the
// whole. Widgets that paint by themselves list what they write (viewer-qt/charts/painted_text.h).
#pragma once

#include <QAbstractButton>
#include <QAbstractScrollArea>
#include <QApplication>
#include <QComboBox>
#include <QFontMetrics>
#include <QGraphicsTextItem>
#include <QGraphicsView>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QStyleOptionComboBox>
#include <QTabBar>
#include <QTableView>
#include <QTextDocument>
#include <QTranslator>
#include <QTreeView>
#include <string>
#include <vector>

#include "viewer-qt/charts/painted_text.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {

// Words that are 40 % longer than ours, as another language's are. Names and numbers stay as they are.
class LongerWords : public QTranslator {
 public:
  LongerWords() { QCoreApplication::installTranslator(this); }
  ~LongerWords() override { QCoreApplication::removeTranslator(this); }
  QString translate(const char*, const char* source, const char*, int) const override {
    const QString text = QString::fromUtf8(source);
    QString more = text.left((text.size() * 2 + 4) / 5);
    return text + more.replace(QLatin1Char('%'), QLatin1Char('w'));
  }
  bool isEmpty() const override { return false; }
};

class Labels {
 public:
  // The window is shown, and has the size that it shall have.
  explicit Labels(QWidget& window) : window_(window) {
    walk(&window);
    for (QWidget* widget : window.findChildren<QWidget*>()) {
      if (widget->isVisible() && widget->window() == &window) walk(widget);
    }
    find_overlaps();
  }

  // A sentence for each fault.
  const std::vector<std::string>& faults() const { return faults_; }
  std::size_t count() const { return labels_.size(); }
  QStringList texts() const {
    QStringList all;
    for (const Label& label : labels_) all += label.text;
    return all;
  }
  bool has(const QString& text) const {
    for (const Label& label : labels_) {
      if (label.text.contains(text)) return true;
    }
    return false;
  }

 private:
  struct Label {
    QRect rect;  // in the window
    QString text;
  };

  void add(const QWidget* widget, const QRect& rect, const QString& text) {
    if (text.isEmpty()) return;
    const bool scrolls = is_in_scroll_area(widget);
    if (is_cut_at_a_side(widget, rect)) fault(text, "is cut at a side, to which nothing scrolls");
    // What is scrolled out of sight overlaps with nothing.
    const QRect seen = scrolls ? rect & widget->visibleRegion().boundingRect() : rect;
    if (seen.isEmpty() && scrolls) return;
    labels_.push_back({QRect(widget->mapTo(&window_, seen.topLeft()), seen.size()), text});
    if (!scrolls && !window_.rect().contains(labels_.back().rect)) fault(text, "leaves the window");
    if (!scrolls && !widget->visibleRegion().boundingRect().contains(rect)) {
      fault(text, "is covered or cut by what it is in");
    }
  }
  void fault(const QString& text, const std::string& what) {
    faults_.push_back('"' + text.toStdString() + "\" " + what);
  }
  static bool is_cut_at_a_side(const QWidget* widget, const QRect& rect) {
    for (const QWidget* in = widget->parentWidget(); in != nullptr; in = in->parentWidget()) {
      const auto* area = qobject_cast<const QScrollArea*>(in);
      if (area == nullptr || area->horizontalScrollBarPolicy() != Qt::ScrollBarAlwaysOff) continue;
      const int left = widget->mapTo(area, rect.topLeft()).x();
      if (left < 0 || left + rect.width() > area->viewport()->geometry().right() + 1) return true;
    }
    return false;
  }
  // WCAG 2.1, 1.4.3. What is disabled need not be read.
  void compare(const QWidget& widget, const QString& text, const QColor& ink, const QColor& base) {
    if (!widget.isEnabled() || theme::contrast(ink, base) >= 4.5) return;
    fault(text, "has too little contrast: " + ink.name().toStdString() + " on " +
                    base.name().toStdString());
  }
  void compare(const QWidget& widget, const QString& text) {
    const QWidget* behind = &widget;
    while (!behind->autoFillBackground() && !behind->isWindow()) behind = behind->parentWidget();
    compare(widget, text, widget.palette().color(widget.foregroundRole()),
            behind->palette().color(behind->backgroundRole()));
  }
  static bool is_in_scroll_area(const QWidget* widget) {
    for (; widget != nullptr; widget = widget->parentWidget()) {
      if (qobject_cast<const QAbstractScrollArea*>(widget) != nullptr) return true;
    }
    return false;
  }
  // `tip` may be of either kind.
  static bool has_whole(const QString& tip, const QString& whole) {
    QTextDocument plain;
    plain.setHtml(tip);
    return tip.contains(whole) || plain.toPlainText().contains(whole);
  }

  void walk(QWidget* widget) {
    if (const auto* paints = dynamic_cast<const PaintsText*>(widget))
      return walk_painted(*widget, *paints);
    if (const auto* label = qobject_cast<const QLabel*>(widget)) return walk_label(*label);
    if (const auto* box = qobject_cast<const QComboBox*>(widget)) return walk_box(*box);
    if (const auto* header = qobject_cast<const QHeaderView*>(widget)) return walk_header(*header);
    if (const auto* table = qobject_cast<const QTableView*>(widget)) return walk_rows(*table, {});
    if (const auto* tree = qobject_cast<const QTreeView*>(widget)) return walk_rows(*tree, {});
    if (const auto* scene = qobject_cast<const QGraphicsView*>(widget)) return walk_scene(*scene);
    if (const auto* tabs = qobject_cast<const QTabBar*>(widget)) return walk_tabs(*tabs);
    if (const auto* line = qobject_cast<const QLineEdit*>(widget)) return walk_line(*line);
    if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
      if (button->text().isEmpty()) return;
      add(button, button->rect(), button->text());
      if (button->width() < button->minimumSizeHint().width()) fault(button->text(), "is cut");
    }
  }

  void walk_painted(const QWidget& widget, const PaintsText& paints) {
    const auto* area = qobject_cast<const QAbstractScrollArea*>(&widget);
    const QRect all = area != nullptr ? area->viewport()->geometry() : widget.rect();
    for (const PaintedText& one : paints.painted_texts()) {
      if (one.rect.left() < all.left() || one.rect.right() > all.right()) {
        fault(one.text, "leaves its widget");
      }
      // What is scrolled half out is half to be seen.
      if (one.rect.top() < all.top() || one.rect.bottom() > all.bottom()) {
        if (area == nullptr) fault(one.text, "leaves its widget");
        continue;
      }
      add(&widget, one.rect, one.text);
      compare(widget, one.text);
      const QFontMetrics metrics(one.font);
      if (metrics.horizontalAdvance(one.text) > one.rect.width() ||
          metrics.height() > one.rect.height()) {
        fault(one.text, "is cut");
      }
      if (one.text != one.whole && !has_whole(paints.tip_at(one.rect.center()), one.whole)) {
        fault(one.text, "is elided, and no tool tip has the whole");
      }
    }
  }

  void walk_label(const QLabel& label) {
    if (label.text().isEmpty()) return;
    QString text = label.text();
    if (label.textFormat() == Qt::RichText ||
        (label.textFormat() == Qt::AutoText && Qt::mightBeRichText(text))) {
      QTextDocument plain;
      plain.setHtml(text);
      text = plain.toPlainText();
    }
    add(&label, label.contentsRect(), text);
    compare(label, text);
    const int flags = label.wordWrap() ? Qt::TextWordWrap : 0;
    const QRect room(0, 0, label.contentsRect().width(), 1'000'000);
    const QRect needs = QFontMetrics(label.font()).boundingRect(room, flags, text);
    if (needs.width() > room.width() || needs.height() > label.contentsRect().height()) {
      fault(text, "is cut");
    }
  }

  void walk_box(const QComboBox& box) {
    QStyleOptionComboBox option;
    option.initFrom(&box);
    const QRect field = box.style()->subControlRect(QStyle::CC_ComboBox, &option,
                                                    QStyle::SC_ComboBoxEditField, &box);
    add(&box, field, box.currentText());
    if (QFontMetrics(box.font()).horizontalAdvance(box.currentText()) > field.width()) {
      fault(box.currentText(), "is cut");
    }
  }

  // Of a table that can be scrolled, columns that are not all in view are left out.
  void walk_header(const QHeaderView& header) {
    if (header.orientation() != Qt::Horizontal) return;
    for (int section = 0; section < header.count(); ++section) {
      const QRect rect(header.sectionViewportPosition(section), 0, header.sectionSize(section),
                       header.height());
      if (header.isSectionHidden(section) || !header.viewport()->rect().contains(rect)) continue;
      const auto value = [&](int role) {
        return header.model()->headerData(section, Qt::Horizontal, role).toString();
      };
      const QString title = value(Qt::DisplayRole);
      add(header.viewport(), rect, title);
      const int margin = header.style()->pixelMetric(QStyle::PM_HeaderMargin, nullptr, &header);
      const bool fits =
          QFontMetrics(header.font()).horizontalAdvance(title) + 2 * margin <= rect.width();
      if (!fits && !has_whole(value(Qt::ToolTipRole), title)) {
        fault(title, "is elided, and no tool tip has the whole");
      }
      if (QFontMetrics(header.font()).height() > rect.height()) fault(title, "is cut");
    }
  }

  void walk_rows(const QAbstractItemView& view, const QModelIndex& parent) {
    const QAbstractItemModel& model = *view.model();
    for (int row = 0; row < model.rowCount(parent); ++row) {
      for (int column = 0; column < model.columnCount(parent); ++column) {
        const QModelIndex index = model.index(row, column, parent);
        if (column == 0 && model.hasChildren(index)) walk_rows(view, index);
        const QRect rect = view.visualRect(index);
        if (!view.viewport()->rect().contains(rect)) continue;
        const QString text = index.data().toString();
        add(view.viewport(), rect, text);
        if (const QVariant ink = index.data(Qt::ForegroundRole); ink.isValid()) {
          for (const auto role : {QPalette::Base, QPalette::AlternateBase}) {
            compare(view, text, ink.value<QBrush>().color(), view.palette().color(role));
          }
        }
        const QSize needs = view.sizeHintForIndex(index);
        if (needs.height() > rect.height()) fault(text, "is cut");
        if (needs.width() > rect.width() &&
            !has_whole(index.data(Qt::ToolTipRole).toString(), text)) {
          fault(text, "is elided, and no tool tip has the whole");
        }
      }
    }
  }

  // As Qt Charts writes its axes.
  void walk_scene(const QGraphicsView& view) {
    for (const QGraphicsItem* item : view.scene()->items()) {
      const auto* label = qgraphicsitem_cast<const QGraphicsTextItem*>(item);
      if (label == nullptr || !label->isVisible() || label->toPlainText().isEmpty()) continue;
      const qreal margin = label->document()->documentMargin();
      const QRectF bounds = label->boundingRect().adjusted(margin, margin, -margin, -margin);
      const QRect rect = view.mapFromScene(label->mapToScene(bounds)).boundingRect();
      // Digits do not fill their line.
      if (!view.viewport()->rect().contains(rect.adjusted(0, 3, 0, -3))) {
        fault(label->toPlainText(), "leaves its chart");
      }
      add(view.viewport(), rect, label->toPlainText());
      compare(*view.viewport(), label->toPlainText(), label->defaultTextColor(),
              view.palette().color(view.backgroundRole()));
    }
  }

  void walk_tabs(const QTabBar& tabs) {
    for (int i = 0; i < tabs.count(); ++i) {
      if (!tabs.isTabVisible(i)) continue;
      const QRect rect = tabs.tabRect(i);
      add(&tabs, rect, tabs.tabText(i));
      if (tabs.fontMetrics().horizontalAdvance(tabs.tabText(i)) > rect.width() &&
          !has_whole(tabs.tabToolTip(i), tabs.tabText(i))) {
        fault(tabs.tabText(i), "is elided, and no tool tip has the whole");
      }
    }
  }

  void walk_line(const QLineEdit& line) {
    const QString text = line.text().isEmpty() ? line.placeholderText() : line.text();
    add(&line, line.rect(), text);
    const QMargins margins = line.textMargins();
    if (line.fontMetrics().horizontalAdvance(text) >
            line.width() - margins.left() - margins.right() ||
        line.fontMetrics().height() > line.height()) {
      fault(text, "is cut");
    }
  }

  void find_overlaps() {
    for (std::size_t a = 0; a < labels_.size(); ++a) {
      for (std::size_t b = a + 1; b < labels_.size(); ++b) {
        if (!labels_[a].rect.intersects(labels_[b].rect)) continue;
        fault(labels_[a].text, "overlaps with \"" + labels_[b].text.toStdString() + '"');
      }
    }
  }

  QWidget& window_;
  std::vector<Label> labels_;
  std::vector<std::string> faults_;
};

// Saves a picture of the widget in the folder that GOXEL_PICTURES names, to be looked at.
inline void picture(QWidget& widget, const std::string& name) {
  const QString folder = qEnvironmentVariable("GOXEL_PICTURES");
  if (folder.isEmpty()) return;
  widget.grab().save(folder + QLatin1Char('/') + QString::fromStdString(name) +
                     QStringLiteral(".png"));
}

// A palette that is light or dark, whatever the desktop's is.
inline QPalette palette_of(bool dark) {
  const QColor base = dark ? QColor(0x1E, 0x1F, 0x22) : QColor(Qt::white);
  const QColor text = dark ? QColor(0xE6, 0xE6, 0xE6) : QColor(Qt::black);
  QPalette palette(dark ? QColor(0x2B, 0x2D, 0x30) : QColor(0xF0, 0xF0, 0xF0));
  for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText}) {
    palette.setColor(role, text);
  }
  palette.setColor(QPalette::Base, base);
  palette.setColor(QPalette::AlternateBase,
                   dark ? QColor(0x26, 0x28, 0x2C) : QColor(0xF7, 0xF7, 0xF7));
  return palette;
}

}  // namespace goxel_telemetry::viewer
