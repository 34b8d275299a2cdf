// SPDX-License-Identifier: GPL-3.0-or-later
// What can be learnt about the process that we were preloaded into, and how to leave no trace in
// its children.
#pragma once

#include "plugin/recorder.h"

namespace goxel_telemetry::plugin {

// Its program's name, and the number of workers that its command line asks for (`--workers N`; 8,
// the stock daemon's default, if it asks for none).
Recorder::Host describe_this_process();

// Takes the launcher's variable, and the library that contains `inside_library`, out of the
// environment.
void leave_environment(const void* inside_library);

// Asks the kernel.
bool is_unix_stream_socket(int fd) noexcept;

}  // namespace goxel_telemetry::plugin
