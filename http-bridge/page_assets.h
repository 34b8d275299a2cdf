// SPDX-License-Identifier: GPL-3.0-or-later
// The page that a browser shows at `/`, and the description of the API, as answers that are made once. They hold no data, so that
// nobody needs a token for them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

std::vector<std::string> page_paths();
bool is_page_path(std::string_view path);

// To a request for one of these paths. Thread-safe.
std::shared_ptr<const Response> page_answer(const Request& request);

}  // namespace goxel_telemetry::http_bridge
