// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace goxel_telemetry::viewer {

class AlertSource;
class LiveSource;
class MainWindow;

// Each gets from the other what it wants to know. Both outlive the connection.
void connect(LiveSource& source, MainWindow& window);
void connect(AlertSource& source, MainWindow& window);

}  // namespace goxel_telemetry::viewer
