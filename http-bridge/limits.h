// SPDX-License-Identifier: GPL-3.0-or-later
// How much of the server's time and memory clients may hold.
#pragma once

#include <chrono>
#include <cstddef>

namespace goxel_telemetry::http_bridge {

struct Limits {
  // Of one connection:
  std::chrono::milliseconds idle{5000};     // without a request
  std::chrono::milliseconds request{5000};  // first byte to last byte of a request
  std::chrono::milliseconds turn{5000};     // until a request has its turn to be answered
  std::chrono::milliseconds answer{5000};   // to take an answer
  std::chrono::milliseconds farewell{
      1000};                               // until an answer is given up whose client sends no more
  std::chrono::milliseconds linger{1000};  // after the last answer, to hang up
  std::size_t request_bytes = std::size_t{16} * 1024;
  std::size_t requests = 1000;
  std::size_t body_bytes = std::size_t{1024} * 1024;

  // Of all together:
  std::size_t connections = 2048;
  std::size_t upgraded = 1024;  // connections, beside those
  std::size_t unsent_bytes =
      std::size_t{64} * 1024 * 1024;  // answers that clients did not take yet
  std::size_t all_body_bytes = std::size_t{16} * 1024 * 1024;  // announced and not answered yet
};

}  // namespace goxel_telemetry::http_bridge
