// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "metrics/history/rows.h"
#include "metrics/text/printable.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::array kEvidenceTables = {"operation", "layer",         "phase",
                                        "fact",      "not_looked_at", "course"};

// The first of a list, as many as may be in a file.
template <class List>
auto first_of(const List& list, std::size_t most) {
  return std::span(list).first(std::min(list.size(), most));
}

std::string name_for_file(std::string_view text) {
  return text_for_file(text, kMostNameBytes);
}
std::string name_in(const Statement& row, int column) {
  return text_in(row, column, kMostNameBytes);
}

// To SQLite, what is no number is no value.
double real_for_file(double value) {
  return std::isnan(value) ? 0 : value;
}

// What is not known of a shift: no ratio of times or shares, which are above zero, is 0.
double ratio_in(const Statement& row, int column) {
  const double ratio = row.real(column);
  return ratio == 0 ? std::nan("") : ratio;
}

// A gap in a course, whose values are not below zero: the column has a number everywhere.
constexpr double kGap = -1;

void remove_evidence(Database& database, const std::string& id) {
  for (const char* const table : kEvidenceTables) {
    database.prepare(("DELETE FROM " + std::string(table) + " WHERE alert = ?").c_str())
        .bind(1, id)
        .run();
  }
}

// Parts of the shift of one operation, by what has them.
template <class Parts, class Part>
void put_parts(Statement& statement, const std::string& id, std::int64_t operation,
               const Parts& parts, std::string Part::*name) {
  std::int64_t place = 0;
  for (const Part& one : parts) {
    statement.reset().bind(1, id).bind(2, operation).bind(3, place++);
    statement.bind(4, name_for_file(one.*name));
    statement.bind_real(5, real_for_file(one.shift_ns)).bind_real(6, real_for_file(one.share));
    statement.run();
  }
}

void put_operations(Database& database, const std::string& id, const AlertEvidence& evidence) {
  Statement operation =
      database.prepare("INSERT INTO operation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Statement layer = database.prepare("INSERT INTO layer VALUES (?, ?, ?, ?, ?, ?)");
  Statement phase = database.prepare("INSERT INTO phase VALUES (?, ?, ?, ?, ?, ?)");
  std::int64_t place = 0;
  for (const OperationShift& shift : first_of(evidence.operations, kMostShifts)) {
    operation.reset().bind(1, id).bind(2, place);
    operation.bind(3, name_for_file(shift.key.stack)).bind(4, name_for_file(shift.key.protocol));
    operation.bind(5, name_for_file(shift.key.layer)).bind(6, name_for_file(shift.key.operation));
    operation.bind(7, std::string_view(to_string(shift.channel)));
    operation.bind_real(8, real_for_file(shift.ratio)).bind_real(9, real_for_file(shift.ratio_low));
    operation.bind_real(10, real_for_file(shift.ratio_high));
    operation.bind_real(11, real_for_file(shift.before)).bind_real(12, real_for_file(shift.after));
    operation.bind(13, time_for_file(shift.count_before))
        .bind(14, time_for_file(shift.count_after));
    operation.run();
    put_parts(layer, id, place, first_of(shift.layers, kMostLayerShifts), &LayerShift::layer);
    put_parts(phase, id, place, first_of(shift.phases, kMostPhaseShifts), &PhaseShift::phase);
    ++place;
  }
}

void put_evidence(Database& database, const std::string& id, const AlertEvidence& evidence) {
  put_operations(database, id, evidence);
  Statement fact = database.prepare("INSERT INTO fact VALUES (?, ?, ?, ?)");
  std::int64_t place = 0;
  for (const AlertFact& one : first_of(evidence.facts, kMostFacts)) {
    fact.reset().bind(1, id).bind(2, place++).bind(3, name_for_file(one.name));
    fact.bind(4, text_for_file(one.value, kMostSentenceBytes)).run();
  }
  Statement not_looked_at = database.prepare("INSERT INTO not_looked_at VALUES (?, ?, ?)");
  place = 0;
  for (const std::string& why : first_of(evidence.not_looked_at, kMostNotLookedAt)) {
    not_looked_at.reset().bind(1, id).bind(2, place++);
    not_looked_at.bind(3, text_for_file(why, kMostSentenceBytes)).run();
  }
  Statement course = database.prepare("INSERT INTO course VALUES (?, ?, ?)");
  place = 0;
  const std::size_t newest = std::min(evidence.course.size(), kMostCourse);
  for (const double value : std::span(evidence.course).last(newest)) {
    course.reset().bind(1, id).bind(2, place++).bind_real(3, value >= 0 ? value : kGap).run();
  }
}

}  // namespace

