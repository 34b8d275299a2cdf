// SPDX-License-Identifier: GPL-3.0-or-later
// Which requests are sent, and how often: like a person or an agent who works in a voxel editor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace load_client {

struct MixOptions {
  bool json_rpc = true;
  bool mcp = false;
  std::vector<std::string> operations;  // only these; empty: all
  bool traceparent = false;
  std::string files;  // folder for exported and saved files
};

struct Request {
  std::size_t operation;   // index in OperationMix::operations()
  std::string text;        // with its newline
  std::uint64_t trace_id;  // low half; 0: none
  bool json_rpc;
  // The request works on the whole model: the stock daemon may die if it does something else
  // meanwhile.
  bool heavy;
};

// Not thread-safe: use one for each connection.
class OperationMix {
 public:
  // Throws std::invalid_argument, with a sentence, if nothing is left to be sent.
  OperationMix(const MixOptions& options, std::uint64_t seed);

  // "jsonrpc/goxel.add_voxel", "mcp/goxel_add_voxels", ...; the same for every mix of the same
  // options.
  const std::vector<std::string>& operations() const { return names_; }
  Request next();

 private:
  std::string arguments(std::size_t entry);
  std::string traceparent(std::uint64_t& trace_id);
  int random(int low, int high);

  const MixOptions options_;
  std::mt19937_64 random_;
  std::vector<std::size_t> entries_;  // indices into the table in the .cpp file
  std::vector<std::string> names_;
  std::discrete_distribution<std::size_t> choice_;
  std::uint64_t next_id_ = 1;
};

}  // namespace load_client
