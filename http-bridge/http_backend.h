// SPDX-License-Identifier: GPL-3.0-or-later
// Complete requests in, complete answers out. The only part that knows httplib, which decodes the
// one and writes the other, behind a local socket that clients do not reach: by its public
// interface alone it could not be kept from waiting for them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

class HttpBackend {
 public:
  // `answer` is called from as many threads as there may be requests at a time.
  HttpBackend(std::function<Response(const Request&)> answer, std::size_t threads);
  ~HttpBackend();

  // False if there is no place for the socket: then `why` is a sentence for the operator.
  bool start(std::string& why);

  // After start(), from any thread: the bytes of the answer to those of a request, which says
  // `Connection: close`, as the answer does. Empty if the system has no descriptor for it.
  std::string ask(const std::string& request) const;

 private:
  class Http;
  std::unique_ptr<Http> http_;
};

}  // namespace goxel_telemetry::http_bridge
