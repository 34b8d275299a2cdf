// SPDX-License-Identifier: GPL-3.0-or-later
// Answers complete requests with complete answers. The only part that uses httplib, which decodes
// the requests and writes the answers. httplib listens on a local socket that clients cannot reach:
// its public interface has no limit on how long it waits for a slow client.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "http-bridge/request_head.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

class HttpBackend {
 public:
  // `answer` is called from as many threads as there may be requests at a time.
  HttpBackend(std::function<Response(const Request&)> answer, std::size_t threads);
  ~HttpBackend();

  // False if there is no place for the socket: then `why` is a sentence for the operator.
  bool start(std::string& why);

  // After start(): a connected, non-blocking descriptor for one request, which says
  // `Connection: close`, and its answer, which ends where the input ends. -1 with errno; EAGAIN: ask
  // again in a moment.
  int connect() const;

  // What must be sent to it. The answer is to be given up when `left` is true.
  std::string bytes_of(const RequestHead& request,
                       const std::shared_ptr<const std::atomic<bool>>& left) const;

 private:
  class Http;
  std::unique_ptr<Http> http_;
};

}  // namespace goxel_telemetry::http_bridge
