// SPDX-License-Identifier: GPL-3.0-or-later
// An alert as rows of a file of alerts. What is written is cut to the limits that readers insist on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metrics/alerts/alert.h"
#include "metrics/history/database.h"
#include "metrics/history/rows.h"

namespace goxel_telemetry::metrics {

// Bytes in a file.
inline constexpr std::size_t kMostNameBytes = 1'024;
inline constexpr std::size_t kMostSentenceBytes = 8'192;
// Of one operation.
inline constexpr std::size_t kMostLayerShifts = 16;
inline constexpr std::size_t kMostPhaseShifts = 8;
inline constexpr std::size_t kMostNotLookedAt = 16;

// `text` as it is written: printable, and at most so many bytes.
std::string text_for_file(std::string_view text, std::size_t most);
// What is read. Throws if it is longer than what is written.
std::string text_in(const Statement& row, int column, std::size_t most);
std::uint64_t time_in(const Statement& row, int column);
// SQLite has signed numbers only: the end of time is the largest of them.
std::int64_t time_for_file(std::uint64_t ns);

// The value of an enumeration that has this name, of `count`. Throws if none has.
template <class Value>
Value named_in(const Statement& row, int column, std::size_t count) {
  const std::string name = text_in(row, column, kMostNameBytes);
  for (std::size_t i = 0; i < count; ++i) {
    if (name == to_string(static_cast<Value>(i))) return static_cast<Value>(i);
  }
  throw damaged();
}
// Throws if no name is this one.
AlertChange change_in(const Statement& row, int column);

// In place of the one with its id, of which the judgement stays.
void put_alert(Database& database, const Alert& alert);
void remove_alert(Database& database, const std::string& id);

// Reads alerts, by a statement that selects kAlertColumns.
inline constexpr const char* kAlertColumns =
    "id, rule, instance, subject, level, since_ns, raised_ns, confirmed_ns, updated_ns, ended_ns, "
    "state, summary, advice, "
    "compared_with, course_usual, unit, judgement, judged_ns";

class AlertRows {
 public:
  explicit AlertRows(Database& database);
  Alert read(const Statement& row);

 private:
  void read_operations(Alert& alert);
  void read_layers(const std::string& alert, std::int64_t place, OperationShift& shift);
  void read_phases(const std::string& alert, std::int64_t place, OperationShift& shift);

  Statement operations_;
  Statement layers_;
  Statement phases_;
  Statement facts_;
  Statement not_looked_at_;
  Statement course_;
};

}  // namespace goxel_telemetry::metrics
