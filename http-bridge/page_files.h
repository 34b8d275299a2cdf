// SPDX-License-Identifier: GPL-3.0-or-later
// The files of http-bridge/page, Debian's Chart.js with its licence, and openapi.json, as they were when this was built
// (page/CMakeLists.txt makes the definition).
#pragma once

#include <string_view>
#include <vector>

namespace goxel_telemetry::http_bridge {

struct PageFile {
  std::string_view path;  // "/", "/page/NAME", or "/api/v1/openapi.json"
  std::string_view bytes;
};
const std::vector<PageFile>& page_files();

}  // namespace goxel_telemetry::http_bridge
