// SPDX-License-Identifier: GPL-3.0-or-later
// Whether there is a daemon, for a person. The text is plain text: the names in it are untrusted.
#pragma once

#include <QString>

#include "metrics/snapshot.h"

namespace goxel_telemetry::viewer {

enum class Tone { good, quiet, warning, bad };

struct StateLine {
  QString badge;  // a word
  QString text;
  Tone tone;
};
StateLine state_line(const metrics::Snapshot& snapshot);

// Whether there are numbers to show: of a daemon that lives or of one that has lived.
bool has_data(metrics::ProducerState state);

// A sentence of metrics with its capital letter and full stop.
QString as_sentence(const std::string& message);

}  // namespace goxel_telemetry::viewer
