// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/selection_bar.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QStyleOptionToolButton>
#include <QStylePainter>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <functional>
#include <initializer_list>
#include <utility>

#include "metrics/text/format.h"
#include "viewer-qt/charts/painted_text.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::size_t kMostStacks = 4;
constexpr std::uint64_t kLengths[] = {60, 300, 900, 3'600, 21'600, 86'400};

QString length_text(std::uint64_t seconds) {
  if (seconds % 3'600 == 0) return SelectionBar::tr("last %1 h").arg(seconds / 3'600);
  if (seconds % 60 == 0) return SelectionBar::tr("last %1 min").arg(seconds / 60);
  return SelectionBar::tr("last %1 s").arg(seconds);
}

QString clock(std::uint64_t realtime_ns) {
  return QString::fromStdString(metrics::format_date_time(realtime_ns));
}

struct Chip {
  QString text;
  std::function<void(Selection&)> take_away;
};

std::vector<Chip> chips_of(const Selection& selection) {
  std::vector<Chip> chips;
  if (selection.range) {
    const QString begin = clock(selection.range->begin_ns);
    QString end = clock(selection.range->end_ns);
    // The day once, if it is the same.
    const qsizetype day = end.indexOf(QLatin1Char(' ')) + 1;
    if (begin.left(day) == end.left(day)) end = end.mid(day);
    chips.push_back(
        {SelectionBar::tr("%1 to %2").arg(begin, end), [](Selection& s) { s.range.reset(); }});
  }
  const auto add = [&](const QString& what, const std::string& name,
                       std::string Selection::*member) {
    if (name.empty()) return;
    chips.push_back({what.arg(shown(name)), [member](Selection& s) { (s.*member).clear(); }});
  };
  add(QStringLiteral("%1"), selection.operation, &Selection::operation);
  add(SelectionBar::tr("stack %1"), selection.stack, &Selection::stack);
  add(SelectionBar::tr("layer %1"), selection.layer, &Selection::layer);
  if (selection.status != StatusChoice::any) {
    chips.push_back({selection.status == StatusChoice::ok ? SelectionBar::tr("only ok")
                                                          : SelectionBar::tr("only not ok"),
                     [](Selection& s) { s.status = StatusChoice::any; }});
  }
  if (selection.durations) {
    const auto text = [](std::uint64_t ns) {
      return QString::fromStdString(metrics::format_duration(static_cast<double>(ns)));
    };
    chips.push_back(
        {SelectionBar::tr("records of %1 to %2")
             .arg(text(selection.durations->low_ns), text(selection.durations->high_ns)),
         [](Selection& s) { s.durations.reset(); }});
  }
  return chips;
}

// For a button, which makes a key of what follows an '&': a name from a client must not get one.
QString without_key(QString text) {
  return text.replace(QLatin1Char('&'), QStringLiteral("&&"));
}

// Elides its text where it has no room; its tool tip has the whole.
class ChipButton : public QToolButton, public PaintsText {
 public:
  explicit ChipButton(const QString& what) : what_(what) {
    setText(without_key(whole()));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  }
  QSize minimumSizeHint() const override {
    const QSize hint = sizeHint();
    return {std::min(hint.width(), fontMetrics().averageCharWidth() * kLeastChars), hint.height()};
  }
  std::vector<PaintedText> painted_texts() const override {
    return {{rect(), elided(), what_, font()}};
  }
  QString whole() const { return what_ + kCross; }
  QString tip_at(const QPoint&) const override { return toolTip(); }

 protected:
  void paintEvent(QPaintEvent*) override {
    QStyleOptionToolButton option;
    initStyleOption(&option);
    option.text = without_key(elided());
    QStylePainter(this).drawComplexControl(QStyle::CC_ToolButton, option);
  }

 private:
  static constexpr int kLeastChars = 12;
  static inline const QString kCross = QStringLiteral("  ✕");

  QString elided() const {
    const int margins = sizeHint().width() - fontMetrics().horizontalAdvance(whole());
    const int room = width() - margins - fontMetrics().horizontalAdvance(kCross);
    return viewer::elided(fontMetrics(), what_, room, Qt::ElideMiddle) + kCross;
  }

  const QString what_;
};

QToolButton* button(const QString& text, const QString& hint) {
  auto* made = new QToolButton;
  made->setText(text);
  made->setToolTip(hint);
  made->setAccessibleName(hint);
  return made;
}

}  // namespace

