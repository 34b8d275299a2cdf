// SPDX-License-Identifier: GPL-3.0-or-later
// What the flags of several commands have in common.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace goxel_telemetry::cli {

inline constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 it cannot be done here (no daemon, no such file, no permission, no "
    "room); 2 bad flags or values.";

// The last words of a command's help.
void end_help(CLI::App& command, const std::string& words,
              const std::string& exit_codes = kExitCodes);

// Checks that a flag's value is a number in this range. (CLI::Range lets NaN pass.)
std::function<std::string(const std::string&)> number(double least, double most);

}  // namespace goxel_telemetry::cli
