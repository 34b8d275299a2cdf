// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/error_code.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::shm {
namespace {

TEST(ErrorCodes, TheCodesInRangeComeBackAndNoTwoShareANumber) {
  std::uint16_t expected = static_cast<std::uint16_t>(ErrorCode::reserved);
  for (std::int64_t code = -32768; code <= -32000; ++code, ++expected) {
    ASSERT_EQ(static_cast<std::uint16_t>(error_code(code)), expected);
    ASSERT_EQ(json_rpc_code(error_code(code)), code);
  }
  for (std::int64_t code = -500; code <= 775; ++code, ++expected) {
    ASSERT_EQ(static_cast<std::uint16_t>(error_code(code)), expected);
    ASSERT_EQ(json_rpc_code(error_code(code)), code);
  }
  EXPECT_EQ(expected, kErrorCodes);
}

TEST(ErrorCodes, AnyOtherIsNotKept) {
  for (const std::int64_t code : {std::int64_t{-32769}, std::int64_t{-31999}, std::int64_t{-501},
                                  std::int64_t{776}, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(error_code(code), ErrorCode::other) << code;
  }
  for (const int number : {0, 1, 2, 2048, 65535}) {
    EXPECT_EQ(json_rpc_code(static_cast<ErrorCode>(number)), std::nullopt) << number;
  }
}

}  // namespace
}  // namespace goxel_telemetry::shm
