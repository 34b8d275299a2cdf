// SPDX-License-Identifier: GPL-3.0-or-later
// What the person at `goxel-telemetry top` has chosen, and what each key changes.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/snapshot.h"

namespace goxel_telemetry::cli {

enum class SortBy { name, rate, count, mean, p50, p90, p99, max, errors, share };

struct SortName {
  const char* name;  // as --sort takes it
  char32_t key;      // chooses it on the screen
};
// By SortBy.
inline constexpr std::array<SortName, 10> kSortNames = {{{"name", 'n'},
                                                         {"rate", 'r'},
                                                         {"count", 'c'},
                                                         {"mean", 'm'},
                                                         {"p50", '5'},
                                                         {"p90", '9'},
                                                         {"p99", '0'},
                                                         {"max", 'x'},
                                                         {"errors", 'e'},
                                                         {"share", 't'}}};
std::optional<SortBy> sort_named(std::string_view name);

struct TopState {
  metrics::Window window = metrics::Window::one_minute;
  SortBy sort = SortBy::share;
  bool reversed = false;   // names down, numbers up
  std::string filter;      // words that an operation's names must all contain
  bool searching = false;  // keys go to the filter
  bool paused = false;
  bool inflight = false;  // the pane of requests in hand
  bool help = false;
  bool quit = false;
  std::size_t scroll = 0;  // operations above the first one shown
  friend bool operator==(const TopState&, const TopState&) = default;
};

// Keys that are no characters lie above Unicode.
enum SpecialKey : char32_t {
  kKeyUp = 0x110000,
  kKeyDown,
  kKeyPageUp,
  kKeyPageDown,
  kKeyHome,
  kKeyEnd,
  kKeyEnter,
  kKeyEscape,
  kKeyBackspace,
};

// Other keys change nothing. What is scrolled too far is for the layout to see.
void press(TopState& state, char32_t key);

// Whether `key` has all words of `filter` in its names, whatever their case.
bool matches(const metrics::OperationKey& key, std::string_view filter);

}  // namespace goxel_telemetry::cli
