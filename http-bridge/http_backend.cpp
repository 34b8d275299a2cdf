// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/http_backend.h"

#include <fcntl.h>
#include <httplib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "http-bridge/request_head.h"
#include "http-bridge/response_head.h"
#include "http-bridge/target.h"

namespace goxel_telemetry::http_bridge {
namespace {

// Only the front writes requests to httplib, and takes over no such field of its clients'.
constexpr const char* kNumber = "Goxel-Request";

// Requests that have been sent to httplib, and not yet come to us. Thread-safe.
class Sent {
 public:
  using Left = std::shared_ptr<const std::atomic<bool>>;
  std::string add(const Left& left) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(sent_, [](const auto& one) { return one.second.expired(); });
    std::string number = std::to_string(++last_);
    sent_[number] = left;
    return number;
  }
  Left take(const std::string& number) {
    const std::scoped_lock lock(mutex_);
    const auto found = sent_.extract(number);
    return found.empty() ? nullptr : found.mapped().lock();
  }

 private:
  std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::map<std::string, std::weak_ptr<const std::atomic<bool>>> sent_;
};

Request to_request(const httplib::Request& in, Sent& sent) {
  Request request;
  if (auto left = sent.take(in.get_header_value(kNumber))) {
    request.is_gone = [left = std::move(left)] { return left->load(); };
  }
  Target target = parse_target(in.target);
  request.method = in.method;
  request.path = std::move(target.path);
  request.parameters = std::move(target.parameters);
  request.accept = in.get_header_value("Accept");
  request.accept_encoding = in.get_header_value(kAcceptEncodingField);
  request.if_none_match = in.get_header_value("If-None-Match");
  request.host = in.get_header_value("Host");
  request.authorization = in.get_header_value("Authorization");
  request.origin = in.get_header_value("Origin");
  request.requested_method = in.get_header_value(kRequestedMethodField);
  request.private_network = in.get_header_value(kPrivateNetworkField);
  return request;
}

void fill(httplib::Response& out, Response response) {
  out.status = response.status;
  for (const auto& [name, value] : fields_of(response)) out.set_header(name, value);
  if (response.status == 304)
    out.set_header("Content-Length", std::to_string(response.left_out_bytes));
  out.body = std::move(response.body);
}

}  // namespace

class HttpBackend::Http {
 public:
  Http(std::function<Response(const Request&)> answer, std::size_t threads) {
    server_.set_address_family(AF_UNIX);
    server_.set_keep_alive_max_count(1);
    server_.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
    // Before httplib looks for handlers and reads a body: all requests are ours.
    server_.set_pre_routing_handler(
        [this, answer = std::move(answer)](const httplib::Request& request,
                                           httplib::Response& response) {
          fill(response, answer(to_request(request, sent_)));
          return httplib::Server::HandlerResponse::Handled;
        });
  }

  ~Http() {
    if (thread_.joinable()) {
      server_.stop();
      thread_.join();
    }
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    if (socket_file_ >= 0) ::close(socket_file_);
  }

  bool start(std::string& why) {
    std::error_code error;
    std::string folder = std::filesystem::temp_directory_path(error) / "goxel-telemetry.XXXXXX";
    if (error || ::mkdtemp(folder.data()) == nullptr) {  // only for this user
      why = "cannot make a temporary folder: " + (error ? error.message() : std::strerror(errno));
      return false;
    }
    folder_ = folder;
    std::string path = folder + "/http";
    if (path.size() >= sizeof address_.sun_path || !server_.bind_to_port(path, 1)) {
      why = "cannot make a socket " + path;
      return false;
    }
    // A descriptor of the socket's file is enough to connect by, through /proc. So the file is
    // removed now, and a bridge that is killed leaves nothing behind. Without /proc the file stays.
    socket_file_ = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    const std::string descriptor = "/proc/self/fd/" + std::to_string(socket_file_);
    if (::access(descriptor.c_str(), F_OK) == 0) {
      path = descriptor;
      std::filesystem::remove_all(folder_, error);
    }
    address_.sun_family = AF_UNIX;
    path.copy(address_.sun_path, path.size());

    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // Before that, httplib's stop() does nothing.
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return true;
  }

  int connect() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 ||
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0) {
      return fd;
    }
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
  }

  Sent& sent() { return sent_; }

 private:
  Sent sent_;
  httplib::Server server_;
  std::thread thread_;
  std::filesystem::path folder_;
  int socket_file_ = -1;
  sockaddr_un address_{};
};

HttpBackend::HttpBackend(std::function<Response(const Request&)> answer, std::size_t threads)
    : http_(std::make_unique<Http>(std::move(answer), threads)) {}

HttpBackend::~HttpBackend() = default;

bool HttpBackend::start(std::string& why) {
  return http_->start(why);
}

std::string HttpBackend::bytes_of(const RequestHead& request,
                                  const std::shared_ptr<const std::atomic<bool>>& left) const {
  std::string bytes = essential_bytes(request);
  constexpr std::size_t kEmptyLine = 2;
  bytes.insert(bytes.size() - kEmptyLine, kNumber + (": " + http_->sent().add(left)) + "\r\n");
  return bytes;
}

int HttpBackend::connect() const {
  return http_->connect();
}

}  // namespace goxel_telemetry::http_bridge
