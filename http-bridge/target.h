// SPDX-License-Identifier: GPL-3.0-or-later
// What a request's target names (RFC 3986; parameters as browsers write them, application/x-www-form-urlencoded).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace goxel_telemetry::http_bridge {

struct Target {
  std::string path;
  std::map<std::string, std::string>
      parameters;  // of ?name=value&…; if a name comes twice, the first value
};

// Of a target without invalid escapes, as RequestHead has it.
Target parse_target(std::string_view target);

}  // namespace goxel_telemetry::http_bridge
