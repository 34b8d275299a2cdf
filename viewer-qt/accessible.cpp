// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/accessible.h"

#include <QAccessibleWidget>
#include <QScrollArea>

#include "viewer-qt/charts/cell_chart.h"
#include "viewer-qt/charts/course_chart.h"
#include "viewer-qt/charts/elided_label.h"
#include "viewer-qt/charts/layer_bars.h"
#include "viewer-qt/charts/reading.h"
#include "viewer-qt/charts/time_chart.h"
#include "viewer-qt/charts/time_ruler.h"
#include "viewer-qt/charts/waterfall.h"

namespace goxel_telemetry::viewer {
namespace {

// Named after its text; what has another name is described by its text.
class AccessibleText : public QAccessibleWidget {
 public:
  AccessibleText(QWidget* widget, QString (*said)(const QWidget&))
      : QAccessibleWidget(widget, QAccessible::StaticText), said_(said) {}

  QString text(QAccessible::Text kind) const override {
    const bool has_name = !widget()->accessibleName().isEmpty();
    const auto of_text = has_name ? QAccessible::Description : QAccessible::Name;
    return kind == of_text ? said_(*widget()) : QAccessibleWidget::text(kind);
  }

 private:
  QString (*said_)(const QWidget&);
};

template <typename Label>
QAccessibleInterface* text_of(QObject* object) {
  auto* label = qobject_cast<Label*>(object);
  if (label == nullptr) return nullptr;
  return new AccessibleText(
      label, [](const QWidget& widget) { return static_cast<const Label&>(widget).text(); });
}

template <typename... Widgets>
bool is_any_of(QObject* object) {
  return (... || (qobject_cast<Widgets*>(object) != nullptr));
}

QAccessibleInterface* interface_of(const QString&, QObject* object) {
  if (auto* text = text_of<ElidedLabel>(object)) return text;
  if (auto* text = text_of<Reading>(object)) return text;
  if (is_any_of<TimeChart, TimeRuler, CellChart, CourseChart, LayerBars, Waterfall>(object)) {
    return new QAccessibleWidget(static_cast<QWidget*>(object), QAccessible::Chart);
  }
  // Qt gives it no role, though it takes the focus.
  if (is_any_of<QScrollArea>(object)) {
    return new QAccessibleWidget(static_cast<QWidget*>(object), QAccessible::Grouping);
  }
  return nullptr;
}

}  // namespace

void tell_screen_readers() {
  QAccessible::installFactory(interface_of);
}

}  // namespace goxel_telemetry::viewer
