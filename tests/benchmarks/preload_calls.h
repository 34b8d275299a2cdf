// SPDX-License-Identifier: GPL-3.0-or-later
// A request of 100 bytes and its answer of 110, as the stock daemon sends them: followed by a
// newline of its own; and when the calls that stand for the kernel's were made.
#pragma once

#include <cstddef>
#include <cstdint>

inline constexpr char kRequest[] =
    R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 5, "params": [10, 20, 30, 255, 0, 0, 255]}   )"
    "\n";
inline constexpr char kAnswer[] =
    R"({ "jsonrpc": "2.0", "result": { "success": true, "x": 1, "y": 2, "z": 3, "color": [ 255, 0, 0 ] }, "id": 5 }  )";
static_assert(sizeof kRequest - 1 >= 100 && sizeof kAnswer - 1 >= 108);

// Descriptor numbers that no file of the benchmark has.
inline constexpr int kListener = 300;
inline constexpr int kFirstDescriptor = 400;

// The calls of one request, in this order.
enum CallOfRequest : std::size_t { kPoll, kRecv, kSendAnswer, kSendNewline, kCallsOfRequest };

// What preload_calls.cpp is asked to do besides. It exports one as `preload_watch`.
struct PreloadWatch {
  // If set, each call writes down when it was entered and when it returned.
  bool stamps = false;
  // Of the present request: `next` grows with each call, from kPoll on.
  std::size_t next = 0;
  std::uint64_t entered[kCallsOfRequest] = {};
  std::uint64_t returned[kCallsOfRequest] = {};
  // The next poll finds nothing ready.
  bool nothing_comes = false;
  // Called by a poll that will find something: what happens while a daemon waits.
  void (*waiting)() = nullptr;
};
