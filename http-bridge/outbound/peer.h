// SPDX-License-Identifier: GPL-3.0-or-later
// Whom the bridge sends something: one URL, by HTTP or SMTP. libcurl does the talking. Certificates are verified, and redirections are not
// followed: headers go to nobody but the host that the operator named.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http-bridge/outbound/answer.h"

namespace goxel_telemetry::http_bridge::outbound {

struct PeerSettings {
  std::string url;                   // http, https, smtp or smtps
  std::vector<std::string> headers;  // of each post: "Name: value"
  std::string ca_file;               // trusted in place of the system's; empty: the system's
  // A URL; empty: none. None given: what the environment says (https_proxy).
  std::optional<std::string> proxy;
  // Of SMTP:
  std::string user;
  std::string password;
  bool starttls = false;  // without it nothing is sent
};

struct Mail {
  std::string from;  // addresses, without names or brackets
  std::vector<std::string> to;
  std::string message;  // whole, with its headers; lines end with CR LF
};

// Used by one thread.
class Peer {
 public:
  static constexpr std::chrono::seconds kLongestExchange{10};
  static constexpr std::size_t kKeptOfAnswer = std::size_t{64} * 1024;  // not more is read

  explicit Peer(const PeerSettings& settings);
  ~Peer();

  // Both give up at the deadline, which is asked again and again, and after kLongestExchange.
  using Deadline = std::function<std::chrono::steady_clock::time_point()>;
  // `headers` are added for this post.
  Answer post(const std::string& body, const Deadline& deadline,
              const std::vector<std::string>& headers = {});
  // Taken if the server takes it for at least one of the receivers.
  Answer send(const Mail& mail, const Deadline& deadline);

 private:
  class State;
  std::unique_ptr<State> state_;
};

// Of the calling thread: a connection that its peer has closed is an answer, and no signal.
void block_broken_pipe();

}  // namespace goxel_telemetry::http_bridge::outbound