std::string text_for_file(std::string_view text, std::size_t most) {
  std::string out = printable(text);
  if (out.size() <= most) return out;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0u) == 0x80u) --end;
  out.resize(end);
  return out;
}

std::string text_in(const Statement& row, int column, std::size_t most) {
  const std::string text = row.text(column);
  if (text.size() > most) throw damaged();
  return printable(text);
}

std::uint64_t time_in(const Statement& row, int column) {
  const std::int64_t ns = row.number(column);
  if (ns < 0) throw damaged();
  return to_unsigned(ns);
}

std::int64_t time_for_file(std::uint64_t ns) {
  return to_signed(std::min<std::uint64_t>(ns, INT64_MAX));
}

AlertChange change_in(const Statement& row, int column) {
  return named_in<AlertChange>(row, column, 4);
}

void remove_alert(Database& database, const std::string& id) {
  remove_evidence(database, id);
  database.prepare("DELETE FROM message WHERE alert = ?").bind(1, id).run();
  database.prepare("DELETE FROM thread WHERE alert = ?").bind(1, id).run();
  database.prepare("DELETE FROM alert WHERE id = ?").bind(1, id).run();
}

void put_alert(Database& database, const Alert& alert) {
  const std::string id = name_for_file(alert.id);
  remove_evidence(database, id);
  Statement put = database.prepare(
      ("INSERT INTO alert (" + std::string(kAlertColumns) +
       ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
       " ON CONFLICT (id) DO UPDATE SET rule = excluded.rule, instance = excluded.instance,"
       " subject = excluded.subject, level = excluded.level, since_ns = excluded.since_ns,"
       " raised_ns = excluded.raised_ns, confirmed_ns = excluded.confirmed_ns,"
       " updated_ns = excluded.updated_ns, ended_ns = excluded.ended_ns, state = excluded.state,"
       " summary = excluded.summary, advice = excluded.advice,"
       " compared_with = excluded.compared_with, course_usual = excluded.course_usual,"
       " unit = excluded.unit")
          .c_str());
  put.bind(1, id).bind(2, std::string_view(to_string(alert.rule)));
  put.bind(3, name_for_file(alert.instance)).bind(4, name_for_file(alert.subject));
  put.bind(5, std::string_view(to_string(alert.level)));
  put.bind(6, time_for_file(alert.since_ns)).bind(7, time_for_file(alert.raised_ns));
  put.bind(8, time_for_file(alert.confirmed_ns)).bind(9, time_for_file(alert.updated_ns));
  put.bind(10, time_for_file(alert.ended_ns));
  put.bind(11, std::string_view(to_string(alert.end)));
  put.bind(12, text_for_file(alert.summary, kMostSentenceBytes));
  put.bind(13, text_for_file(alert.advice, kMostSentenceBytes));
  put.bind(14, text_for_file(alert.evidence.compared_with, kMostSentenceBytes));
  put.bind_real(15, real_for_file(alert.evidence.course_usual))
      .bind(16, name_for_file(alert.evidence.unit));
  put.bind(17, std::string_view(to_string(alert.judgement)));
  put.bind(18, time_for_file(alert.judged_ns)).run();
  put_evidence(database, id, alert.evidence);
}

AlertRows::AlertRows(Database& database)
    : operations_(database.prepare(
          "SELECT place, stack, protocol, layer, operation, channel, ratio, ratio_low, ratio_high,"
          " value_before, value_after, count_before, count_after FROM operation"
          " WHERE alert = ? ORDER BY place")),
      layers_(database.prepare("SELECT layer, shift_ns, share FROM layer"
                               " WHERE alert = ? AND operation = ? ORDER BY place")),
      phases_(database.prepare("SELECT phase, shift_ns, share FROM phase"
                               " WHERE alert = ? AND operation = ? ORDER BY place")),
      facts_(database.prepare("SELECT name, value FROM fact WHERE alert = ? ORDER BY place")),
      not_looked_at_(
          database.prepare("SELECT why FROM not_looked_at WHERE alert = ? ORDER BY place")),
      course_(database.prepare("SELECT value FROM course WHERE alert = ? ORDER BY place")) {}

