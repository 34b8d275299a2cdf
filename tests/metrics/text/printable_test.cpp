// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/printable.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::metrics {
namespace {

TEST(Printable, ValidTextStaysAsItIs) {
  for (const char* text :
       {"", "goxel.add_voxel", "größe", "体素", "🧊", "\u00A0", "\uFFFD", "\U0010FFFF"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ControlCharactersAreReplaced) {
  EXPECT_EQ(printable("a\x1B[2Jb\n"), "a\uFFFD[2Jb\uFFFD");
  EXPECT_EQ(printable(std::string_view("\0\x7F", 2)), "\uFFFD\uFFFD");
  EXPECT_EQ(printable("\xC2\x9B"), "\uFFFD\uFFFD") << "a C1 control: the other way to say ESC [";
}

TEST(Printable, EachByteThatBelongsToNoCharacterIsReplaced) {
  EXPECT_EQ(printable("\x80x"), "\uFFFDx");
  EXPECT_EQ(printable(std::string_view("\xC3\xA4", 1)), "\uFFFD") << "cut short";
  EXPECT_EQ(printable("\xC3x"), "\uFFFDx");
  EXPECT_EQ(printable("\xC0\xAF"), "\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(printable("\xE0\x80\xAF"), "\uFFFD\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(printable("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "above U+10FFFF";
  EXPECT_EQ(printable("\xF0\x8F\xBF\xBF"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(printable("\xFF\xFE"), "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace goxel_telemetry::metrics
