// SPDX-License-Identifier: GPL-3.0-or-later
// An alert: something about a daemon that somebody should do something about, from the moment when it was raised until it
// ended. A value, complete in itself: every screen, answer and message is made of it alone. Texts are printable UTF-8.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/operation_key.h"

namespace goxel_telemetry::metrics {

// What an alert is about; its name, as in configuration, silences, answers and Prometheus' labels, is to_string().
enum class AlertRule : std::uint8_t {
  slower,              // operations take longer than they did: metrics/regression
  failing,             // operations fail more often than they did: metrics/regression
  slower_than_pinned,  // … than in the pinned session
  daemon_gone,
  daemon_restarted,
  daemon_silent,  // its process is there and gives no sign of life
  request_stuck,
  requests_unanswered,
  target_missed,
  workers_saturated,
  queue_growing,
  connections_leaking,
  descriptors_leaking,
  records_lost,
  data_stale,  // the bridge does not come to read what is written
  observer_expensive,
  history_failing,
  disk_full,  // that of the history, or of the alerts
};
inline constexpr std::size_t kAlertRuleCount = 18;
const char* to_string(AlertRule rule);  // "slower", "daemon_gone", …
std::optional<AlertRule> alert_rule_named(std::string_view name);

// A warning may be wrong now and then; what is confirmed may wake somebody.
enum class AlertLevel : std::uint8_t { warning, confirmed };
const char* to_string(AlertLevel level);

enum class AlertEnd : std::uint8_t {
  active,       // it has not ended
  resolved,     // what it says is no longer so
  new_level,    // it has been so for so long that it is the new usual
  not_watched,  // nobody can know any more: the bridge ended, or no longer watches the instance
};
const char* to_string(AlertEnd end);

// What a person has said of an alert.
enum class Judgement : std::uint8_t { none, right, wrong, known };  // "", "true", "false", "known"
const char* to_string(Judgement judgement);
std::optional<Judgement> judgement_named(std::string_view name);

// A part of a shift, by where the time goes: positive if it takes longer.
struct LayerShift {
  std::string
      layer;  // "daemon", "mcp-server", …: the time in this layer, less that in the next inner one
  double shift_ns = 0;  // of the mean
  double share = 0;     // of the sum of all layers' shifts
};

// The same inside the daemon: receiving the request, waiting in the queue, working on it (what its latency is), sending the answer.
struct PhaseShift {
  std::string phase;    // "receiving", "waiting", "working", "sending"
  double shift_ns = 0;  // of the mean
  double share = 0;     // of the sum of all phases' shifts
};

// How one operation (or all of them: `key.operation` is empty) differs from its reference.
struct OperationShift {
  enum class Channel : std::uint8_t { centre, tail, errors };

  OperationKey key;
  Channel channel = Channel::centre;
  // Of what follows: after ÷ before, and its 95 % interval. NaN: not known, because there was nothing before, or too little that one
  // could tell how far from it the truth may be on that side.
  double ratio = 1;
  double ratio_low = 1;
  double ratio_high = 1;
  // Medians (centre), 99th percentiles (tail), in nanoseconds, or shares of failed requests, 0 to 1 (errors).
  double before = 0;
  double after = 0;
  std::uint64_t count_before = 0;  // requests
  std::uint64_t count_after = 0;
  std::vector<LayerShift> layers;       // that which took most first; empty: not known
  std::vector<PhaseShift> phases = {};  // of what the daemon reports; as above
};
const char* to_string(OperationShift::Channel channel);  // "centre", "tail", "errors"

// Something else that speaks for it, for people: "queue depth", "14, 12 at least for 60 s".
struct AlertFact {
  std::string name;
  std::string value;
};

struct AlertEvidence {
  std::vector<OperationShift> operations;  // the greatest loss of time first
  std::string compared_with;  // for people; empty: with a limit, which is among the facts
  std::vector<std::string> not_looked_at;  // why this may not be all
  std::vector<AlertFact> facts;
  // Of what the alert is about, one value every tick (of slower_than_pinned: every 15 s), the newest last (NaN: a gap), for a small
  // chart; empty: none. In `unit`.
  std::vector<double> course;
  double course_usual = 0;
  std::string unit;
};
inline constexpr std::size_t kMostShifts = 16;  // in the evidence of one alert
inline constexpr std::size_t kMostFacts = 32;
inline constexpr std::size_t kMostCourse = 120;

// Points in time are CLOCK_REALTIME nanoseconds; 0: not yet.
struct Alert {
  // Unique, printable, without spaces: what people type. Made by the book of alerts.
  std::string id;
  AlertRule rule = AlertRule::slower;
  std::string instance;  // empty: of the bridge itself
  // What of the instance, if a rule can be true of several things at once: an operation, say.
  std::string subject;
  AlertLevel level = AlertLevel::warning;
  std::uint64_t since_ns = 0;  // when it began, as far as is known: before it was noticed
  std::uint64_t raised_ns = 0;
  std::uint64_t confirmed_ns = 0;
  std::uint64_t updated_ns = 0;  // when anything of it changed
  std::uint64_t ended_ns = 0;
  AlertEnd end = AlertEnd::active;
  std::string summary;  // one sentence, which names the instance
  std::string advice;   // what somebody can do: one sentence
  AlertEvidence evidence;
  Judgement judgement = Judgement::none;
  std::uint64_t judged_ns = 0;

  bool active() const { return end == AlertEnd::active; }
};

// What happened to an alert that people are told of.
enum class AlertChange : std::uint8_t {
  raised,
  confirmed,
  widened,
  ended
};  // widened: more operations
const char* to_string(AlertChange change);

}  // namespace goxel_telemetry::metrics
