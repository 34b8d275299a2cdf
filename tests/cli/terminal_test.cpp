// SPDX-License-Identifier: GPL-3.0-or-later
// What standard output can show, when it is a terminal and when it is none.
#include "cli/screen/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace goxel_telemetry::cli {
namespace {

// Puts a terminal of 91 columns in the place of standard output, or a file.
class OutputStyle : public testing::Test {
 protected:
  OutputStyle() {
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
  }
  ~OutputStyle() override { unsetenv("NO_COLOR"); }

  static Style style_on(int output) {
    const int before = ::dup(STDOUT_FILENO);
    ::dup2(output, STDOUT_FILENO);
    const Style style = output_style();
    ::dup2(before, STDOUT_FILENO);
    ::close(before);
    return style;
  }
  static Style style_on_a_terminal() {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(::grantpt(master), 0);
    EXPECT_EQ(::unlockpt(master), 0);
    const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const winsize size = {30, 91, 0, 0};
    EXPECT_EQ(::ioctl(terminal, TIOCSWINSZ, &size), 0);
    const Style style = style_on(terminal);
    ::close(terminal);
    ::close(master);
    return style;
  }
};

TEST_F(OutputStyle, ATerminalHasColoursAndAWidth) {
  EXPECT_TRUE(style_on_a_terminal().colours);
  EXPECT_EQ(style_on_a_terminal().width, 91u);
}

TEST_F(OutputStyle, AFileHasNeither) {
  const int file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  EXPECT_FALSE(style_on(file).colours);
  EXPECT_EQ(style_on(file).width, 0u);
  ::close(file);
}

TEST_F(OutputStyle, NoColorTakesTheColoursAwayUnlessItIsEmpty) {
  for (const char* value : {"1", "0", "no"}) {
    setenv("NO_COLOR", value, 1);
    EXPECT_FALSE(style_on_a_terminal().colours) << value;
    EXPECT_EQ(style_on_a_terminal().width, 91u);
  }
  setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(style_on_a_terminal().colours);
}

TEST_F(OutputStyle, ATerminalThatCannotHasNoColours) {
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(style_on_a_terminal().colours);
  unsetenv("TERM");
  EXPECT_FALSE(style_on_a_terminal().colours);
}

TEST(Wrapped, LinesBreakAtSpacesAndLongWordsWhereTheyMust) {
  EXPECT_EQ(wrapped("one two three", 8), "one two\nthree");
  EXPECT_EQ(wrapped("one two three", 8, 2), "  one\n  two\n  three");
  EXPECT_EQ(wrapped("a verylongword", 6), "a\nverylo\nngword");
  EXPECT_EQ(wrapped("\u6f22\u5b57\u6f22", 5), "\u6f22\u5b57\n\u6f22")
      << "wide characters are not halved";
  EXPECT_EQ(wrapped("one two three", 0, 2), "  one two three");
  EXPECT_EQ(wrapped("abc", 1, 4), "    a\n    b\n    c") << "also where there is no room";
  EXPECT_EQ(wrapped("", 5), "");
}

TEST(Paint, EachEmphasisIsKnownByItsSequence) {
  const Style colours = {.colours = true};
  EXPECT_EQ(colours.paint(Emphasis::strong, "x"), "\033[1mx\033[0m");
  EXPECT_EQ(colours.paint(Emphasis::faint, "x"), "\033[2mx\033[0m");
  EXPECT_EQ(colours.paint(Emphasis::good, "x"), "\033[32mx\033[0m") << "green";
  EXPECT_EQ(colours.paint(Emphasis::warning, "x"), "\033[33mx\033[0m") << "yellow";
  EXPECT_EQ(colours.paint(Emphasis::bad, "x"), "\033[31mx\033[0m") << "red";
  EXPECT_EQ(colours.paint(Emphasis::none, "x"), "x");
  EXPECT_EQ(colours.paint(Emphasis::bad, ""), "");
  EXPECT_EQ(Style().paint(Emphasis::bad, "x"), "x");
  EXPECT_EQ(emphasis_of_sequence("\033[33m"), Emphasis::warning);
  EXPECT_EQ(emphasis_of_sequence("\033[0m"), Emphasis::none);
}

}  // namespace
}  // namespace goxel_telemetry::cli
