// SPDX-License-Identifier: GPL-3.0-or-later
// Answers requests: chooses the snapshot and the encoder. An answer is made from the newest snapshots,
// once for all who ask for it. Exceptions are the history, comparisons and traces by their ids, which are read
// from files and the ring, a few at a time (costly_work.h). docs/http-api.md shows the replies.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http-bridge/access.h"
#include "http-bridge/snapshots.h"

namespace goxel_telemetry::http_bridge {

// The parts of a request that routing needs, decoded; a missing header is empty.
struct Request {
  std::string method;
  std::string path;
  // All of ?name=value&…; if a name comes twice, the first value.
  std::map<std::string, std::string> parameters;
  std::string accept;
  std::string host;
  std::string authorization;
  std::string accept_encoding = {};
  std::string if_none_match = {};
  std::string origin = {};
  std::string requested_method = {};  // of a preflight, as the next
  std::string private_network = {};
  // Whether its client has left, so that nobody wants the answer. Empty: it is not known.
  std::function<bool()> is_gone = {};
  // Of a POST whose body is read.
  std::string content_type = {};
  std::string content_encoding = {};
  std::string body = {};
};

// What a browser is told about a page of another origin that asks (cross_origin.h).
struct CrossOrigin {
  std::string allowed = {};  // the origin whose page may read the answer; empty: none but ours
  bool differs = false;      // between origins, so that a cache must not mix them up
  bool private_network = false;
  bool operator==(const CrossOrigin&) const = default;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  int retry_after_seconds = 0;                // 0: is not said
  const char* allowed_methods = "GET, HEAD";  // said with status 405
  std::string tag = {};                       // an entity tag with its quotes; empty: it has none
  bool is_gzip = false;
  bool upgrades = false;           // the path is one for WebSocket
  std::size_t left_out_bytes = 0;  // of status 304: the length of the body that is not sent
  CrossOrigin cross_origin = {};
};

// Where the history is, and what is wrong with it, if anything.
struct HistorySource {
  std::string file;  // empty: none is kept
  // Thread-safe; one sentence while it is not written as it should be, else empty.
  std::function<std::string()> message = [] { return std::string(); };
};

// Where alerts are. Functions are thread-safe.
struct AlertSource {
  std::string file;
  // One sentence while it is not written as it should be, else empty.
  std::function<std::string()> message = [] { return std::string(); };
  std::function<AlertKeeping()> keeping = [] { return AlertKeeping::in_file; };
};

class ComparisonRoutes;
class CostlyWork;
class KeptAnswers;

// Why the request is not answered; empty: it is. The page needs no token: it asks for one.
std::optional<Response> refuse_access(const Access& access, const Request& request);

class Routes {
 public:
  using Latest = std::function<std::shared_ptr<const Snapshots>()>;  // never null

  // `latest` is called from any thread. An empty `baseline_folder` means that there are no
  // baselines.
  Routes(SharedAccess access, Latest latest, HistorySource history = {},
         const std::string& baseline_folder = {}, AlertSource alerts = {});
  ~Routes();

  // Thread-safe.
  Response handle(const Request& request) const;

  // The same for a client that was let in, to one of the paths whose answers need the newest snapshots alone.
  // Thread-safe.
  std::shared_ptr<const Response> document(const Request& request) const;

  // The same for a request without parameters to one of these paths. Each body is made once from the
  // newest snapshots, however many ask for it. Thread-safe.
  static std::vector<std::string> ready_paths();
  std::shared_ptr<const Response> ready(const Request& request) const;

 private:
  Response answer(const Access& access, const Request& request) const;
  // Of a path whose answers are not made from the snapshots alone.
  Response make_anew(const Request& request) const;

  SharedAccess access_;
  Latest latest_;
  HistorySource history_;
  AlertSource alerts_;
  std::unique_ptr<CostlyWork> costly_;
  std::unique_ptr<ComparisonRoutes> comparisons_;
  // Each for one way in, so that who asks ready() waits only for what is made there.
  std::unique_ptr<KeptAnswers> ready_;
  std::unique_ptr<KeptAnswers> handled_;
  std::unique_ptr<KeptAnswers> documents_;
};

}  // namespace goxel_telemetry::http_bridge
