// SPDX-License-Identifier: GPL-3.0-or-later
// What single bytes mean in JSON (RFC 8259), and the hash by which texts are compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace goxel_telemetry::plugin {

inline bool is_white_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

inline bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

inline bool is_opening(char c) noexcept {
  return c == '{' || c == '[';
}

inline bool is_closing(char c) noexcept {
  return c == '}' || c == ']';
}

inline bool is_curly(char bracket) noexcept {
  return (bracket & 0x20) != 0;
}

// Of UTF-8; RFC 8259, 8.1 lets a parser ignore it.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr char kWords[] = "true\0false\0null";
constexpr std::uint8_t kTrue = 0, kFalse = 5, kNull = 11;

// How much of a number has been read. A number cannot end in one of the parts before kZero.
enum NumberPart : std::uint8_t {
  kStart,
  kMinus,
  kPoint,
  kMark,
  kSign,
  kZero,
  kInteger,
  kFraction,
  kExponent,
  kOver,  // this byte does not belong to the number
};

constexpr NumberPart kNumberParts[][6] = {
    // 0       1 to 9     -       +      .       e or E
    {kZero, kInteger, kMinus, kOver, kOver, kOver},      // kStart
    {kZero, kInteger, kOver, kOver, kOver, kOver},       // kMinus
    {kFraction, kFraction, kOver, kOver, kOver, kOver},  // kPoint
    {kExponent, kExponent, kSign, kSign, kOver, kOver},  // kMark
    {kExponent, kExponent, kOver, kOver, kOver, kOver},  // kSign
    {kOver, kOver, kOver, kOver, kPoint, kMark},         // kZero
    {kInteger, kInteger, kOver, kOver, kPoint, kMark},   // kInteger
    {kFraction, kFraction, kOver, kOver, kOver, kMark},  // kFraction
    {kExponent, kExponent, kOver, kOver, kOver, kOver},  // kExponent
};

inline NumberPart number_part_after(std::uint8_t part, char c) noexcept {
  const NumberPart* const next = kNumberParts[part];
  if (is_digit(c)) return next[c != '0'];
  if (c == '-') return next[2];
  if (c == '+') return next[3];
  if (c == '.') return next[4];
  return c == 'e' || c == 'E' ? next[5] : kOver;
}

// The byte that a backslash and `c` stand for, or NUL if they are no escape.
inline char unescape(char c) noexcept {
  constexpr std::string_view kEscapes = "\"\"\\\\//b\bf\fn\nr\rt\t";
  for (std::size_t i = 0; i < kEscapes.size(); i += 2) {
    if (kEscapes[i] == c) return kEscapes[i + 1];
  }
  return '\0';
}

// The value of a digit, or 16.
inline unsigned lower_hex_digit(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  return c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10) : 16;
}

inline unsigned hex_digit(char c) noexcept {
  return lower_hex_digit(c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c);
}

// FNV-1a.
constexpr std::uint64_t kHashSeed = 0xcbf29ce484222325;
inline std::uint64_t hash(std::uint64_t sum, const char* text, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    sum = (sum ^ static_cast<unsigned char>(text[i])) * 0x100000001b3;
  }
  return sum;
}

}  // namespace goxel_telemetry::plugin
