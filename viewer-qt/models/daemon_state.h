// SPDX-License-Identifier: GPL-3.0-or-later
// Says for a person whether there is a daemon. The text must be shown as plain text: the names in
// it are untrusted.
#pragma once

#include <QString>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::viewer {

enum class Tone { good, quiet, warning, bad };

struct StateLine {
  QString badge;  // one word
  QString text;
  Tone tone;
};
StateLine state_line(const metrics::Snapshot& snapshot);

// Whether there are numbers to show: of a daemon that lives or has lived.
bool has_data(shm::ProducerState state);

// A message of the metrics library as a sentence, with capital letter and full stop.
QString as_sentence(const std::string& message);

}  // namespace goxel_telemetry::viewer
