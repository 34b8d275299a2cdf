// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry-bridge: watches the daemons on this machine and answers about them over HTTP.
#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include <malloc.h>
#include <unistd.h>

#include "http-bridge/history_service.h"
#include "http-bridge/instances.h"
#include "http-bridge/options.h"
#include "http-bridge/otlp/exporter.h"
#include "http-bridge/routes.h"
#include "http-bridge/server.h"
#include "http-bridge/socket_file.h"
#include "http-bridge/spans_route.h"
#include "metrics/text/characters.h"
#include "metrics/text/printable.h"

namespace {

using namespace goxel_telemetry::http_bridge;
namespace metrics = goxel_telemetry::metrics;

int fail(const std::string& sentence) {
  std::cerr << "goxel-telemetry-bridge: " << metrics::visible(metrics::printable(sentence)) << "\n";
  return 1;
}

int run(const Options& options) {
  std::string why;
  std::string token;
  if (!options.token_file.empty()) {
    token = read_token(options.token_file, why);
    if (token.empty()) return fail(why);
  }

  // So large answers go back to the system when they are sent, whatever was allocated after them. (The
  // limit would rise with the first of them.)
  ::mallopt(M_MMAP_THRESHOLD, 512 * 1024);
  // Else each thread that has once made /metrics of many operations keeps what that took, free, for
  // itself.
  ::mallopt(M_ARENA_MAX, 2);

  // Blocked before any thread starts: only this one takes them.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  // A terminal that is closed. nohup ignores this signal, and blocked it would come all the same.
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaddset(&stop_signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  std::optional<HistoryService> history;
  HistorySource source;
  if (!options.history_file.empty()) {
    history.emplace(options.history_file, options.history_retention);
    source = {options.history_file, [&history] { return history->message(); }};
  }
  std::unique_ptr<otlp::Exporter> exporter;  // outlives those who give it operations
  if (!options.otlp.url.empty()) {
    auto headers = otlp::read_headers(options.otlp, why);
    if (!headers) return fail(why);
    exporter = std::make_unique<otlp::Exporter>(options.otlp, *std::move(headers));
  }
  std::optional<Instances> instances(std::in_place, options.instances);
  const Routes routes(
      Access::for_address(options.bind, token), [&instances] { return instances->newest(); },
      source, options.baseline_folder);
  SpansRoute spans(Access::for_address(options.bind, token), [&instances](const std::string& name) {
    const auto snapshots = instances->latest();
    return std::any_of(snapshots->instances.begin(), snapshots->instances.end(),
                       [&name](const metrics::Snapshot& one) { return one.instance == name; });
  });
  Server server(
      [&routes](const Request& request) { return routes.handle(request); }, {},
      {Routes::ready_paths(), [&routes](const Request& request) { return routes.ready(request); }},
      {{kSpansPath}, [&spans](const Request& request) {
         return std::make_shared<const Response>(spans.answer(request));
       }});
  const int port = server.bind(options.bind, options.port, why);
  if (port == 0) return fail(why);
  std::unique_ptr<SocketFile> spans_socket;
  if (!options.spans_socket.path.empty()) {
    spans_socket = SocketFile::listen(options.spans_socket, why);
    if (spans_socket == nullptr) return fail(why);
    server.accept_at(spans_socket->take_descriptor(),
                     {{},
                      {{kSpansPath},
                       [&spans](const Request& request) {
                         return std::make_shared<const Response>(spans.answer_admitted(request));
                       }},
                      [](const Request& request) {
                        return std::make_shared<const Response>(refuse_all_but_spans(request));
                      }});
  }
  if (history) {
    history->start();
    instances->keep_history(*history);
  }
  if (exporter != nullptr) {
    instances->export_operations(
        [&exporter](const auto& daemon, const auto& joined) { exporter->take(daemon, joined); },
        [&exporter] { return exporter->counts(); });
    spans.on_batch([&exporter](const auto& batch) { exporter->learn(batch); });
  }
  instances->start();

  bool stopped = false;
  std::thread serving([&] {
    stopped = server.serve();
    // If serving ended by itself: the main thread still waits for a signal.
    ::kill(::getpid(), SIGTERM);
  });
  const bool v6 = options.bind.find(':') != std::string::npos;
  std::cout << "listening on http://" << (v6 ? "[" + options.bind + "]" : options.bind) << ":"
            << port << std::endl;
  if (spans_socket != nullptr) {
    std::cout << "taking spans on " << metrics::visible(metrics::printable(spans_socket->path()))
              << std::endl;
  }
  int signal = 0;
  sigwait(&stop_signals, &signal);
  server.stop();
  serving.join();
  spans_socket.reset();
  instances
      .reset();  // gives its last rollups to the history, and its last operations to the exporter
  exporter.reset();
  if (history) history->stop();
  return stopped ? 0 : fail("the server socket failed; start the bridge again");
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_options(argc, argv);
  if (const auto* exit_code = std::get_if<ExitCode>(&parsed)) return exit_code->value;
  return run(std::get<Options>(parsed));
}
