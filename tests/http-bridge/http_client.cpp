// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/http-bridge/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace goxel_telemetry::http_bridge {

HttpClient::HttpClient(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connect(&address, sizeof address);
}

HttpClient::HttpClient(const std::string& socket_file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_file.copy(address.sun_path, sizeof address.sun_path - 1);
  connect(&address, sizeof address);
}

void HttpClient::connect(const void* address, unsigned size) {
  const auto* const generic = static_cast<const sockaddr*>(address);
  fd_ = ::socket(generic->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{30, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd_, generic, size) != 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

HttpClient::~HttpClient() {
  if (fd_ >= 0) ::close(fd_);
}

void HttpClient::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t result = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (result <= 0) return;
    sent += static_cast<std::size_t>(result);
  }
}

void HttpClient::end_input() {
  ::shutdown(fd_, SHUT_WR);
}

void HttpClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd_);
  fd_ = -1;
}

bool HttpClient::read_more() {
  char buffer[4096];
  const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  unread_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

std::optional<Reply> HttpClient::receive(bool head) {
  std::size_t end = 0;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return std::nullopt;
  }
  const std::string header = unread_.substr(0, end + 2);
  unread_.erase(0, end + 4);

  Reply reply;
  if (header.rfind("HTTP/1.1 ", 0) != 0) return std::nullopt;
  reply.status = std::stoi(header.substr(9, 3));
  for (std::size_t begin = header.find("\r\n") + 2; begin < header.size();) {
    const std::size_t line_end = header.find("\r\n", begin);
    const std::size_t colon = header.find(": ", begin);
    reply.headers[header.substr(begin, colon - begin)] =
        header.substr(colon + 2, line_end - colon - 2);
    begin = line_end + 2;
  }
  const auto length = reply.headers.find("Content-Length");
  const std::size_t size = head || length == reply.headers.end() ? 0 : std::stoul(length->second);
  while (unread_.size() < size) {
    if (!read_more()) return std::nullopt;
  }
  reply.body = unread_.substr(0, size);
  unread_.erase(0, size);
  return reply;
}

std::size_t HttpClient::waiting_bytes() const {
  int bytes = 0;
  ::ioctl(fd_, FIONREAD, &bytes);
  return static_cast<std::size_t>(bytes);
}

bool HttpClient::closed_by_server() {
  char buffer[4096];
  ssize_t got;
  while ((got = ::recv(fd_, buffer, sizeof buffer, 0)) > 0) {
  }
  return got == 0 || errno == ECONNRESET;
}

std::string get_request(const std::string& path, const std::string& headers) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

std::string json_post(const std::string& path, const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::optional<Reply> get(int port, const std::string& path, const std::string& headers) {
  HttpClient client(port);
  if (!client.connected()) return std::nullopt;
  client.send(get_request(path, headers));
  return client.receive();
}

}  // namespace goxel_telemetry::http_bridge
