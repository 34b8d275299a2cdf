// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Target, PathAndParametersAreDecoded) {
  const Target target = parse_target("/a%20b+c%2f?x=1&y=a+b%2B%26%3D&z%3d=%C3%a9");
  EXPECT_EQ(target.path, "/a b+c/");
  EXPECT_THAT(target.parameters,
              ElementsAre(Pair("x", "1"), Pair("y", "a b+&="), Pair("z=", "\u00e9")));
}

TEST(Target, ParameterThatComesTwiceHasItsFirstValueAndOneWithoutAValueIsEmpty) {
  EXPECT_THAT(
      parse_target("/?a=1&a=2&b&c=&&=d&e=f=g").parameters,
      ElementsAre(Pair("", "d"), Pair("a", "1"), Pair("b", ""), Pair("c", ""), Pair("e", "f=g")));
  EXPECT_THAT(parse_target("/x").parameters, IsEmpty());
  EXPECT_THAT(parse_target("/x?").parameters, IsEmpty());
  EXPECT_THAT(parse_target("/x?a=b?c").parameters, ElementsAre(Pair("a", "b?c")));
}

TEST(Target, WhatIsNoEscapeStaysAsItIs) {
  EXPECT_EQ(parse_target("/%").path, "/%");
  EXPECT_EQ(parse_target("/%4").path, "/%4");
  EXPECT_EQ(parse_target("/%4x").path, "/%4x");
  EXPECT_EQ(parse_target("/%+1").path, "/%+1");
  EXPECT_EQ(parse_target("/%00").path, std::string("/\0", 2));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
