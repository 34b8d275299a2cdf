// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the answer to a message.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "methods.h"
#include "protocol.h"

namespace stand_in {

enum class Accepts { both, json_rpc, mcp };

struct Answer {
  std::string text;  // without its newline
  bool is_error = false;
};

// A method that takes longer than its work does: while the file exists, `slow`, else `usual`. It keeps a processor busy.
struct SlowMethod {
  std::string method;
  std::chrono::microseconds usual{0};
  std::chrono::microseconds slow{0};
  std::string file;

  void wait(std::string_view name) const;
};

// Thread-safe: there is one lock for the project, as in the stock daemon.
class Dispatcher {
 public:
  Dispatcher(Accepts accepts, bool stock_faults, std::vector<SlowMethod> slow_methods = {});

  // nullopt: there will never be an answer. With stock faults a batch kills the process here, by
  // SIGSEGV.
  std::optional<Answer> answer(const Message& message);
  // The answer to a message that is not worked on, because too many wait.
  std::optional<Answer> answer_queue_full(const Message& message) const;
  // The answer to a message that was too long to be read.
  std::optional<Answer> answer_too_large() const;

  // Ends calls of stand_in.sleep early, running ones and later ones.
  void stop();

 private:
  std::optional<Answer> answer_request(const Message& message);
  std::optional<Answer> answer_batch(const Json& requests);
  std::optional<Answer> answer_specified_mcp(const Message& message);
  Json call(const Message& message);
  Json call(std::string_view name, bool is_tool, const Params& params);
  Json sleep(const Params& params);
  bool accepted(const Message& message) const;

  const Accepts accepts_;
  const bool stock_faults_;
  const std::vector<SlowMethod> slow_methods_;
  std::mutex project_lock_;
  Project project_;
  std::mutex stop_lock_;
  std::condition_variable stop_changed_;
  bool stopping_ = false;
};

}  // namespace stand_in
