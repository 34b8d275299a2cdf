// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's log: lines on stderr, or in a file.
#pragma once

#include <string>

namespace stand_in {

// False if the file cannot be opened; then lines go on to stderr.
bool log_to_file(const std::string& path);
// Thread-safe: one write() per line.
void log_line(const std::string& text);

}  // namespace stand_in
