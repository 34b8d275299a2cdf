// SPDX-License-Identifier: GPL-3.0-or-later
#include "operation_mix.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

namespace load_client {
namespace {

enum class Arguments { none, voxel, position, fill, shape, region, project, model_file, any_file };

struct Entry {
  bool mcp;
  const char* operation;
  double weight;
  Arguments arguments;
};

// Only what the stock daemon answers every time (it dies of some others), and an unknown method,
// answered with an error. An unknown MCP tool is not among them: it is never answered.
constexpr std::array<Entry, 20> kTable{{
    {false, "ping", 20, Arguments::none},
    {false, "version", 1, Arguments::none},
    {false, "goxel.get_status", 10, Arguments::none},
    {false, "goxel.add_voxel", 40, Arguments::voxel},
    {false, "goxel.get_voxel", 15, Arguments::position},
    {false, "goxel.remove_voxel", 3, Arguments::position},
    {false, "goxel.list_layers", 8, Arguments::none},
    {false, "goxel.flood_fill", 0.3, Arguments::fill},
    {false, "goxel.procedural_shape", 0.2, Arguments::shape},
    {false, "goxel.export_model", 0.3, Arguments::model_file},
    {false, "goxel.save_project", 0.2, Arguments::any_file},
    {false, "no_such_method", 1, Arguments::none},
    {true, "ping", 20, Arguments::none},
    {true, "version", 1, Arguments::none},
    {true, "goxel_add_voxels", 40, Arguments::voxel},
    {true, "goxel_get_voxel", 15, Arguments::position},
    {true, "goxel_remove_voxels", 3, Arguments::position},
    {true, "goxel_list_layers", 8, Arguments::none},
    {true, "goxel_flood_fill", 0.3, Arguments::fill},
    {true, "goxel_save_file", 0.2, Arguments::any_file},
}};

// Never by chance, but --methods may name them.
constexpr std::array<Entry, 4> kOnRequest{{
    {false, "goxel.get_voxels_region", 0, Arguments::region},  // kills it while there is no project
    {false, "goxel.create_project", 0, Arguments::project},
    {true, "goxel_create_project", 0, Arguments::project},
    {true, "goxel_export_file", 0, Arguments::model_file},
}};

const Entry& entry_at(std::size_t index) {
  return index < kTable.size() ? kTable[index] : kOnRequest[index - kTable.size()];
}

bool is_heavy(Arguments arguments) {
  return arguments == Arguments::shape || arguments == Arguments::region ||
         arguments == Arguments::project || arguments == Arguments::model_file ||
         arguments == Arguments::any_file;
}

}  // namespace

OperationMix::OperationMix(const MixOptions& options, std::uint64_t seed)
    : options_(options), random_(seed) {
  std::vector<double> weights;
  for (std::size_t i = 0; i < kTable.size() + kOnRequest.size(); ++i) {
    const Entry& entry = entry_at(i);
    if (entry.mcp ? !options.mcp : !options.json_rpc) continue;
    const bool asked_for = std::find(options.operations.begin(), options.operations.end(),
                                     entry.operation) != options.operations.end();
    if (options.operations.empty() ? entry.weight == 0 : !asked_for) continue;
    entries_.push_back(i);
    names_.push_back(std::string(entry.mcp ? "mcp/" : "jsonrpc/") + entry.operation);
    weights.push_back(std::max(entry.weight, 0.1));
  }
  if (entries_.empty()) {
    throw std::invalid_argument("None of the methods is known, or none belongs to this --mix.");
  }
  choice_ = std::discrete_distribution<std::size_t>(weights.begin(), weights.end());
}

int OperationMix::random(int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random_);
}

std::string OperationMix::traceparent(std::uint64_t& trace_id) {
  const auto half = [this] { return static_cast<unsigned long long>(random_() | 1U); };
  std::array<char, 64> text{};
  const unsigned long long high = half();
  const unsigned long long low = half();
  std::snprintf(text.data(), text.size(), "00-%016llx%016llx-%016llx-01", high, low, half());
  trace_id = low;
  return text.data();
}

std::string OperationMix::arguments(std::size_t index) {
  const Entry& entry = entry_at(index);
  const auto number = [this](int low, int high) { return std::to_string(random(low, high)); };
  const std::string position =
      R"("x": )" + number(0, 31) + R"(, "y": )" + number(0, 31) + R"(, "z": )" + number(0, 31);
  const std::string place = entry.mcp ? R"("position": {)" + position + "}" : position;
  const std::string color =
      entry.mcp ? R"("color": {"r": )" + number(0, 3) + R"(, "g": 0, "b": 255, "a": 255})"
                : R"("color": [)" + number(0, 3) + ", 0, 255, 255]";
  switch (entry.arguments) {
    case Arguments::none:
      return {};
    case Arguments::voxel:
    case Arguments::fill:
      return place + ", " + color;
    case Arguments::position:
      return place;
    case Arguments::shape:
      return R"("shape": "cube", "center": [16, 16, 16], "size": [6, 6, 6], )" + color;
    case Arguments::region:
      return R"("min": [0, 0, 0], "max": [7, 7, 7])";
    case Arguments::project:
      return R"("name": "load", "width": 32, "height": 32, "depth": 32)";
    case Arguments::model_file:
      return R"("path": ")" + options_.files + R"(/load.obj")";
    case Arguments::any_file:
      return R"("path": ")" + options_.files + R"(/load.gox")";
  }
  return {};
}

Request OperationMix::next() {
  Request request{};
  request.operation = choice_(random_);
  const std::size_t index = entries_[request.operation];
  const Entry& entry = entry_at(index);
  request.json_rpc = !entry.mcp;
  request.heavy = is_heavy(entry.arguments);
  std::string meta;
  if (options_.traceparent)
    meta = R"(, "_meta": {"traceparent": ")" + traceparent(request.trace_id) + "\"}";
  if (entry.mcp) {
    request.text = std::string(R"({"tool": ")") + entry.operation + R"(", "arguments": {)" +
                   arguments(index) + "}" + meta + "}\n";
  } else {
    request.text = std::string(R"({"jsonrpc": "2.0", "method": ")") + entry.operation +
                   R"(", "id": )" + std::to_string(next_id_++) + R"(, "params": {)" +
                   arguments(index) + "}" + meta + "}\n";
  }
  return request;
}

}  // namespace load_client
