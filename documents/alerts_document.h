// SPDX-License-Identifier: GPL-3.0-or-later
// The shape of alerts, and of what people said of them, as documents: see document.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "documents/document.h"
#include "metrics/alerts/alert_store.h"

namespace goxel_telemetry::documents {

struct AccuracyMember {
  std::uint64_t days;
  const metrics::AlertAccuracy& accuracy;
};

// GET /api/v1/alerts, goxel-telemetry alerts --json
struct AlertsDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;  // what is wrong with the file of alerts, if anything
  std::string
      keeping;  // what becomes of the bridge's alerts; empty: a reader of the file does not know
  std::vector<metrics::Alert> alerts;
  AccuracyMember accuracy;
  std::vector<metrics::Silence> silences;
  std::vector<metrics::AlertStore::Channel> channels;
};

// goxel-telemetry alerts show ID --json, and what a judgement is answered
struct AlertDocument {
  const metrics::Alert& alert;
};

// goxel-telemetry alerts silence --json, and what a silence is answered
struct SilenceDocument {
  const metrics::Silence& silence;
};

inline std::optional<std::uint64_t> time_or_null(std::uint64_t ns) {
  return ns == 0 ? std::nullopt : std::optional(ns);
}

template <class Member>
void describe(const metrics::LayerShift& s, Member&& member) {
  member("layer", s.layer);
  member("shift_ns", s.shift_ns);
  member("share", s.share);
}

template <class Member>
void describe(const metrics::PhaseShift& s, Member&& member) {
  member("phase", s.phase);
  member("shift_ns", s.shift_ns);
  member("share", s.share);
}

template <class Member>
void describe(const metrics::OperationShift& s, Member&& member) {
  member("stack", s.key.stack);
  member("protocol", s.key.protocol);
  member("layer", s.key.layer);
  member("operation", s.key.operation);
  member("channel", to_string(s.channel));
  member("ratio", s.ratio);
  member("ratio_low", s.ratio_low);
  member("ratio_high", s.ratio_high);
  member("before", s.before);
  member("after", s.after);
  member("count_before", s.count_before);
  member("count_after", s.count_after);
  member("layers", s.layers);
  member("phases", s.phases);
}

template <class Member>
void describe(const metrics::AlertFact& f, Member&& member) {
  member("name", f.name);
  member("value", f.value);
}

template <class Member>
void describe(const metrics::AlertEvidence& e, Member&& member) {
  member("operations", e.operations);
  member("compared_with", e.compared_with);
  member("not_looked_at", e.not_looked_at);
  member("facts", e.facts);
  member("course", e.course);
  member("course_usual", e.course_usual);
  member("unit", e.unit);
}

template <class Member>
void describe(const metrics::Alert& a, Member&& member) {
  member("id", a.id);
  member("rule", to_string(a.rule));
  member("instance", a.instance);
  member("subject", a.subject);
  member("level", to_string(a.level));
  member("active", a.active());
  member("end", to_string(a.end));
  member("since_realtime_ns", a.since_ns);
  member("raised_realtime_ns", a.raised_ns);
  member("confirmed_realtime_ns", time_or_null(a.confirmed_ns));
  member("updated_realtime_ns", a.updated_ns);
  member("ended_realtime_ns", time_or_null(a.ended_ns));
  member("summary", a.summary);
  member("advice", a.advice);
  member("judgement", to_string(a.judgement));
  member("judged_realtime_ns", time_or_null(a.judged_ns));
  member("evidence", a.evidence);
}

template <class Member>
void describe(const AccuracyMember& a, Member&& member) {
  member("days", a.days);
  member("raised", a.accuracy.raised);
  member("right", a.accuracy.right);
  member("wrong", a.accuracy.wrong);
  member("wrong_ratio", a.accuracy.wrong_ratio());
  member("promised_wrong_ratio", metrics::kPromisedWrongRatio);
}

template <class Member>
void describe(const metrics::Silence& s, Member&& member) {
  member("id", s.id);
  member("rule", s.rule);
  member("instance", s.instance);
  member("operation", s.operation);
  member("begin_realtime_ns", s.begin_ns);
  member("end_realtime_ns", s.end_ns);
  member("author", s.author);
  member("reason", s.reason);
}

template <class Member>
void describe(const metrics::AlertStore::Channel& c, Member&& member) {
  member("channel", c.name);
  member("messages", c.messages);
  member("oldest_realtime_ns", time_or_null(c.oldest_ns));
  member("why", c.why);
  member("problem", c.counts.problem);
  member("last_sent_realtime_ns", time_or_null(c.counts.last_sent_ns));
  member("last_failed_realtime_ns", time_or_null(c.counts.last_failed_ns));
  member("sent", c.counts.sent);
  member("failed", c.counts.failed);
  member("refused", c.counts.refused);
  member("too_old", c.counts.too_old);
  member("silenced", c.counts.silenced);
}

template <class Member>
void describe(const AlertsDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("keeping", d.keeping);
  member("alerts", d.alerts);
  member("accuracy", d.accuracy);
  member("silences", d.silences);
  member("channels", d.channels);
}

template <class Member>
void describe(const AlertDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  describe(d.alert, member);
}

template <class Member>
void describe(const SilenceDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  describe(d.silence, member);
}

}  // namespace goxel_telemetry::documents
