// SPDX-License-Identifier: GPL-3.0-or-later
// The inputs that the stock daemon breaks on, one at a time, each on a connection of its own.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace load_client {

const std::vector<std::string>& odd_input_names();

// Sends it and prints what was sent and what came back. False, after a sentence on stderr, if there
// is no daemon.
bool send_odd_input(const std::string& name, const std::string& socket_path,
                    std::chrono::milliseconds patience);

}  // namespace load_client
