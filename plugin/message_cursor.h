// SPDX-License-Identifier: GPL-3.0-or-later
// Reads bytes for the message scanner. Bytes are classified once, 64 at a time, into bit masks; the
// next quote, bracket or newline is then found by counting zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "plugin/json_bytes.h"

#if defined(__SSE2__) && !defined(GOXEL_SCANNER_PORTABLE)
#define GOXEL_SCANNER_SSE2 1
#include <emmintrin.h>
#endif

// The cursor and its masks stay in registers only if everything that moves it is inlined.
#define GOXEL_SCANNER_INLINE [[gnu::always_inline]] inline

namespace goxel_telemetry::plugin {

constexpr std::size_t kVector = 16;
constexpr std::size_t kBlock = 64;

// Bit i stands for byte i.
struct Masks {
  std::uint64_t quotes = 0;
  std::uint64_t specials = 0;  // backslashes and newlines
  std::uint64_t brackets = 0;

  void classify(const char* vector, std::size_t at) noexcept;
};

#ifdef GOXEL_SCANNER_SSE2

GOXEL_SCANNER_INLINE __m128i equal(__m128i bytes, char c) noexcept {
  return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

GOXEL_SCANNER_INLINE std::uint64_t mask(__m128i matches) noexcept {
  return static_cast<unsigned>(_mm_movemask_epi8(matches));
}

// 16 bytes.
class Vector {
 public:
  GOXEL_SCANNER_INLINE explicit Vector(const char* from) noexcept
      : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))) {}
  GOXEL_SCANNER_INLINE void store(char* to) const noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes_);
  }
  // Bit i is set if byte i is `c`.
  GOXEL_SCANNER_INLINE std::uint64_t equal(char c) const noexcept {
    return mask(plugin::equal(bytes_, c));
  }

 private:
  __m128i bytes_;
};

GOXEL_SCANNER_INLINE void Masks::classify(const char* vector, std::size_t at) noexcept {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(vector));
  const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));  // [ to {, ] to }
  quotes |= mask(equal(bytes, '"')) << at;
  specials |= mask(_mm_or_si128(equal(bytes, '\\'), equal(bytes, '\n'))) << at;
  brackets |= mask(_mm_or_si128(equal(folded, '{'), equal(folded, '}'))) << at;
}

#else

class Vector {
 public:
  explicit Vector(const char* from) noexcept { std::memcpy(bytes_, from, kVector); }
  void store(char* to) const noexcept { std::memcpy(to, bytes_, kVector); }
  std::uint64_t equal(char c) const noexcept {
    std::uint64_t matches = 0;
    for (std::size_t i = 0; i < kVector; ++i) matches |= std::uint64_t{bytes_[i] == c} << i;
    return matches;
  }

 private:
  char bytes_[kVector];
};

inline void Masks::classify(const char* vector, std::size_t at) noexcept {
  for (std::size_t i = 0; i < kVector; ++i) {
    const char c = vector[i];
    quotes |= std::uint64_t{c == '"'} << (at + i);
    specials |= std::uint64_t{c == '\\' || c == '\n'} << (at + i);
    brackets |= std::uint64_t{is_opening(c) || is_closing(c)} << (at + i);
  }
}

#endif

// The lowest bit that is set; there must be one.
inline std::size_t first_bit(std::uint64_t bits) noexcept {
  return static_cast<std::size_t>(__builtin_ctzll(bits));
}

// All bits below the lowest that is set.
inline std::uint64_t below_first(std::uint64_t bits) noexcept {
  return (bits - 1) & ~bits;
}

// Bit i is set if an odd number of bits up to and including i is set.
inline std::uint64_t prefix_xor(std::uint64_t bits) noexcept {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ bits << 32;
}

// The bytes that a backslash escapes: every second one of a run of backslashes, and what follows a
// run of odd length. Adding the first bit of a run to the run clears it and sets the bit behind it;
// so runs that begin at odd bytes can be distinguished from the others. `first` says that byte 0 is
// escaped.
inline std::uint64_t escaped_bytes(std::uint64_t backslashes, bool first) noexcept {
  constexpr std::uint64_t kEven = 0x5555555555555555;
  backslashes &= ~std::uint64_t{first};
  const std::uint64_t after_backslash = backslashes << 1 | std::uint64_t{first};
  const std::uint64_t odd_starts = backslashes & ~kEven & ~after_backslash;
  const std::uint64_t even_runs = (odd_starts + backslashes) << 1;
  return (kEven ^ even_runs) & after_backslash;
}

