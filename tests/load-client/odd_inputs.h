// SPDX-License-Identifier: GPL-3.0-or-later
// Sends inputs that the stock daemon breaks on, one at a time, each on a connection of its own.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace load_client {

const std::vector<std::string>& odd_input_names();

// Sends the input and prints what was sent and what came back. If there is no daemon, prints a
// sentence on stderr and returns false.
bool send_odd_input(const std::string& name, const std::string& socket_path,
                    std::chrono::milliseconds patience);

}  // namespace load_client
