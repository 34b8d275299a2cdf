// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/top_state.h"

#include <algorithm>
#include <sstream>

#include "cli/screen/terminal.h"

namespace goxel_telemetry::cli {
namespace {

constexpr std::size_t kPage = 10;
constexpr std::size_t kFurthest = 1'000'000;
constexpr std::size_t kLongestFilter = 60;

void append_utf8(std::string& text, char32_t c) {
  const auto byte = [&text](char32_t bits) { text += static_cast<char>(bits); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

void remove_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0u) == 0x80u) {
    text.pop_back();
  }
  if (!text.empty()) text.pop_back();
}

void press_in_search(TopState& state, char32_t key) {
  const bool printable = key >= 0x20 && key != 0x7F && !(key >= 0x80 && key < 0xA0);
  if (key == kKeyEnter) {
    state.searching = false;
  } else if (key == kKeyEscape) {
    state.searching = false;
    state.filter.clear();
  } else if (key == kKeyBackspace) {
    remove_last_character(state.filter);
  } else if (key < kKeyUp && printable && columns(state.filter) < kLongestFilter) {
    append_utf8(state.filter, key);
  }
  state.scroll = 0;
}

// Where the key scrolls to from there.
std::size_t scrolled(std::size_t at, char32_t key) {
  switch (key) {
    case kKeyUp:
      return at - std::min<std::size_t>(at, 1);
    case kKeyPageUp:
      return at - std::min(at, kPage);
    case kKeyHome:
      return 0;
    case kKeyDown:
      return std::min(at + 1, kFurthest);
    case kKeyPageDown:
      return std::min(at + kPage, kFurthest);
    case kKeyEnd:
      return kFurthest;
    default:
      return at;
  }
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

std::optional<SortBy> sort_named(std::string_view name) {
  for (std::size_t i = 0; i < kSortNames.size(); ++i) {
    if (name == kSortNames[i].name) return static_cast<SortBy>(i);
  }
  return std::nullopt;
}

void press(TopState& state, char32_t key) {
  if (state.searching) {
    press_in_search(state, key);
    return;
  }
  if (state.help && key != 'q') {
    state.help = false;
    return;
  }
  state.scroll = scrolled(state.scroll, key);
  for (std::size_t i = 0; i < kSortNames.size(); ++i) {
    if (key == kSortNames[i].key) state.sort = static_cast<SortBy>(i);
  }
  switch (key) {
    case 'q':
      state.quit = true;
      break;
    case 'h':
    case '?':
      state.help = true;
      break;
    case ' ':
      state.paused = !state.paused;
      break;
    case 'i':
      state.inflight = !state.inflight;
      break;
    case 'R':
      state.reversed = !state.reversed;
      break;
    case '/':
      state.searching = true;
      break;
    case kKeyEscape:
      state.filter.clear();
      break;
    case '1':
    case '2':
    case '3':
    case '4':
      state.window = static_cast<metrics::Window>(key - '1');
      break;
    default:
      break;
  }
}

bool matches(const metrics::OperationKey& key, std::string_view filter) {
  const std::string names =
      lower(key.operation + '\n' + key.stack + '\n' + key.layer + '\n' + key.protocol);
  std::istringstream words{lower(std::string(filter))};
  for (std::string word; words >> word;) {
    if (names.find(word) == std::string::npos) return false;
  }
  return true;
}

}  // namespace goxel_telemetry::cli
