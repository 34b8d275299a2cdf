// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/characters.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace goxel_telemetry::metrics {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// DerivedCoreProperties.txt of Unicode 16: Default_Ignorable_Code_Point; and the separators U+2028 and
// U+2029, and the annotations U+FFF9 to U+FFFB.
constexpr std::array<Range, 17> kHidden = {{{0x00AD, 0x00AD},
                                            {0x034F, 0x034F},
                                            {0x061C, 0x061C},
                                            {0x115F, 0x1160},
                                            {0x17B4, 0x17B5},
                                            {0x180B, 0x180F},
                                            {0x200B, 0x200F},
                                            {0x2028, 0x202E},
                                            {0x2060, 0x206F},
                                            {0x3164, 0x3164},
                                            {0xFE00, 0xFE0F},
                                            {0xFEFF, 0xFEFF},
                                            {0xFFA0, 0xFFA0},
                                            {0xFFF0, 0xFFFB},
                                            {0x1BCA0, 0x1BCA3},
                                            {0x1D173, 0x1D17A},
                                            {0xE0000, 0xE0FFF}}};

}  // namespace

char32_t take_character(std::string_view& text) {
  const auto byte = [&text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  char32_t c = lead < 0x80 ? lead : length == 1 ? U'\uFFFD' : lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || (byte(i) & 0xC0u) != 0x80u) {
      text.remove_prefix(1);
      return U'\uFFFD';
    }
    c = c << 6 | (byte(i) & 0x3Fu);
  }
  text.remove_prefix(length);
  return c;
}

bool is_hidden(char32_t c) {
  return std::any_of(kHidden.begin(), kHidden.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

std::string visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::string_view rest = text;
    const char32_t c = take_character(rest);
    const bool is_control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    if (is_control || c == U'\uFFFD') {  // the latter stands for any byte that begins no character
      out += "\uFFFD";
    } else if (c >= 0x80 && is_hidden(c)) {
      std::array<char, 16> number;
      std::snprintf(number.data(), number.size(), "<U+%04X>", static_cast<unsigned>(c));
      out += number.data();
    } else {
      out += text.substr(0, text.size() - rest.size());
    }
    text = rest;
  }
  return out;
}

// By the C library's table, which the terminal library uses, too. It depends on the locale, and the
// user's may not be UTF-8.
std::size_t column_count(char32_t c) {
  if (c < 0x80) return 1;
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (utf8 == nullptr) return 1;
  const locale_t before = uselocale(utf8);
  const int count = wcwidth(static_cast<wchar_t>(c));
  uselocale(before);
  return count < 0 ? 1 : static_cast<std::size_t>(count);
}

}  // namespace goxel_telemetry::metrics
