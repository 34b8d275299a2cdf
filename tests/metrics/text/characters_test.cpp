// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/characters.h"

#include <gtest/gtest.h>

#include <vector>

namespace goxel_telemetry::metrics {
namespace {

TEST(Characters, AreTakenOffOneByOne) {
  std::string_view text = "aé€🧊\xFF\xE2\x82";
  std::vector<char32_t> taken;
  while (!text.empty()) taken.push_back(take_character(text));
  EXPECT_EQ(taken, (std::vector<char32_t>{'a', 0xE9, 0x20AC, 0x1F9CA, 0xFFFD, 0xFFFD, 0xFFFD}));
}

TEST(Characters, ThatAreHiddenAreShownByTheirNumber) {
  EXPECT_EQ(visible("add\u200B_voxel"), "add<U+200B>_voxel") << "zero-width space";
  EXPECT_EQ(visible("a\x1B[2J\x07\x7F\n\u009B1mb"), "a\uFFFD[2J\uFFFD\uFFFD\uFFFD\uFFFD1mb")
      << "what a terminal obeys";
  EXPECT_EQ(visible("a\x9B"
                    "1m\xE2\x82"),
            "a\uFFFD1m\uFFFD\uFFFD")
      << "bytes that are no character";
  EXPECT_EQ(visible("\u202Elexov_dda\u202C"), "<U+202E>lexov_dda<U+202C>") << "from right to left";
  EXPECT_EQ(visible("a\u2066b\u2069"), "a<U+2066>b<U+2069>") << "isolates";
  EXPECT_EQ(visible("\uFEFFping"), "<U+FEFF>ping") << "a byte order mark";
  EXPECT_EQ(visible("a\u00ADb\u061C\u034F"), "a<U+00AD>b<U+061C><U+034F>");
  EXPECT_EQ(visible("a\u2028b\u2029c"), "a<U+2028>b<U+2029>c") << "ends of lines";
  EXPECT_EQ(visible("\U000E0061"), "<U+E0061>") << "a tag";
  EXPECT_EQ(visible("❤\uFE0F"), "❤<U+FE0F>") << "a variation selector";
}

TEST(Characters, OfAllLanguagesStayAsTheyAre) {
  for (const char* text : {"", "goxel.add_voxel", "größe", "体素", "שלום", "🧊", "e\u0301",
                           "µ…█→", "\uFFFD", "a\u200Ab"}) {
    EXPECT_EQ(visible(text), text);
  }
}

// In any locale: tests run in "C".
TEST(Characters, TakeAsManyColumnsAsATerminalGivesThem) {
  for (const char32_t one : {U'a', U'é', U'µ', U'…', U'█', U'→', U'ש', U'\uFFFD'}) {
    EXPECT_EQ(column_count(one), 1u) << static_cast<unsigned>(one);
  }
  for (const char32_t two : {U'体', U'素', U'가', U'ア', U'（', U'🧊', U'🚀'}) {
    EXPECT_EQ(column_count(two), 2u) << static_cast<unsigned>(two);
  }
  for (const char32_t none : {U'\u0301', U'\u0308', U'\u20DD', U'\u05B0'}) {
    EXPECT_EQ(column_count(none), 0u) << static_cast<unsigned>(none);
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
