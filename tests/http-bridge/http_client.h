// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a client that sends any bytes, well-formed or not.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace goxel_telemetry::http_bridge {

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names as sent
  std::string body;
};

// A connection to 127.0.0.1, or to a socket's file. A call that takes longer than half a minute has failed.
class HttpClient {
 public:
  explicit HttpClient(int port);
  explicit HttpClient(const std::string& socket_file);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  // Sends as much as the server accepts before it closes.
  void send(const std::string& bytes);
  // Says that nothing more will be sent.
  void end_input();
  // Ends the connection by a reset.
  void reset();
  // The next answer, with a body as long as Content-Length says; nothing if the connection ends
  // earlier.
  std::optional<Reply> receive(bool head = false);
  // How many bytes have come that were not received.
  std::size_t waiting_bytes() const;
  // Whether the server closes the connection, after whatever it sends.
  bool closed_by_server();

 private:
  void connect(const void* address, unsigned size);
  bool read_more();

  int fd_ = -1;
  std::string unread_;
};

// A GET with a proper Host and any further header lines, each ended by "\r\n".
std::string get_request(const std::string& path, const std::string& headers = "");

// A POST of `body` as JSON, by such a client.
std::string json_post(const std::string& path, const std::string& body);

// One GET on a connection of its own.
std::optional<Reply> get(int port, const std::string& path, const std::string& headers = "");

}  // namespace goxel_telemetry::http_bridge
