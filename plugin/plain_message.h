// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a message that lies whole in memory and is as almost all messages are: in one pass, with few
// instructions on few cache lines. In a daemon that is not busy every line of code and data that a
// request touches is waited for, and MessageScanner, which can stop anywhere and takes anything,
// touches three times as many.
#pragma once

#include <cstddef>

#include "plugin/message_scanner.h"

namespace goxel_telemetry::plugin {

// Longer ones are left to MessageScanner.
inline constexpr std::size_t kMostPlain = 1024;

// So many bytes behind a message are read with it, a NUL first.
inline constexpr std::size_t kBehindPlain = 32;

// Reads the facts of the message that `bytes` are, white space behind it included. False if they are
// no such message, or an unusual one, with escapes, white space other than spaces, fractions, members
// that are there twice or nested more deeply than usual: MessageScanner decides. Where this is true,
// MessageScanner finds the same facts. `first_offset` is 0; the names lie in `bytes`.
//
// `bytes` has kBehindPlain bytes more than `size`; bytes[size] is NUL. 0 < size <= kMostPlain.
bool read_plain_message(const char* bytes, std::size_t size, Message& out) noexcept;

}  // namespace goxel_telemetry::plugin
