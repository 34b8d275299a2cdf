// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/traceparent.h"

#include <bit>
#include <cstring>

#include "plugin/json_bytes.h"

namespace goxel_telemetry::plugin {
namespace {

constexpr unsigned kVersionFf = 0xff;
// Where the parts begin, and the dash before each.
constexpr unsigned kTraceId = 3, kParentId = 36, kFlags = 53;

// Reads eight lower-case digits at once; bytes that are none leave bits in `errors`. No step
// carries from one byte to the next.
inline std::uint64_t read_hex8(const char* text, std::uint64_t& errors) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  if constexpr (std::endian::native == std::endian::little) bytes = __builtin_bswap64(bytes);
  std::uint64_t digits = (bytes & 15 * kOnes) + (bytes >> 6 & kOnes) * 9;
  const std::uint64_t over_nine = (digits + 6 * kOnes) >> 4 & kOnes;
  const std::uint64_t spelled = digits + '0' * kOnes + ('a' - '9' - 1) * over_nine;
  errors |= (spelled ^ bytes) | (digits & ~(15 * kOnes));
  digits = (digits | digits >> 4) & 0x00ff00ff00ff00ff;
  digits = (digits | digits >> 8) & 0x0000ffff0000ffff;
  return (digits | digits >> 16) & 0xffffffff;
}

inline std::uint64_t read_hex16(const char* text, std::uint64_t& errors) noexcept {
  const std::uint64_t high = read_hex8(text, errors);
  return high << 32 | read_hex8(text + 8, errors);
}

}  // namespace

[[gnu::hot]] std::uint64_t TraceparentReader::trace_id_at(const char* text) noexcept {
  if (text[kTraceId - 1] != '-' || text[kParentId - 1] != '-' || text[kSize] != '"') return 0;
  std::uint64_t errors = 0;
  const std::uint64_t id = read_hex16(text + kTraceId + 16, errors);
  return errors == 0 ? id : 0;
}

void TraceparentReader::read(const char* text, std::size_t size) noexcept {
  std::size_t done = 0;
  if (position_ == 0 && size >= kSize) {
    read_all_at_once(text);
    done = kSize;
  }
  for (; done < size && position_ <= kSize; ++done) read_next(text[done]);
}

// The same as read_next() 55 times, in a tenth of the time.
void TraceparentReader::read_all_at_once(const char* text) noexcept {
  std::uint64_t errors = 0;
  const std::uint64_t trace_id_high = read_hex16(text + kTraceId, errors);
  trace_id_ = read_hex16(text + kTraceId + 16, errors);
  const std::uint64_t parent_id = read_hex16(text + kParentId, errors);
  const unsigned version[] = {lower_hex_digit(text[0]), lower_hex_digit(text[1])};
  const unsigned flags = lower_hex_digit(text[kFlags]) | lower_hex_digit(text[kFlags + 1]);
  version_ = static_cast<std::uint8_t>(version[0] << 4 | version[1]);
  trace_digits_ = (trace_id_high | trace_id_) != 0;
  parent_digits_ = parent_id != 0;
  const bool dashes =
      text[kTraceId - 1] == '-' && text[kParentId - 1] == '-' && text[kFlags - 1] == '-';
  const bool digits = errors == 0 && (version[0] | version[1] | flags) <= 15;
  position_ = dashes && digits && version_ != kVersionFf ? kSize : kInvalid;
}

void TraceparentReader::read_next(char c) noexcept {
  const unsigned at = position_++;
  const unsigned digit = lower_hex_digit(c);
  if (at == kSize) {
    position_ = c == '-' && version_ != 0 ? kLonger : kInvalid;
  } else if (at == kTraceId - 1 || at == kParentId - 1 || at == kFlags - 1) {
    if (c != '-') position_ = kInvalid;
  } else if (digit > 15) {
    position_ = kInvalid;
  } else if (at < kTraceId) {
    version_ = static_cast<std::uint8_t>(unsigned{version_} << 4 | digit);
    if (version_ == kVersionFf) position_ = kInvalid;
  } else if (at < kParentId) {
    trace_id_ = trace_id_ << 4 | digit;  // shifts the high half out again
    trace_digits_ = static_cast<std::uint8_t>(trace_digits_ | digit);
  } else if (at < kFlags) {
    parent_digits_ = static_cast<std::uint8_t>(parent_digits_ | digit);
  }
}

}  // namespace goxel_telemetry::plugin