GOXEL_SCANNER_INLINE bool spells(const char* text, std::string_view word) noexcept {
  return __builtin_memcmp(text, word.data(), word.size()) == 0;
}

// The bytes of one feed, how far they are read, and the masks of the block that was last looked at.
class MessageCursor {
 public:
  MessageCursor(const char* bytes, std::size_t size) noexcept
      : begin_(bytes), next_(bytes), end_(bytes + size) {}

  std::size_t consumed() const noexcept { return static_cast<std::size_t>(next_ - begin_); }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - next_); }
  bool at_end() const noexcept { return next_ == end_; }
  const char* text() const noexcept { return next_; }
  char peek(std::size_t ahead = 0) const noexcept { return next_[ahead]; }
  void skip(std::size_t count = 1) noexcept { next_ += count; }

  // False if nothing follows.
  GOXEL_SCANNER_INLINE bool skip_white_space() noexcept {
    for (; !at_end(); skip()) {
      if (peek() > ' ' || !is_white_space(peek())) return true;
    }
    return false;
  }

  // Skips `text` if it and more follows.
  GOXEL_SCANNER_INLINE bool skip_if(std::string_view text) noexcept {
    if (left() <= text.size() || !spells(next_, text)) return false;
    skip(text.size());
    return true;
  }

  // Bit 0 stands for the next byte; bits for bytes that are not covered() are zero. Not at the end.
  GOXEL_SCANNER_INLINE Masks masks() noexcept {
    const std::size_t passed = passed_of_block();
    return {masks_.quotes >> passed, masks_.specials >> passed, masks_.brackets >> passed};
  }

  // How many of the next bytes masks() covers: from one to 64.
  GOXEL_SCANNER_INLINE std::size_t covered() const noexcept {
    const std::size_t in_block = kBlock - (position() - block_);
    return in_block < left() ? in_block : left();
  }

  // How many bytes come before the next quote, backslash, newline or the end; not at the end.
  GOXEL_SCANNER_INLINE std::size_t plain_text() noexcept {
    const std::size_t passed = passed_of_block();
    const std::uint64_t stops = (masks_.quotes | masks_.specials) >> passed;
    if (stops != 0) return first_bit(stops);
    const char* const start = next_;
    for (skip(covered()); !at_end(); skip(covered())) {
      const Masks here = masks();
      if ((here.quotes | here.specials) == 0) continue;
      skip(first_bit(here.quotes | here.specials));
      break;
    }
    const auto size = static_cast<std::size_t>(next_ - start);
    next_ = start;
    return size;
  }

 private:
  std::uintptr_t position() const noexcept { return reinterpret_cast<std::uintptr_t>(next_); }

  GOXEL_SCANNER_INLINE std::size_t passed_of_block() noexcept {
    if (position() - block_ >= kBlock) classify_block();
    return position() - block_;
  }

  // Classifies the 64 bytes from next_ on; near the end the last 64 bytes, or all if there are
  // fewer. No byte outside of the given ones is read.
  GOXEL_SCANNER_INLINE void classify_block() noexcept {
    masks_ = {};
    const auto size = static_cast<std::size_t>(end_ - begin_);
    const char* const block = size < kBlock ? begin_ : left() < kBlock ? end_ - kBlock : next_;
    block_ = reinterpret_cast<std::uintptr_t>(block);
    if (size >= kBlock) {
      masks_.classify(block, 0);
      masks_.classify(block + kVector, kVector);
      masks_.classify(block + 2 * kVector, 2 * kVector);
      masks_.classify(block + 3 * kVector, 3 * kVector);
    } else if (size >= kVector) {
      for (std::size_t i = 0; i + kVector < size; i += kVector) masks_.classify(block + i, i);
      masks_.classify(end_ - kVector, size - kVector);
    } else {
      char padded[kVector] = {};
      for (std::size_t i = 0; i < size; ++i) padded[i] = block[i];
      masks_.classify(padded, 0);
    }
  }

  const char* begin_;
  const char* next_;
  const char* end_;
  std::uintptr_t block_ = 0;  // address where the masks begin; 0: none were made yet
  Masks masks_;
};

}  // namespace goxel_telemetry::plugin