Alert AlertRows::read(const Statement& row) {
  Alert alert;
  alert.id = name_in(row, 0);
  if (alert.id != row.text(0)) throw damaged();
  alert.rule = named_in<AlertRule>(row, 1, kAlertRuleCount);
  alert.instance = name_in(row, 2);
  alert.subject = name_in(row, 3);
  alert.level = named_in<AlertLevel>(row, 4, 2);
  alert.since_ns = time_in(row, 5);
  alert.raised_ns = time_in(row, 6);
  alert.confirmed_ns = time_in(row, 7);
  alert.updated_ns = time_in(row, 8);
  alert.ended_ns = time_in(row, 9);
  alert.end = named_in<AlertEnd>(row, 10, 4);
  alert.summary = text_in(row, 11, kMostSentenceBytes);
  alert.advice = text_in(row, 12, kMostSentenceBytes);
  alert.evidence.compared_with = text_in(row, 13, kMostSentenceBytes);
  alert.evidence.course_usual = row.real(14);
  alert.evidence.unit = name_in(row, 15);
  alert.judgement = named_in<Judgement>(row, 16, 4);
  alert.judged_ns = time_in(row, 17);
  read_operations(alert);

  for (facts_.reset().bind(1, alert.id); facts_.step();) {
    if (alert.evidence.facts.size() == kMostFacts) throw damaged();
    alert.evidence.facts.push_back({name_in(facts_, 0), text_in(facts_, 1, kMostSentenceBytes)});
  }
  for (not_looked_at_.reset().bind(1, alert.id); not_looked_at_.step();) {
    if (alert.evidence.not_looked_at.size() == kMostNotLookedAt) throw damaged();
    alert.evidence.not_looked_at.push_back(text_in(not_looked_at_, 0, kMostSentenceBytes));
  }
  for (course_.reset().bind(1, alert.id); course_.step();) {
    if (alert.evidence.course.size() == kMostCourse) throw damaged();
    const double value = course_.real(0);
    alert.evidence.course.push_back(value < 0 ? std::nan("") : value);
  }
  return alert;
}

void AlertRows::read_operations(Alert& alert) {
  for (operations_.reset().bind(1, alert.id); operations_.step();) {
    if (alert.evidence.operations.size() == kMostShifts) throw damaged();
    OperationShift& shift = alert.evidence.operations.emplace_back();
    shift.key = {name_in(operations_, 1), name_in(operations_, 2), name_in(operations_, 3),
                 name_in(operations_, 4)};
    shift.channel = named_in<OperationShift::Channel>(operations_, 5, 3);
    shift.ratio = ratio_in(operations_, 6);
    shift.ratio_low = ratio_in(operations_, 7);
    shift.ratio_high = ratio_in(operations_, 8);
    shift.before = operations_.real(9);
    shift.after = operations_.real(10);
    shift.count_before = time_in(operations_, 11);
    shift.count_after = time_in(operations_, 12);
    read_layers(alert.id, operations_.number(0), shift);
    read_phases(alert.id, operations_.number(0), shift);
  }
}

void AlertRows::read_layers(const std::string& alert, std::int64_t place, OperationShift& shift) {
  for (layers_.reset().bind(1, alert).bind(2, place); layers_.step();) {
    if (shift.layers.size() == kMostLayerShifts) throw damaged();
    shift.layers.push_back({name_in(layers_, 0), layers_.real(1), layers_.real(2)});
  }
}

void AlertRows::read_phases(const std::string& alert, std::int64_t place, OperationShift& shift) {
  for (phases_.reset().bind(1, alert).bind(2, place); phases_.step();) {
    if (shift.phases.size() == kMostPhaseShifts) throw damaged();
    shift.phases.push_back({name_in(phases_, 0), phases_.real(1), phases_.real(2)});
  }
}

}  // namespace goxel_telemetry::metrics
