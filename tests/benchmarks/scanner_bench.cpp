// SPDX-License-Identifier: GPL-3.0-or-later
//
// The scanner compared with simdjson's on-demand parser: the same facts, kept in the same form (name
// copied and hashed, id hashed, trace ids decoded), from the same messages. simdjson is given its
// messages already cut and padded, and keeps its parser; the scanner is given lines as they arrive.
// Pin it (taskset -c 1) and compare within one run.

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/message_scanner.h"

namespace {

using namespace std::string_view_literals;
using goxel_telemetry::plugin::MessageScanner;
namespace ondemand = simdjson::ondemand;

constexpr std::string_view kTraced =
    R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 17, "params": {"x": 1, "y": 2, "z": 5, )"
    R"("color": [0, 255, 0, 255], "_meta": {"traceparent": )"
    R"("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}})";

// As recorded from the stock daemon.
const std::vector<std::string_view> kRequests = {
    R"({"jsonrpc": "2.0", "method": "goxel.create_project", "id": 1, "params": ["t", 32, 32, 32]})",
    R"({"jsonrpc": "2.0", "method": "goxel.get_status", "id": "abc", "params": {}})",
    R"({"jsonrpc": "2.0", "method": "ping", "id": 3})",
    R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 5, "params": [1, 2, 3, 255, 0, 0, 255]})",
    R"({"jsonrpc": "2.0", "method": "goxel.add_voxel", "id": 6, "params": {"x": 1, "y": 2, "z": 4, "color": [255, 0, 0, 255]}})",
    R"({"jsonrpc": "2.0", "method": "goxel.export_model", "id": 10, "params": ["o.vox"]})",
    R"({"jsonrpc": "2.0", "method": "goxel.execute_script", "id": 12, "params": {"script": "1+1"}})",
    R"({"jsonrpc": "2.0", "method": "goxel.render_scene", "id": 13, "params": {"width": 64, "height": 64}})",
    kTraced,
    R"({"id": 18, "params": [], "method": "ping", "jsonrpc": "2.0"})",
    R"({"tool": "goxel_create_project", "arguments": {"name": "x", "width": 16, "height": 16, "depth": 16}})",
    R"({"tool": "goxel_add_voxels", "arguments": {"position": {"x": 1, "y": 1, "z": 1}, "color": {"r": 255, "g": 0, "b": 0, "a": 255}}})",
};

const std::vector<std::string_view> kAnswers = {
    R"({ "jsonrpc": "2.0", "result": { "success": true, "name": "t", "width": 32, "height": 32, "depth": 32 }, "id": 1 })",
    R"({ "jsonrpc": "2.0", "result": { "version": "0.18.6", "layer_count": 1, "read_only": false, "width": 32, "height": 32, "depth": 32 }, "id": "abc" })",
    R"({ "jsonrpc": "2.0", "result": { "pong": true, "timestamp": 1795467052 }, "id": 3 })",
    R"({ "jsonrpc": "2.0", "result": { "success": true, "x": 1, "y": 2, "z": 3, "layer_id": 0, "color": [ 255, 0, 0, 255 ] }, "id": 5 })",
    R"({ "jsonrpc": "2.0", "result": { "count": 1, "layers": [ { "id": 0, "name": "Layer 0", "visible": true } ] }, "id": 8 })",
    R"({ "jsonrpc": "2.0", "error": { "code": -1008, "message": "Failed to create layer: error code 2" }, "id": 9 })",
    R"({ "jsonrpc": "2.0", "result": { "success": true, "path": "o.vox" }, "id": 10 })",
    R"({ "jsonrpc": "2.0", "error": { "code": -32601, "message": "Method not found: nope" }, "id": 14 })",
    R"({ "success": true, "content": { "success": true, "name": "x", "width": 16, "height": 16, "depth": 16 } })",
};

std::string around(std::string_view head, std::string_view unit, std::string_view tail) {
  std::string message(head);
  while (message.size() < 65536) message += unit;
  return message += tail;
}

const std::vector<std::string_view>& messages(int set) {
  static const std::string long_text =
      around(R"({"method": "echo", "id": 1, "params": {"blob": ")", "x", R"("}})");
  static const std::string numbers =
      around(R"({"method": "paint", "id": 1, "params": [)", "[1,2,3,255,0,0,255],", "[0]]}");
  static const std::string objects =
      around(R"({"result": [)", R"({ "id": 0, "name": "Layer 0", "visible": true }, )",
             R"([]], "id": 1})");
  static const std::string escapes =
      around(R"({"params": {"script": ")", R"(a = \"b\";\n)", R"("}})");
  static const std::string brackets = around(R"({"params": [)", "[[[[[[[[]]]]]]]],", R"([]]})");
  static const std::vector<std::string_view> sets[] = {
      kRequests,   kAnswers,  {kRequests[3]}, {kAnswers[3]}, {kTraced},
      {long_text}, {numbers}, {objects},      {escapes},     {brackets},
  };
  return sets[set];
}

