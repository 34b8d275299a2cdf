// SPDX-License-Identifier: GPL-3.0-or-later
#include "slow_layer.h"

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "metrics/text/arguments.h"

namespace load_client {
namespace {

std::chrono::microseconds microseconds(const std::string& text) {
  constexpr double kMost = 1e9;
  const auto number = goxel_telemetry::metrics::parse_number(text, 0, kMost);
  if (!number) throw std::invalid_argument("--slow: \"" + text + "\" is no time.");
  return std::chrono::microseconds(static_cast<std::int64_t>(*number));
}

}  // namespace

void SlowLayer::wait(std::string_view layer_of_call, std::string_view operation) const {
  if (layer.empty() || layer_of_call != layer || operation != method) return;
  std::error_code ignored;
  std::this_thread::sleep_for(std::filesystem::exists(file, ignored) ? slow : usual);
}

SlowLayer slow_layer(const std::vector<std::string>& words) {
  const std::string& layer = words.at(0);
  if (layer != "mcp-client" && layer != "mcp-server" && layer != "ts-client") {
    throw std::invalid_argument("--slow: no layer \"" + layer + "\" is played.");
  }
  return {layer, words.at(1), microseconds(words.at(2)), microseconds(words.at(3)), words.at(4)};
}

}  // namespace load_client
