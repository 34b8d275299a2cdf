// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the `traceparent` of a W3C trace context (https://www.w3.org/TR/trace-context/), whole or
// in pieces. Both doors use it, so that they agree on which ones are valid:
//
//   version "-" trace id "-" parent id "-" flags
//
//  - These are 2, 32, 16 and 2 lower-case hexadecimal digits; 55 characters in all.
//  - Version ff is invalid. Version 00 ends there. A later version may go on with another "-", and
//    what follows it is not looked at.
//  - A trace id and a parent id must not be all zeros.
#pragma once

#include <cstddef>
#include <cstdint>

namespace goxel_telemetry::plugin {

class TraceparentReader {
 public:
  // The low 64 bits of the trace id of what looks like a traceparent with a quote behind it, at little
  // cost: 56 bytes. 0 if it does not look like one; whether it is valid, a TraceparentReader says.
  static std::uint64_t trace_id_at(const char* text) noexcept;

  // Reads on: `text` follows what was read before.
  void read(const char* text, std::size_t size) noexcept;

  // The low 64 bits of the trace id, which is what a record keeps. 0 if what was read so far is no
  // valid traceparent.
  std::uint64_t trace_id() const noexcept {
    const bool whole = position_ == kSize || position_ == kLonger;
    return whole && trace_digits_ != 0 && parent_digits_ != 0 ? trace_id_ : 0;
  }

 private:
  static constexpr std::uint8_t kSize = 55;
  static constexpr std::uint8_t kLonger = 56;
  static constexpr std::uint8_t kInvalid = 57;

  void read_all_at_once(const char* text) noexcept;
  void read_next(char c) noexcept;

  std::uint64_t trace_id_ = 0;
  std::uint8_t position_ = 0;  // characters that were read, or kLonger, or kInvalid
  std::uint8_t version_ = 0;
  std::uint8_t trace_digits_ = 0;  // not 0 if a digit of the trace id is not 0
  std::uint8_t parent_digits_ = 0;
};

}  // namespace goxel_telemetry::plugin
