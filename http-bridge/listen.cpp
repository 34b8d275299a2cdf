// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/listen.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace goxel_telemetry::http_bridge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kSendBuffer = 256 * 1024;  // in the kernel, for each connection

bool listen(tcp::acceptor& acceptor, const tcp::endpoint& place, std::chrono::milliseconds patience,
            error_code& error) {
  acceptor.open(place.protocol(), error);
  if (error) return false;
  ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  // Not SO_REUSEPORT: two bridges would share one port and each see half of the requests.
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // Connections inherit these.
  acceptor.set_option(tcp::no_delay(true), error);
  acceptor.set_option(asio::socket_base::send_buffer_size(kSendBuffer), error);
  // The kernel goes on with what is sent when we have closed; not for ever.
  const auto milliseconds = static_cast<unsigned>(patience.count());
  ::setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds,
               sizeof milliseconds);
  acceptor.bind(place, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (!error) acceptor.native_non_blocking(true, error);
  error_code ignored;
  if (error) acceptor.close(ignored);
  return !error;
}

}  // namespace

Listening listen_on(asio::io_context& io, const std::string& address, int port,
                    std::chrono::milliseconds patience, std::string& why) {
  tcp::acceptor acceptor(io);
  error_code error;
  const auto found =
      tcp::resolver(io).resolve(address, std::to_string(port),
                                tcp::resolver::passive | tcp::resolver::numeric_service, error);
  for (auto place = found.begin();
       place != found.end() && !listen(acceptor, place->endpoint(), patience, error); ++place) {
  }
  if (!acceptor.is_open()) {
    why = "cannot listen on " + address + " port " + std::to_string(port) + ": " + error.message();
    return {};
  }
  const int bound = acceptor.local_endpoint(error).port();
  return {acceptor.release(error), bound};
}

}  // namespace goxel_telemetry::http_bridge
