// SPDX-License-Identifier: GPL-3.0-or-later
// Unsigned numbers as LEB128: seven bits a byte, the lowest first; the top bit says that another
// byte follows. Our file formats consist of such numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace goxel_telemetry::metrics {

inline void put_number(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

// Reads numbers from the front of bytes that are not trusted. failed() becomes true, and stays
// true, when a number is cut short or does not fit 64 bits.
class Numbers {
 public:
  explicit Numbers(std::span<const std::uint8_t> bytes)
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint64_t next() {
    if (next_ != end_ && *next_ < 0x80) [[likely]]
      return *next_++;
    return next_long();
  }

  // Takes the next `size` bytes as they are; none if there are fewer.
  std::span<const std::uint8_t> bytes(std::uint64_t size) {
    if (size > static_cast<std::uint64_t>(end_ - next_)) {
      failed_ = true;
      return {};
    }
    const std::span<const std::uint8_t> taken(next_, static_cast<std::size_t>(size));
    next_ += size;
    return taken;
  }

  // The bytes that are left; does not take them.
  std::span<const std::uint8_t> rest() const { return {next_, end_}; }

  bool failed() const { return failed_; }
  bool at_end() const { return next_ == end_; }

 private:
  std::uint64_t next_long() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && next_ != end_; shift += 7) {
      const std::uint64_t digit = *next_ & 0x7Fu;
      const bool last = *next_++ < 0x80;
      if (shift == 63 && digit > 1) break;
      value |= digit << shift;
      if (last) return value;
    }
    failed_ = true;
    return 0;
  }

  const std::uint8_t* next_;
  const std::uint8_t* end_;
  bool failed_ = false;
};

}  // namespace goxel_telemetry::metrics
