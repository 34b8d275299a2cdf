// SPDX-License-Identifier: GPL-3.0-or-later
// The sections [notify.NAME] of the configuration file.
#pragma once

#include <string>
#include <vector>

#include "http-bridge/config_file.h"
#include "http-bridge/notify/settings.h"

namespace goxel_telemetry::http_bridge::notify {

// In the order of the file; sections of other names are nobody's here. Sentences about what is wrong go to `faults`.
std::vector<ChannelSettings> read_channels(const std::vector<ConfigSection>& sections,
                                           std::vector<std::string>& faults);

}  // namespace goxel_telemetry::http_bridge::notify
