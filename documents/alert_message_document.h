// SPDX-License-Identifier: GPL-3.0-or-later
// The message about alerts that a webhook gets (docs/notifications.md). See document.h.
#pragma once

#include <string>
#include <vector>

#include "documents/alerts_document.h"
#include "documents/document.h"
#include "metrics/alerts/alert.h"

namespace goxel_telemetry::documents {

// What happened to an alert that somebody is told of.
struct AlertEventDocument {
  std::string event;  // the same whenever the same is told
  metrics::AlertChange change{};
  bool first = false;  // nobody was told of the alert before
  std::string link;    // of the page that shows it; empty: not known
  const metrics::Alert& alert;
};
struct AlertMessageDocument {
  std::string source;  // the bridge's host
  bool is_test = false;
  std::string title;
  std::string text;
  std::vector<AlertEventDocument> events;
};

template <class Member>
void describe(const AlertEventDocument& e, Member&& member) {
  member("event", e.event);
  member("change", to_string(e.change));
  member("first", e.first);
  member("link", e.link);
  member("alert", e.alert);
}

template <class Member>
void describe(const AlertMessageDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("source", d.source);
  member("test", d.is_test);
  member("title", d.title);
  member("text", d.text);
  member("events", d.events);
}

}  // namespace goxel_telemetry::documents
