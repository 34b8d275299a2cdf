// SPDX-License-Identifier: GPL-3.0-or-later
// What is selected, as chips that can be taken away, with the way back and forth, the choices of stack and status, and
// how much time is shown.
#pragma once

#include <QList>
#include <QWidget>

#include "viewer-qt/selection.h"

class QButtonGroup;
class QComboBox;
class QHBoxLayout;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace goxel_telemetry::viewer {

class SelectionBar : public QWidget {
  Q_OBJECT
 public:
  // `trail` outlives the bar.
  explicit SelectionBar(SelectionTrail* trail, QWidget* parent = nullptr);

  // The names of the stacks that were seen.
  void show_stacks(const std::vector<std::string>& stacks);
  void show_live_length(std::uint64_t length_ns);
  // The chips' texts; for tests.
  QStringList chips() const;

 Q_SIGNALS:
  void live_length_chosen(std::uint64_t length_ns);
  void pause_wanted();
  void live_wanted();

 protected:
  bool event(QEvent* event) override;

 private:
  void show_selection();
  void arrange();
  void show_stack_choice();

  SelectionTrail* trail_;
  QToolButton* back_;
  QToolButton* forward_;
  QVBoxLayout* rows_;
  QHBoxLayout* row_;
  QWidget* chip_row_;
  QHBoxLayout* chips_;
  QLabel* hint_;
  QHBoxLayout* stacks_;
  QButtonGroup* stack_buttons_;
  std::vector<std::string> stack_names_;
  QComboBox* status_;
  QComboBox* length_;
  QToolButton* pause_;
};

}  // namespace goxel_telemetry::viewer
