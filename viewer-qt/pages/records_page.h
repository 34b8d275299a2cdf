// SPDX-License-Identifier: GPL-3.0-or-later
// The records of the selection, and the trace of the one that is chosen.
#pragma once

#include <QWidget>
#include <cstdint>
#include <optional>

#include "viewer-qt/models/records.h"

class QComboBox;
class QLabel;
class QSplitter;
class QTableView;

namespace goxel_telemetry::viewer {

class RecordsModel;
class Waterfall;

class RecordsPage : public QWidget {
  Q_OBJECT
 public:
  explicit RecordsPage(QWidget* parent = nullptr);

  using QWidget::show;

  // The number of the record that is chosen.
  std::optional<std::uint64_t> chosen() const { return chosen_; }

  // The answer to a new question chooses its first record; the same question's keeps what was chosen.
  void show(const RecordList& list);
  // Of the chosen record; another one's comes too late and is ignored.
  void show_trace(const ShownTrace& trace);

 Q_SIGNALS:
  // Its trace is asked for. Until that comes, the page shows what the record itself knows.
  void record_chosen(const metrics::FoundRecord& record);
  // By a double click or Enter, in the table or in the waterfall. A span's key has no protocol.
  void operation_chosen(const metrics::OperationKey& key);
  void order_chosen(metrics::RecordQuery::Order order);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  class Details;

  void choose_row(int row);
  void describe_span(int span);
  void fit_details();
  void fit_columns();
  void fit_panes();

  RecordsModel* const model_;
  QLabel* const sentence_;
  QComboBox* const order_;
  QSplitter* const panes_;
  QTableView* const table_;
  QLabel* const title_;
  QLabel* const note_;
  Waterfall* const waterfall_;
  QLabel* const values_;
  Details* const details_;  // has it in it
  std::optional<std::uint64_t> chosen_;
  bool is_fitted_ = false;  // from then on the user moves what is between the panes
  bool showing_ = false;    // what changes now, the page changes itself
};

}  // namespace goxel_telemetry::viewer
