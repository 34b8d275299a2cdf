// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/accept.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge {
namespace {

bool prefers_b(std::string_view accept) {
  return prefers(accept, "a/b", "a/c");
}

TEST(Accept, WhatIsNamedIsPreferred) {
  for (const char* accept : {"a/b", "A/B", " a/b ", "a/b, */*", "*/*, a/b", "x/y,a/b", "a/b;v=1",
                             "a/b;q=1", "a/b;q=0.001", "a/b ; Q=0.5", "a/b, a/*", "a/b,a/c",
                             "a/b;q=0.9, a/c;q=0.8", "a/c;q=0.2,a/b;q=0.25", "a/c;q=0, a/b;q=0.1",
                             "a/*, a/c;q=0.9", "*/*;q=0.5, a/c;q=0.1", ",, a/b,", "a/c;q=0, */*"}) {
    EXPECT_TRUE(prefers_b(accept)) << accept;
  }
}

TEST(Accept, WithoutAPreferenceForItTheUsualIsGiven) {
  for (const char* accept : {"",
                             "*/*",
                             "a/*",
                             "a/c",
                             "x/y",
                             "a/b;q=0",
                             "a/b;q=0.0",
                             "a/b;q=0.000",
                             "a/bb",
                             "xa/b",
                             "a/",
                             "a/c,a/b",
                             "a/b;q=0.5, a/c;q=0.7, a/b",
                             "a/b;q=0.8, a/c;q=0.9",
                             "a/b;q=0.5, a/c",
                             "a/b;q=0.5, */*",
                             "a/b;q=0, */*",
                             "b",
                             "text/html, */*;q=0.1",
                             ";q=1",
                             ",",
                             "*/b"}) {
    EXPECT_FALSE(prefers_b(accept)) << accept;
  }
}

// A member whose weight is none counts as if it were not there.
TEST(Accept, WeightIsOneThatTheRfcAllows) {
  for (const char* bad : {"q=", "q=2", "q=1.1", "q=1.001", "q=0.0001", "q=.5", "q=-1", "q=0,5",
                          "q=x", "q=0.x", "q=1x"}) {
    EXPECT_FALSE(prefers_b(std::string("a/b;").append(bad))) << bad;
  }
  for (const char* good : {"q=1", "q=1.", "q=1.000", "q=0.1", "q=0.12", "q=0.123"}) {
    EXPECT_TRUE(prefers_b(std::string("a/b;").append(good))) << good;
  }
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
