// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/top_state.h"

#include <gtest/gtest.h>

#include <functional>

#include "cli/screen/terminal.h"

namespace goxel_telemetry::cli {
namespace {

TopState after(std::u32string_view keys, TopState state = {}) {
  for (const char32_t key : keys) press(state, key);
  return state;
}

TEST(TopState, NumbersChooseTheWindowAndLettersTheOrder) {
  EXPECT_EQ(after(U"1").window, metrics::Window::now);
  EXPECT_EQ(after(U"42").window, metrics::Window::one_minute);
  EXPECT_EQ(after(U"3").window, metrics::Window::five_minutes);
  EXPECT_EQ(after(U"4").window, metrics::Window::fifteen_minutes);
  EXPECT_EQ(after(U"6").window, metrics::Window::one_minute) << "as before";
  // As the screen's help and the flag's have them.
  struct Order {
    char32_t key;
    const char* name;
    SortBy sort;
  };
  for (const auto& [key, name, sort] : {Order{U'n', "name", SortBy::name},
                                        {U'r', "rate", SortBy::rate},
                                        {U'c', "count", SortBy::count},
                                        {U'm', "mean", SortBy::mean},
                                        {U'5', "p50", SortBy::p50},
                                        {U'9', "p90", SortBy::p90},
                                        {U'8', "p95", SortBy::p95},
                                        {U'0', "p99", SortBy::p99},
                                        {U'x', "max", SortBy::max},
                                        {U'e', "errors", SortBy::errors},
                                        {U't', "share", SortBy::share}}) {
    TopState state;
    state.sort = sort == SortBy::name ? SortBy::rate : SortBy::name;
    press(state, key);
    EXPECT_EQ(state.sort, sort) << name;
    EXPECT_EQ(sort_named(name), sort) << name;
  }
  EXPECT_EQ(sort_named("length"), std::nullopt);
}

TEST(TopState, WhatIsToggledTwiceIsAsBefore) {
  EXPECT_TRUE(after(U" ").paused);
  EXPECT_TRUE(after(U"i").inflight);
  EXPECT_TRUE(after(U"R").reversed);
  EXPECT_EQ(after(U" iR iR"), TopState{});
}

// From a state in which everything is chosen.
TEST(TopState, EachKeyChangesOneThing) {
  TopState before;
  before.window = metrics::Window::five_minutes;
  before.sort = SortBy::mean;
  before.filter = "fill";
  before.scroll = 30;
  const auto expect = [&before](char32_t key, const std::function<void(TopState&)>& change) {
    TopState state = before;
    press(state, key);
    TopState changed = before;
    change(changed);
    EXPECT_EQ(state, changed) << static_cast<std::uint32_t>(key);
  };
  expect(U'q', [](TopState& s) { s.quit = true; });
  expect(U'h', [](TopState& s) { s.help = true; });
  expect(U'?', [](TopState& s) { s.help = true; });
  expect(U' ', [](TopState& s) { s.paused = true; });
  expect(U'i', [](TopState& s) { s.inflight = true; });
  expect(U'R', [](TopState& s) { s.reversed = true; });
  expect(U'/', [](TopState& s) { s.searching = true; });
  expect(kKeyEscape, [](TopState& s) { s.filter.clear(); });
  expect(U'1', [](TopState& s) { s.window = metrics::Window::now; });
  expect(U'2', [](TopState& s) { s.window = metrics::Window::one_minute; });
  expect(U'4', [](TopState& s) { s.window = metrics::Window::fifteen_minutes; });
  expect(U'n', [](TopState& s) { s.sort = SortBy::name; });
  expect(kKeyUp, [](TopState& s) { s.scroll = 29; });
  expect(kKeyDown, [](TopState& s) { s.scroll = 31; });
  expect(kKeyPageUp, [](TopState& s) { s.scroll = 20; });
  expect(kKeyPageDown, [](TopState& s) { s.scroll = 40; });
  expect(kKeyHome, [](TopState& s) { s.scroll = 0; });
  for (const char32_t key : {char32_t{kKeyEnter}, char32_t{kKeyBackspace}, U'Q', U'j', U'\0'}) {
    expect(key, [](TopState&) {});
  }
}

TEST(TopState, ControlCharactersAreNoText) {
  for (const char32_t key : {0x00, 0x1F, 0x7F, 0x80, 0x9F}) {
    EXPECT_EQ(after({&key, 1}, after(U"/")).filter, "") << static_cast<std::uint32_t>(key);
  }
  for (const char32_t key : {0x20, 0x7E, 0xA0}) {
    EXPECT_EQ(columns(after({&key, 1}, after(U"/")).filter), 1u) << static_cast<std::uint32_t>(key);
  }
}

// The last character of N bytes and the first of N + 1 bytes, for each N, by RFC 3629.
TEST(TopState, TextIsKeptAsUtf8) {
  EXPECT_EQ(after(U"/~").filter, "\x7E");
  EXPECT_EQ(after(U"/\u00A1").filter, "\xC2\xA1");
  EXPECT_EQ(after(U"/\u07FF").filter, "\xDF\xBF");
  EXPECT_EQ(after(U"/\u0800").filter, "\xE0\xA0\x80");
  EXPECT_EQ(after(U"/\uFFFF").filter, "\xEF\xBF\xBF");
  EXPECT_EQ(after(U"/\U00010000").filter, "\xF0\x90\x80\x80");
  EXPECT_EQ(after(U"/\U0010FFFF").filter, "\xF4\x8F\xBF\xBF");
}

TEST(TopState, InASearchKeysAreText) {
  const TopState state = after(U"/q1 é");
  EXPECT_TRUE(state.searching);
  EXPECT_FALSE(state.quit);
  EXPECT_EQ(state.filter, "q1 é");
  EXPECT_EQ(after(std::u32string(1, char32_t{0x11FFFF}), state), state) << "no character";
}

TEST(TopState, EnterKeepsTheFilterAndEscapeClearsIt) {
  TopState state = after(U"/fill");
  press(state, kKeyEnter);
  EXPECT_FALSE(state.searching);
  EXPECT_EQ(state.filter, "fill");
  press(state, kKeyEscape);
  EXPECT_EQ(state.filter, "");
  state = after(U"/fill");
  press(state, kKeyEscape);
  EXPECT_EQ(state, TopState{});
}

TEST(TopState, BackspaceTakesWholeCharacters) {
  TopState state = after(U"/aé");
  press(state, kKeyBackspace);
  EXPECT_EQ(state.filter, "a");
  press(state, kKeyBackspace);
  press(state, kKeyBackspace);
  EXPECT_EQ(state.filter, "");
}

TEST(TopState, AFilterHasAnEnd) {
  TopState state = after(U"/");
  for (int i = 0; i < 1'000; ++i) press(state, U'é');
  EXPECT_EQ(columns(state.filter), 60u);
}

TEST(TopState, AnyKeyLeavesHelpAndQStillQuits) {
  EXPECT_FALSE(after(U"?1").help);
  EXPECT_EQ(after(U"?1").window, metrics::Window::one_minute) << "the key did nothing else";
  EXPECT_TRUE(after(U"hq").quit);
}

TEST(TopState, ScrollingStopsAtTheTop) {
  TopState state;
  press(state, kKeyUp);
  EXPECT_EQ(state.scroll, 0u);
  press(state, kKeyPageDown);
  press(state, kKeyDown);
  EXPECT_EQ(state.scroll, 11u);
  press(state, kKeyUp);
  EXPECT_EQ(state.scroll, 10u);
  press(state, kKeyPageDown);
  press(state, kKeyPageUp);
  EXPECT_EQ(state.scroll, 10u);
  press(state, kKeyPageUp);
  EXPECT_EQ(state.scroll, 0u);
}

TEST(TopState, HomeAndEndGoToTheEnds) {
  TopState state;
  press(state, kKeyEnd);
  EXPECT_GE(state.scroll, 100'000u);
  const TopState end = state;
  press(state, kKeyDown);
  press(state, kKeyPageDown);
  EXPECT_EQ(state, end);
  press(state, kKeyHome);
  EXPECT_EQ(state.scroll, 0u);
}

TEST(TopState, TypingASearchGoesBackToTheTop) {
  TopState state;
  press(state, kKeyPageDown);
  press(state, U'/');
  press(state, U'f');
  EXPECT_EQ(state.scroll, 0u);
}

TEST(TopState, FilterWordsAreSoughtInAllNames) {
  const metrics::OperationKey key{"2-layer", "mcp", "daemon", "goxel_flood_fill"};
  for (const char* filter : {"", "fill", "FILL 2-lay", "daemon mcp", "  flood  "}) {
    EXPECT_TRUE(matches(key, filter)) << filter;
  }
  EXPECT_FALSE(matches(key, "fill 4-layer"));
}

}  // namespace
}  // namespace goxel_telemetry::cli
