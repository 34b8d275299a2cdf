// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/flags.h"

#include <CLI/CLI.hpp>
#include <sstream>

#include "metrics/text/arguments.h"

namespace goxel_telemetry::cli {

void end_help(CLI::App& command, const std::string& words, const std::string& exit_codes) {
  command.footer(words + "\n\n" + exit_codes);
}

std::function<std::string(const std::string&)> number(double least, double most) {
  return [least, most](const std::string& text) -> std::string {
    if (metrics::parse_number(text, least, most)) return {};
    std::ostringstream why;
    why << "must be a number from " << least << " to " << most << ", not \"" << text << '"';
    return why.str();
  };
}

}  // namespace goxel_telemetry::cli
