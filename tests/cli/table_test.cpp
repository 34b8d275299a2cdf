// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/table.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::cli {
namespace {

Table example() {
  Table table({{"OPERATION", Align::left}, {"COUNT", Align::right, 1}, {"P99"}});
  table.add({Cell("goxel.add_voxel"), Cell("12"), Cell("1.23 µs")});
  table.add({Cell("ping"), Cell("3"), Cell("9 ns")});
  return table;
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(example().render({}),
            "OPERATION        COUNT      P99\n"
            "goxel.add_voxel     12  1.23 µs\n"
            "ping                 3     9 ns\n");
}

TEST(Table, LeastImportantColumnGoesFirst) {
  EXPECT_EQ(example().render({.width = 31}), example().render({})) << "it just fits";
  EXPECT_EQ(example().render({.width = 30}),
            "OPERATION            P99\n"
            "goxel.add_voxel  1.23 µs\n"
            "ping                9 ns\n");
}

TEST(Table, NameIsCutWhenNoMoreColumnsCanGo) {
  EXPECT_EQ(example().render({.width = 20}),
            "OPERATION        P99\n"
            "goxel.add_…  1.23 µs\n"
            "ping            9 ns\n");
}

TEST(Table, NameIsCutToEightColumnsAndNoFurther) {
  const std::string narrowest =
      "OPERATI…      P99\n"
      "goxel.a…  1.23 µs\n"
      "ping         9 ns\n";
  for (const std::size_t width : {17, 16, 10, 8, 1}) {
    EXPECT_EQ(example().render({.width = width}), narrowest) << width;
  }
  EXPECT_EQ(example().render({.width = 18}),
            "OPERATION      P99\n"
            "goxel.ad…  1.23 µs\n"
            "ping          9 ns\n");
  Table short_names({{"A", Align::left}, {"B"}});
  short_names.add({Cell("abcd"), Cell("123")});
  EXPECT_EQ(short_names.render({.width = 5}), "A       B\nabcd  123\n");
}

TEST(Table, ColumnWithoutTextIsLeftOut) {
  Table table({{"A", Align::left}, {"TRACE"}, {"B"}});
  table.add({Cell("x"), Cell(""), Cell("1")});
  EXPECT_EQ(table.render({}), "A  B\nx  1\n");
}

TEST(Table, ColoursDoNotMoveColumns) {
  Table table({{"A", Align::left}, {"B"}});
  table.add({Cell("xx", Emphasis::bad), Cell("1")});
  EXPECT_EQ(table.render({.colours = true}),
            "\033[1mA\033[0m   \033[1mB\033[0m\n\033[31mxx\033[0m  1\n");
}

TEST(FactLine, ContinuesBelowTheFirstFact) {
  const std::vector<Cell> facts = {Cell("one"), Cell(""), Cell("two"), Cell("three")};
  EXPECT_EQ(fact_line("label", facts, {}), "label       one   two   three\n");
  EXPECT_EQ(fact_line("label", facts, {.width = 24}), "label       one   two\n            three\n");
  EXPECT_EQ(fact_line("label", facts, {.width = 29}), "label       one   two   three\n");
  EXPECT_EQ(fact_line("label", facts, {.width = 28}), "label       one   two\n            three\n");
  // 12 + 5 + 3 + 4 columns.
  EXPECT_EQ(
      fact_line("label", {Cell("one"), Cell("two"), Cell("three"), Cell("four")}, {.width = 24}),
      "label       one   two\n            three   four\n");
  EXPECT_EQ(fact_line("label", {Cell("longer than the line"), Cell("two")}, {.width = 10}),
            "label       longer than the line\n            two\n");
  EXPECT_EQ(fact_line("label", {Cell("")}, {}), "");
}

// "体素" takes four columns, "é" in two characters one.
TEST(Table, WideAndCombiningCharactersKeepColumnsStraight) {
  Table table({{"OPERATION", Align::left}, {"P99"}});
  table.add({Cell("体素"), Cell("1 ns")});
  table.add({Cell("e\u0301dit"), Cell("2 ns")});
  table.add({Cell("🧊_export"), Cell("3 ns")});
  EXPECT_EQ(table.render({}),
            "OPERATION   P99\n"
            "体素       1 ns\n"
            "e\u0301dit       2 ns\n"
            "🧊_export  3 ns\n");
}

TEST(Table, HiddenCharactersAreShownAndHaveTheirColumns) {
  Table table({{"A", Align::left}, {"B"}});
  table.add({Cell("a\u200Bdd"), Cell("1")});
  table.add({Cell("\u202Edda"), Cell("2")});
  EXPECT_EQ(table.render({}),
            "A            B\n"
            "a<U+200B>dd  1\n"
            "<U+202E>dda  2\n");
  EXPECT_EQ(fact_line("label", {Cell("a\u2066b")}, {}), "label       a<U+2066>b\n");
}

TEST(Cut, HalvesNoWideCharacterAndLeavesMarksWithTheirLetter) {
  EXPECT_EQ(cut("体素体素", 8), "体素体素");
  EXPECT_EQ(cut("体素体素", 7), "体素体…");
  EXPECT_EQ(cut("体素体素", 6), "体素…") << "five columns";
  EXPECT_EQ(cut("体", 1), "…");
  EXPECT_EQ(cut("e\u0301e\u0301e\u0301", 2), "e\u0301…");
  EXPECT_EQ(padded("体", 4) + "|", "体  |");
  EXPECT_EQ(padded("体", 4, Align::right), "  体");
}

TEST(Cut, CountsCharactersNotBytes) {
  EXPECT_EQ(cut("µµµµ", 4), "µµµµ");
  EXPECT_EQ(cut("µµµµ", 3), "µµ…");
  EXPECT_EQ(cut("abc", 1), "…");
  EXPECT_EQ(cut("abc", 0), "");
}

}  // namespace
}  // namespace goxel_telemetry::cli