SelectionBar::SelectionBar(SelectionTrail* trail, QWidget* parent)
    : QWidget(parent),
      trail_(trail),
      back_(button(QStringLiteral("←"), tr("Back (Alt+Left)"))),
      forward_(button(QStringLiteral("→"), tr("Forward (Alt+Right)"))),
      rows_(new QVBoxLayout(this)),
      row_(new QHBoxLayout),
      chip_row_(new QWidget),
      chips_(new QHBoxLayout(chip_row_)),
      hint_(new QLabel),
      stacks_(new QHBoxLayout),
      stack_buttons_(new QButtonGroup(this)),
      status_(new QComboBox),
      length_(new QComboBox),
      pause_(button(tr("Pause"), tr("Stop the charts here; reading goes on (Space)"))) {
  hint_->setMinimumWidth(1);
  hint_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  status_->setAccessibleName(tr("Which requests are counted and listed, by how they ended"));
  status_->setToolTip(status_->accessibleName());
  for (const auto& [status, text] :
       {std::pair(StatusChoice::any, tr("ok or not")), std::pair(StatusChoice::ok, tr("ok")),
        std::pair(StatusChoice::failed, tr("not ok"))}) {
    status_->addItem(text, QVariant::fromValue(status));
  }
  length_->setAccessibleName(tr("How much time is shown"));
  length_->setToolTip(length_->accessibleName());
  for (const std::uint64_t seconds : kLengths) {
    length_->addItem(length_text(seconds), QVariant::fromValue(seconds));
  }
  stacks_->setSpacing(0);
  chips_->setContentsMargins(0, 0, 0, 0);
  chips_->setAlignment(Qt::AlignLeft);
  rows_->setContentsMargins(8, 4, 8, 4);
  rows_->addLayout(row_);
  row_->addWidget(back_);
  row_->addWidget(forward_);
  row_->addWidget(chip_row_);
  row_->addWidget(hint_, 1);
  row_->addLayout(stacks_);
  row_->addWidget(status_);
  row_->addWidget(length_);
  row_->addWidget(pause_);
  connect(back_, &QToolButton::clicked, trail_, &SelectionTrail::go_back);
  connect(forward_, &QToolButton::clicked, trail_, &SelectionTrail::go_forward);
  connect(trail_, &SelectionTrail::changed, this, &SelectionBar::show_selection);
  connect(pause_, &QToolButton::clicked, this, [this] {
    if (trail_->current().is_live()) {
      Q_EMIT pause_wanted();
    } else {
      Q_EMIT live_wanted();
    }
  });
  connect(length_, &QComboBox::activated, this, [this](int index) {
    Q_EMIT live_length_chosen(length_->itemData(index).value<std::uint64_t>() *
                              metrics::kNsPerSecond);
  });
  connect(status_, &QComboBox::activated, this, [this](int index) {
    Selection selection = trail_->current();
    selection.status = status_->itemData(index).value<StatusChoice>();
    trail_->select(std::move(selection));
  });
  connect(stack_buttons_, &QButtonGroup::idClicked, this, [this](int id) {
    Selection selection = trail_->current();
    selection.stack = id == 0 ? std::string() : stack_names_[static_cast<std::size_t>(id - 1)];
    trail_->select(std::move(selection));
  });
  show_selection();
}

void SelectionBar::show_selection() {
  const Selection& selection = trail_->current();
  back_->setEnabled(trail_->can_go_back());
  forward_->setEnabled(trail_->can_go_forward());
  // A chip that was clicked is on the stack of calls: it goes later.
  while (QLayoutItem* item = chips_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();
    delete item;
  }
  for (const Chip& chip : chips_of(selection)) {
    auto* made = new ChipButton(chip.text);
    made->setAccessibleName(tr("Take away: %1").arg(chip.text));
    made->setToolTip(plain_tip(made->accessibleName()));
    chips_->addWidget(made);
    connect(made, &QToolButton::clicked, this, [this, take_away = chip.take_away] {
      Selection wider = trail_->current();
      take_away(wider);
      trail_->select(std::move(wider));
    });
  }
  chip_row_->setVisible(chips_->count() != 0);
  pause_->setText(selection.is_live() ? tr("Pause") : tr("Live"));
  const QString hint = selection.is_live() ? tr("Stop the charts here; reading goes on (Space)")
                                           : tr("Show what happens now (Home)");
  pause_->setToolTip(hint);
  pause_->setAccessibleName(hint);
  status_->setCurrentIndex(status_->findData(QVariant::fromValue(selection.status)));
  length_->setEnabled(selection.is_live());
  show_stack_choice();
}

