// SPDX-License-Identifier: GPL-3.0-or-later
// What an answer says was wrong, in the 11 bits that a record has for it.
#pragma once

#include <cstdint>
#include <optional>

namespace goxel_telemetry::shm {

enum class ErrorCode : std::uint16_t {
  none = 0,
  tool = 1,   // a tool says that it failed: MCP's `isError`, the stock daemon's `"success": false`
  other = 2,  // an error without a code, or with one that has no number here
  // Then those that JSON-RPC 2.0 (5.1) reserves, from -32768 to -32000, and the small ones that
  // applications choose, from -500 to 775.
  reserved = 3,
  application = 772,
};
inline constexpr std::uint16_t kErrorCodes = 2048;

namespace error_codes {
inline constexpr std::int64_t kFirstReserved = -32768;
inline constexpr std::int64_t kLastReserved = -32000;
inline constexpr std::int64_t kFirstApplication = -500;
inline constexpr std::int64_t kLastApplication = 775;
}  // namespace error_codes

constexpr ErrorCode error_code(std::int64_t code) {
  using namespace error_codes;
  const auto after = [](ErrorCode first, std::int64_t offset) {
    return static_cast<ErrorCode>(static_cast<std::int64_t>(first) + offset);
  };
  if (code >= kFirstReserved && code <= kLastReserved) {
    return after(ErrorCode::reserved, code - kFirstReserved);
  }
  if (code >= kFirstApplication && code <= kLastApplication) {
    return after(ErrorCode::application, code - kFirstApplication);
  }
  return ErrorCode::other;
}

// The JSON-RPC code; none if it is not known or there is none.
constexpr std::optional<std::int64_t> json_rpc_code(ErrorCode error) {
  if (error < ErrorCode::reserved || static_cast<std::uint16_t>(error) >= kErrorCodes) return {};
  const bool application = error >= ErrorCode::application;
  const auto first =
      static_cast<std::int64_t>(application ? ErrorCode::application : ErrorCode::reserved);
  return static_cast<std::int64_t>(error) - first +
         (application ? error_codes::kFirstApplication : error_codes::kFirstReserved);
}

static_assert(static_cast<std::int64_t>(ErrorCode::reserved) + error_codes::kLastReserved -
                  error_codes::kFirstReserved + 1 ==
              static_cast<std::int64_t>(ErrorCode::application));
static_assert(static_cast<std::uint16_t>(error_code(error_codes::kLastApplication)) + 1 ==
              kErrorCodes);

}  // namespace goxel_telemetry::shm