constexpr const char* kSetNames[] = {"requests",  "answers", "add_voxel", "its_answer", "traced",
                                     "long_text", "numbers", "objects",   "escapes",    "brackets"};

void count(benchmark::State& state, const std::vector<std::string_view>& set) {
  std::size_t bytes = 0;
  for (const std::string_view message : set) bytes += message.size();
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(set.size()));
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
  state.counters["per_message"] = benchmark::Counter(
      static_cast<double>(set.size()),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void scanner(benchmark::State& state) {
  const auto& set = messages(static_cast<int>(state.range(0)));
  state.SetLabel(kSetNames[state.range(0)]);
  // As they arrive: each in a buffer of its own, with its newline.
  std::vector<std::string> lines;
  for (const std::string_view message : set) lines.push_back(std::string(message) + "\n");

  MessageScanner scanner;
  for (auto _ : state) {
    for (const std::string& line : lines) {
      const auto step = scanner.feed(line.data(), line.size());
      if (!step.complete) state.SkipWithError("no message");
      benchmark::DoNotOptimize(scanner.message().name);
      scanner.feed(line.data() + step.consumed, line.size() - step.consumed);
    }
  }
  count(state, set);
}

struct Facts {
  char name[56] = {};
  std::size_t name_size = 0;
  std::uint64_t id_hash = 0;
  std::uint64_t trace[3] = {};
  bool has_error = false;
  bool denies_success = false;
};

template <class T, class Result>
T value_or(Result&& result, T fallback) {
  T value;
  return std::forward<Result>(result).get(value) == simdjson::SUCCESS ? value : fallback;
}

std::uint64_t hash(std::string_view text) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

void keep_name(std::string_view name, Facts& facts) {
  facts.name_size = std::min(name.size(), sizeof facts.name);
  std::memcpy(facts.name, name.data(), facts.name_size);
}

void keep_trace(ondemand::object meta, Facts& facts) {
  const auto text = value_or(meta.find_field_unordered("traceparent").get_string(), ""sv);
  if (text.size() != 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return;
  const auto hex = [&](std::size_t at, std::uint64_t& value) {
    std::from_chars(text.data() + at, text.data() + at + 16, value, 16);
  };
  hex(3, facts.trace[0]);
  hex(19, facts.trace[1]);
  hex(36, facts.trace[2]);
}

Facts facts_of(ondemand::parser& parser, const simdjson::padded_string& text) {
  Facts facts;
  ondemand::document document = parser.iterate(text);
  for (auto field : document.get_object()) {
    const ondemand::raw_json_string key = field.key();
    ondemand::value value = field.value();
    if (key == "method" || key == "tool") {
      keep_name(value_or(value.get_string(), ""sv), facts);
    } else if (key == "id") {
      facts.id_hash = hash(value.raw_json_token());
    } else if (key == "params" || key == "arguments") {
      ondemand::object carrier, meta;
      if (value.get_object().get(carrier) == simdjson::SUCCESS &&
          carrier.find_field_unordered("_meta").get_object().get(meta) == simdjson::SUCCESS) {
        keep_trace(meta, facts);
      }
    } else if (key == "_meta") {
      ondemand::object meta;
      if (value.get_object().get(meta) == simdjson::SUCCESS) keep_trace(meta, facts);
    } else if (key == "error") {
      facts.has_error = !value.is_null();
    } else if (key == "success") {
      facts.denies_success = !value_or(value.get_bool(), true);
    }
  }
  return facts;
}

void simdjson_ondemand(benchmark::State& state) {
  const auto& set = messages(static_cast<int>(state.range(0)));
  state.SetLabel(kSetNames[state.range(0)]);
  std::vector<simdjson::padded_string> padded;
  for (const std::string_view message : set) padded.emplace_back(message);

  ondemand::parser parser;
  for (auto _ : state) {
    for (const simdjson::padded_string& text : padded) {
      benchmark::DoNotOptimize(facts_of(parser, text));
    }
  }
  count(state, set);
}

// What the daemon's second send, the newline, costs.
void lone_newline(benchmark::State& state) {
  MessageScanner scanner;
  for (auto _ : state) benchmark::DoNotOptimize(scanner.feed("\n", 1));
}

BENCHMARK(scanner)->DenseRange(0, 9);
BENCHMARK(simdjson_ondemand)->DenseRange(0, 9);
BENCHMARK(lone_newline);

}  // namespace

BENCHMARK_MAIN();
