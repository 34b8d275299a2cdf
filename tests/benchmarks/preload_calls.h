// SPDX-License-Identifier: GPL-3.0-or-later
// Requests and their answers, as the stock daemon sends them: followed by a newline of its own; and when the calls that stand for
// the kernel's were made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

struct Exchange {
  const char* name;
  std::string_view request;
  std::string_view answer;
};
// The first is what is meant where no other is named: a request of 100 bytes and an answer of 110.
inline constexpr Exchange kExchanges[] = {
    {"plain",
     R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 5, "params": [10, 20, 30, 255, 0, 0, 255]}   )"
     "\n",
     R"({ "jsonrpc": "2.0", "result": { "success": true, "x": 1, "y": 2, "z": 3, "color": [ 255, 0, 0 ] }, "id": 5 }  )"},
    {"traced",
     R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 5, "params": {"x": 1, "y": 2, "z": 3, "color": [3, 0, 255, 255]}, )"
     R"("_meta": {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}})"
     "\n",
     R"({ "jsonrpc": "2.0", "result": { "success": true, "x": 1, "y": 2, "z": 3, "layer_id": 0, "color": [ 3, 0, 255, 255 ] }, "id": 5 })"},
    {"failed",
     R"({"jsonrpc": "2.0", "method": "goxel.get_voxel", "id": 5, "params": {"x": 1}})"
     "\n",
     R"({ "jsonrpc": "2.0", "error": { "code": -32602, "message": "Invalid params" }, "id": 5 })"},
    {"tool",
     R"({"tool": "goxel_add_voxels", "arguments": {"position": {"x": 1, "y": 2, "z": 3}, "color": {"r": 3, "g": 0, "b": 255, "a": 255}}})"
     "\n",
     R"({ "success": true, "content": { "success": true, "x": 1, "y": 2, "z": 3, "layer_id": 0, "color": [ 3, 0, 255, 255 ] } })"},
    {"mcp",
     R"({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "goxel_add_voxels", "arguments": {"position": {"x": 1, "y": 2, "z": 3}}}})"
     "\n",
     R"({ "jsonrpc": "2.0", "id": 5, "result": { "content": [ { "type": "text", "text": "done" } ], "isError": false } })"},
};

// Descriptor numbers that no file of the benchmark has.
inline constexpr int kListener = 300;
inline constexpr int kFirstDescriptor = 400;

// The calls of one request, in this order.
enum CallOfRequest : std::size_t { kPoll, kRecv, kSendAnswer, kSendNewline, kCallsOfRequest };

// What preload_calls.cpp is asked to do besides. It exports one as `preload_watch`.
struct PreloadWatch {
  // What recv returns.
  std::size_t received = kExchanges[0].request.size();
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
