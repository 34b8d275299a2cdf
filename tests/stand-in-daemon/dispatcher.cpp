// SPDX-License-Identifier: GPL-3.0-or-later
#include "dispatcher.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <utility>

#include "mcp.h"

namespace stand_in {
namespace {

// As the stock daemon does it: with the request in flight, and in a way that no sanitizer catches.
[[noreturn]] void crash() {
  std::signal(SIGSEGV, SIG_DFL);
  std::raise(SIGSEGV);
  std::abort();
}

// The stock daemon's MCP answers lose what is in arrays.
void empty_arrays(Json& value) {
  if (value.is_array()) {
    value.clear();
  } else if (value.is_object()) {
    for (auto& item : value) empty_arrays(item);
  }
}

Answer to_answer(const Json& reply, bool is_error) {
  return {to_spaced_text(reply), is_error};
}

// Its MCP errors have codes of their own.
int mcp_code(int rpc_code) {
  return rpc_code == kInvalidParams ? -1002 : -1003;
}

}  // namespace

void SlowMethod::wait(std::string_view name) const {
  if (name != method) return;
  std::error_code ignored;
  const auto until =
      std::chrono::steady_clock::now() + (std::filesystem::exists(file, ignored) ? slow : usual);
  while (std::chrono::steady_clock::now() < until) {
  }
}

Dispatcher::Dispatcher(Accepts accepts, bool stock_faults, std::vector<SlowMethod> slow_methods)
    : accepts_(accepts), stock_faults_(stock_faults), slow_methods_(std::move(slow_methods)) {
  project_.stock_faults = stock_faults;
}

bool Dispatcher::accepted(const Message& message) const {
  if (accepts_ == Accepts::both) return true;
  return (message.dialect == Dialect::json_rpc) == (accepts_ == Accepts::json_rpc);
}

std::optional<Answer> Dispatcher::answer(const Message& message) {
  if (message.dialect == Dialect::specified_mcp) return answer_specified_mcp(message);
  switch (message.kind) {
    case Message::Kind::batch:
      if (stock_faults_) crash();
      return answer_batch(message.body);
    case Message::Kind::malformed:
      if (stock_faults_) return std::nullopt;
      return message.is_json
                 ? to_answer(rpc_error(id_of(message.body), -32600, "Invalid Request"), true)
                 : to_answer(rpc_error(nullptr, -32700, "Parse error"), true);
    case Message::Kind::request:
      break;
  }
  if (stock_faults_ && !is_strictly_valid(message)) return std::nullopt;
  if (!accepted(message)) {
    if (stock_faults_) return std::nullopt;
    return to_answer(message.dialect == Dialect::json_rpc
                         ? rpc_error(id_of(message.body), -32600, "JSON-RPC is switched off")
                         : mcp_error(-1001, "MCP is switched off"),
                     true);
  }
  return answer_request(message);
}

std::optional<Answer> Dispatcher::answer_specified_mcp(const Message& message) {
  const std::optional<Json> reply =
      accepted(message)
          ? specified_mcp_reply(message,
                                [this](const std::string& tool, const Params& arguments) {
                                  return call(tool, true, arguments);
                                })
      : is_notification(message)
          ? std::nullopt
          : std::optional(rpc_error(id_of(message.body), -32600, "MCP is switched off"));
  if (!reply) return std::nullopt;
  return to_answer(*reply, says_error(*reply));
}

std::optional<Answer> Dispatcher::answer_queue_full(const Message& message) const {
  if (is_notification(message)) return std::nullopt;
  const std::string sentence = "The queue is full";
  return to_answer(message.dialect == Dialect::mcp
                       ? mcp_error(-1003, sentence)
                       : rpc_error(id_of(message.body), -32000, sentence),
                   true);
}

std::optional<Answer> Dispatcher::answer_too_large() const {
  // Written by other code than the rest, there as here: without the spaces.
  return Answer{R"({"jsonrpc":"2.0","error":{"code":-32700,)"
                R"("message":"Parse error: JSON message too large"},"id":null})",
                true};
}

std::optional<Answer> Dispatcher::answer_request(const Message& message) {
  const bool rpc = message.dialect == Dialect::json_rpc;
  try {
    Json result = call(message);
    if (rpc) return to_answer(rpc_result(id_of(message.body), std::move(result)), false);
    if (stock_faults_) empty_arrays(result);
    return to_answer(mcp_result(std::move(result)), false);
  } catch (const MethodError& error) {
    if (rpc) {
      return to_answer(rpc_error(id_of(message.body), error.code(), error.what()), true);
    }
    if (error.code() != -32601) {
      return to_answer(mcp_error(mcp_code(error.code()), error.what()), true);
    }
    if (stock_faults_) return std::nullopt;
    return to_answer({{"success", false}, {"error", error.what()}}, true);
  } catch (const StoreFull& error) {
    return to_answer(
        rpc ? rpc_error(id_of(message.body), -1010, error.what()) : mcp_error(-1003, error.what()),
        true);
  }
}

std::optional<Answer> Dispatcher::answer_batch(const Json& requests) {
  Json replies = Json::array();
  bool any_error = false;
  for (const Json& request : requests) {
    const bool single = request.is_object();
    const std::optional<Answer> one =
        single ? answer(parse_message(request.dump()))
               : to_answer(rpc_error(nullptr, -32600, "Invalid Request"), true);
    // In a batch a request without an id is a notification.
    if (!one || (single && !request.contains("id") && request.contains("method"))) continue;
    any_error = any_error || one->is_error;
    replies.push_back(Json::parse(one->text));
  }
  if (replies.empty()) return std::nullopt;
  return to_answer(replies, any_error);
}

Json Dispatcher::call(const Message& message) {
  static const Json kNone = nullptr;
  const bool rpc = message.dialect == Dialect::json_rpc;
  const char* member = rpc ? "params" : "arguments";
  const auto found = message.body.find(member);
  return call(message.operation, !rpc, Params(found == message.body.end() ? kNone : *found));
}

Json Dispatcher::call(std::string_view name, bool is_tool, const Params& params) {
  if (name == "stand_in.sleep" || name == "stand_in_sleep") return sleep(params);
  if (name == "stand_in.crash" || name == "stand_in_crash") crash();
  const Method* method = is_tool ? find_tool(name) : find_method(name);
  if (method == nullptr) {
    throw MethodError(-32601,
                      (is_tool ? "Unknown tool: " : "Method not found: ") + std::string(name));
  }
  for (const SlowMethod& slow : slow_methods_) slow.wait(name);
  const std::lock_guard guard(project_lock_);
  return method->handler(project_, params);
}

Json Dispatcher::sleep(const Params& params) {
  const int ms = std::clamp(params.integer("ms", 0).value_or(0), 0, 60000);
  std::unique_lock lock(stop_lock_);
  stop_changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
  return {{"success", true}, {"ms", ms}};
}

void Dispatcher::stop() {
  {
    const std::lock_guard guard(stop_lock_);
    stopping_ = true;
  }
  stop_changed_.notify_all();
}

}  // namespace stand_in
