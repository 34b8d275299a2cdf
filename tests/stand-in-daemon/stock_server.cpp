// SPDX-License-Identifier: GPL-3.0-or-later
#include "stock_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "framing.h"
#include "log.h"
#include "stock_faults.h"

namespace stand_in {

namespace {

constexpr int kAcceptPollMs = 1000;
constexpr int kOwnPollMs = 100;
constexpr std::size_t kReadBytes = 8192;
constexpr std::chrono::seconds kStopPatience{2};

}  // namespace

// One connection's bytes: read as the stock daemon reads them, or properly.
class ConnectionReader {
 public:
  explicit ConnectionReader(const Options& options)
      : stock_faults_(options.stock_faults), conversation_(options.mcp) {}

  struct Step {
    std::vector<Message> messages;  // to be answered at once
    bool too_large = false;         // to be answered with an error
  };

  Step take(std::string_view bytes) {
    Step step;
    if (stock_faults_) {
      const auto faulty = faulty_.take(bytes, bytes.size() == kReadBytes);
      for (const std::string& text : faulty.messages) {
        step.messages.push_back(conversation_.parse(text));
      }
      step.too_large = faulty.too_large;
      return step;
    }
    framer_.append(bytes);
    while (const std::optional<std::string> text = framer_.next()) {
      step.messages.push_back(conversation_.parse(*text));
      if (conversation_.speaks_mcp()) framer_.split_at_newlines();
    }
    step.too_large = framer_.overflowed();
    return step;
  }

 private:
  const bool stock_faults_;
  Conversation conversation_;
  StockFaultReader faulty_;
  Framer framer_{kMostMessageBytes};
};

void StockServer::start(int listening) {
  listening_ = listening;
  acceptor_ = std::thread([this] { accept_loop(); });
}

bool StockServer::stop() {
  std::unique_lock lock(lock_);
  stopping_ = true;
  for (const int descriptor : served_) shutdown(descriptor, SHUT_RDWR);
  shutdown(listening_, SHUT_RDWR);  // wakes the accept thread
  lock.unlock();
  if (acceptor_.joinable()) acceptor_.join();
  lock.lock();
  const bool ended = changed_.wait_for(lock, kStopPatience, [this] { return threads_ == 0; });
  close(listening_);
  return ended;
}

bool StockServer::stopping() {
  const std::lock_guard guard(lock_);
  return stopping_;
}

void StockServer::accept_loop() {
  while (!stopping()) {
    pollfd waiting{listening_, POLLIN, 0};
    if (poll(&waiting, 1, kAcceptPollMs) <= 0 || stopping()) continue;
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const int descriptor = accept(listening_, reinterpret_cast<sockaddr*>(&peer), &length);
    if (descriptor >= 0) {
      admit(descriptor);
    } else if (errno == EMFILE || errno == ENFILE) {
      log_line("No descriptor is left for another connection");
      std::this_thread::sleep_for(std::chrono::milliseconds(kOwnPollMs));
    }
  }
}

void StockServer::admit(int descriptor) {
  ucred peer{};
  socklen_t length = sizeof peer;
  getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length);
  {
    const std::lock_guard guard(lock_);
    if (stopping_ || served_.size() >= options_.max_connections) {
      close(descriptor);
      return;
    }
    served_.insert(descriptor);
  }
  run(&StockServer::detect, descriptor);
}

void StockServer::run(void (StockServer::*step)(int), int descriptor) {
  {
    const std::lock_guard guard(lock_);
    ++threads_;
  }
  const auto ended = [this] {
    // Notified under the lock: after it the server may be gone.
    const std::lock_guard guard(lock_);
    --threads_;
    changed_.notify_all();
  };
  try {
    std::thread([this, step, descriptor, ended] {
      (this->*step)(descriptor);
      ended();
    }).detach();
  } catch (const std::system_error& error) {
    log_line(std::string("Cannot start a thread: ") + error.what());
    leave(descriptor);
    ended();
  }
}

void StockServer::detect(int descriptor) {
  std::array<char, 16> first{};
  [[maybe_unused]] ssize_t seen = recv(descriptor, first.data(), 4, MSG_PEEK);
  if (seen > 0) seen = recv(descriptor, first.data(), first.size(), MSG_PEEK);
  run(&StockServer::own, descriptor);
}

void StockServer::own(int descriptor) {
  ConnectionReader reader(options_);
  bool open = true;
  while (open && !stopping()) {
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = poll(&waiting, 1, kOwnPollMs);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    // The stock daemon looks at the hang-up first: what was sent just before it is never read.
    const bool hung_up = (waiting.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    open = ready > 0 && !(hung_up && options_.stock_faults) && serve_readable(descriptor, reader);
  }
  leave(descriptor);
}

bool StockServer::serve_readable(int descriptor, ConnectionReader& reader) {
  std::array<char, kReadBytes> bytes;
  const ssize_t got = recv(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got == 0) return false;
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  const auto step = reader.take({bytes.data(), static_cast<std::size_t>(got)});
  for (const Message& message : step.messages) {
    const std::optional<Answer> answer = dispatcher_.answer(message);
    if (answer && send_answer(descriptor, answer->text) == 0) return false;
  }
  if (!step.too_large) return true;
  send_answer(descriptor, dispatcher_.answer_too_large()->text);
  return options_.stock_faults;
}

void StockServer::leave(int descriptor) {
  const std::lock_guard guard(lock_);
  served_.erase(descriptor);
  if (!options_.stock_faults) close(descriptor);
}

}  // namespace stand_in
