// SPDX-License-Identifier: GPL-3.0-or-later
// What the user of `goxel-telemetry top` has chosen, and what each key changes.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::cli {

enum class SortBy { name, rate, count, mean, p50, p90, p95, p99, max, errors, share };

struct SortName {
  const char* name;  // as --sort takes it
  char32_t key;      // the key that chooses it on the screen
};
// In the order of SortBy.
inline constexpr std::array<SortName, 11> kSortNames = {{{"name", 'n'},
                                                         {"rate", 'r'},
                                                         {"count", 'c'},
                                                         {"mean", 'm'},
                                                         {"p50", '5'},
                                                         {"p90", '9'},
                                                         {"p95", '8'},
                                                         {"p99", '0'},
                                                         {"max", 'x'},
                                                         {"errors", 'e'},
                                                         {"share", 't'}}};
std::optional<SortBy> sort_named(std::string_view name);

struct TopState {
  metrics::Window window = metrics::Window::one_minute;
  SortBy sort = SortBy::share;
  bool reversed = false;   // names from z to a, numbers from low to high
  std::string filter;      // words that must all be in an operation's names
  bool searching = false;  // characters are typed into the filter
  bool paused = false;
  bool inflight = false;  // the pane of requests in flight is shown
  bool help = false;
  bool quit = false;
  std::size_t scroll = 0;  // operations above the first one shown
  friend bool operator==(const TopState&, const TopState&) = default;
};

// Keys that are not characters have numbers above those of Unicode.
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

// Other keys change nothing. `scroll` may become too large: the layout limits it.
void press(TopState& state, char32_t key);

// Whether all words of `filter` are in the names of `key`; upper and lower case are the same.
bool matches(const metrics::OperationKey& key, std::string_view filter);

}  // namespace goxel_telemetry::cli