// Chips have a row of their own where there is little room; the hint goes then.
void SelectionBar::arrange() {
  const int spacing = row_->spacing();
  int others = rows_->contentsMargins().left() + rows_->contentsMargins().right() +
               stacks_->sizeHint().width() + 6 * spacing;
  for (const QWidget* other :
       std::initializer_list<const QWidget*>{back_, forward_, status_, length_, pause_}) {
    others += other->sizeHint().width();
  }
  const int room = width() - others;
  const bool has_chips = chips_->count() != 0;
  const bool apart = has_chips && chips_->sizeHint().width() > room;
  if (apart != (rows_->indexOf(chip_row_) >= 0)) {
    if (apart) {
      row_->removeWidget(chip_row_);
      rows_->addWidget(chip_row_);
    } else {
      rows_->removeWidget(chip_row_);
      row_->insertWidget(2, chip_row_);
    }
  }
  const QString hint = tr("Drag over a chart or click a row to look closer.");
  const bool hints = !has_chips && hint_->fontMetrics().horizontalAdvance(hint) <= room;
  const QString text = hints ? hint : QString();
  if (hint_->text() != text) hint_->setText(text);
}

bool SelectionBar::event(QEvent* event) {
  if (event->type() == QEvent::Resize || event->type() == QEvent::LayoutRequest) arrange();
  return QWidget::event(event);
}

void SelectionBar::show_stack_choice() {
  for (QAbstractButton* each : stack_buttons_->buttons()) {
    const int id = stack_buttons_->id(each);
    const std::string name =
        id == 0 ? std::string() : stack_names_[static_cast<std::size_t>(id - 1)];
    each->setChecked(name == trail_->current().stack);
  }
}

void SelectionBar::show_stacks(const std::vector<std::string>& stacks) {
  std::vector<std::string> names(
      stacks.begin(),
      stacks.begin() + static_cast<std::ptrdiff_t>(std::min(stacks.size(), kMostStacks)));
  if (names == stack_names_) return;
  stack_names_ = std::move(names);
  for (QAbstractButton* each : stack_buttons_->buttons()) delete each;
  if (stack_names_.size() > 1) {
    // The way back to both, id 0, stands last.
    for (std::size_t i = 1; i <= stack_names_.size() + 1; ++i) {
      const std::size_t id = i % (stack_names_.size() + 1);
      const QString text = id == 0 ? (stack_names_.size() == 2 ? tr("both") : tr("all"))
                                   : shown(stack_names_[id - 1]);
      auto* made = button(without_key(text), tr("Stack: %1").arg(text));
      made->setToolTip(plain_tip(made->accessibleName()));
      made->setCheckable(true);
      stack_buttons_->addButton(made, static_cast<int>(id));
      stacks_->addWidget(made);
    }
  }
  show_stack_choice();
}

void SelectionBar::show_live_length(std::uint64_t length_ns) {
  const std::uint64_t seconds = length_ns / metrics::kNsPerSecond;
  int index = length_->findData(QVariant::fromValue(seconds));
  constexpr int kUsual = static_cast<int>(std::size(kLengths));
  if (index < 0 || index >= kUsual) {
    // Another one, as a wheel makes it: it has one place of its own.
    if (length_->count() == kUsual) length_->addItem({});
    length_->setItemText(kUsual, length_text(seconds));
    length_->setItemData(kUsual, QVariant::fromValue(seconds));
    index = kUsual;
  }
  length_->setCurrentIndex(index);
}

QStringList SelectionBar::chips() const {
  QStringList texts;
  for (int i = 0; i < chips_->count(); ++i) {
    texts += static_cast<ChipButton*>(chips_->itemAt(i)->widget())->whole();
  }
  return texts;
}

}  // namespace goxel_telemetry::viewer
