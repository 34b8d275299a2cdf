// SPDX-License-Identifier: GPL-3.0-or-later
// Names as widgets show them: they come from clients of the daemon.
#pragma once

#include <QString>
#include <string>

#include "metrics/text/characters.h"

namespace goxel_telemetry::viewer {

inline QString shown(const std::string& name) {
  return QString::fromStdString(metrics::visible(name));
}

}  // namespace goxel_telemetry::viewer
