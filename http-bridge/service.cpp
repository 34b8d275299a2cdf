// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/service.h"

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "http-bridge/access.h"
#include "http-bridge/alerts/alert_service.h"
#include "http-bridge/alerts/alerts_route.h"
#include "http-bridge/alerts/regression_source.h"
#include "http-bridge/cross_origin.h"
#include "http-bridge/daemon_states.h"
#include "http-bridge/history_service.h"
#include "http-bridge/instances.h"
#include "http-bridge/log.h"
#include "http-bridge/notify/notifier.h"
#include "http-bridge/otlp/endpoint.h"
#include "http-bridge/otlp/exporter.h"
#include "http-bridge/records/record_reading.h"
#include "http-bridge/routes.h"
#include "http-bridge/server.h"
#include "http-bridge/service_manager.h"
#include "http-bridge/socket_file.h"
#include "http-bridge/spans_route.h"
#include "http-bridge/stream/handshake.h"
#include "http-bridge/stream/stream.h"
#include "metrics/text/characters.h"
#include "metrics/text/printable.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::chrono::nanoseconds kLongestTick{1'000'000'000};
constexpr int kTicksOfWatchdog = 4;

// A terminal, timeout(1) and others send the same signal twice.
constexpr std::uint64_t kSameSignalNs = 500'000'000;
std::uint64_t ending_since_ns = 0;  // CLOCK_MONOTONIC

extern "C" void end_at_once(int signal) {
  if (shm::monotonic_ns() - ending_since_ns > kSameSignalNs) ::_exit(128 + signal);
}

// From now on, in this thread.
void let_second_signal_end() {
  ending_since_ns = shm::monotonic_ns();
  struct sigaction action {};
  action.sa_handler = end_at_once;
  action.sa_flags = SA_RESTART;
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) {
    ::sigaction(signal, &action, nullptr);
    sigaddset(&signals, signal);
  }
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

// The token that clients must send, if any. False if there is none where one is wanted.
bool find_token(const Options& options, std::string& token, std::string& why) {
  if (options.token_file.empty()) return true;
  token = read_token(options.token_file, why);
  return !token.empty();
}

// The flags of what is not as it was, and stays so.
std::string changes_that_wait(const Options& was, const Options& is) {
  std::string flags;
  const auto compare = [&flags](const char* flag, bool same) {
    if (!same) flags.append(flags.empty() ? "" : " ").append(flag);
  };
  compare("bind", was.bind == is.bind);
  compare("port", was.port == is.port);
  compare("instance", was.instances == is.instances);
  compare("trust", was.trusted_users == is.trusted_users);
  compare("spans-socket", was.spans_socket.path == is.spans_socket.path);
  compare("spans-socket-mode", was.spans_socket.mode == is.spans_socket.mode);
  compare("spans-socket-group", was.spans_socket.group == is.spans_socket.group);
  compare("history", was.history_file == is.history_file);
  compare("history-1s", was.history_retention.seconds[0] == is.history_retention.seconds[0]);
  compare("history-10s", was.history_retention.seconds[1] == is.history_retention.seconds[1]);
  compare("history-1min", was.history_retention.seconds[2] == is.history_retention.seconds[2]);
  compare("history-1h", was.history_retention.seconds[3] == is.history_retention.seconds[3]);
  compare("history-size", was.history_retention.most_bytes == is.history_retention.most_bytes);
  // Its default goes with the history.
  compare("alerts-file", was.alerts_file == is.alerts_file || was.history_file != is.history_file);
  compare("baselines", was.baseline_folder == is.baseline_folder);
  compare("alerts.slower_than_pinned.baseline", was.alerts.pinned == is.alerts.pinned);
  compare("otlp-endpoint", was.otlp.url == is.otlp.url);
  compare("otlp-share", was.otlp.share == is.otlp.share);
  compare("otlp-headers-file", was.otlp.headers_file == is.otlp.headers_file);
  compare("otlp-ca-file", was.otlp.ca_file == is.otlp.ca_file);
  return flags;
}

Server::Answer answer_of(const Routes& routes) {
  return [&routes](const Request& request) { return routes.handle(request); };
}

}  // namespace

// All that answers, watches and keeps. Members end in the reverse order.
struct Service::Parts {
  Parts(const Options& options, std::string token)
      : access(Access::for_address(options.bind, std::move(token), options.allowed_origins)),
        instances(options.instances),
        regressions([this] { return instances.latest(); }, options.history_file,
                    {options.baseline_folder, options.alerts.pinned}),
        alerts(options.alerts_file.empty() ? std::string(metrics::kInMemory) + "alerts"
                                           : options.alerts_file,
               options.alerts, notify::names_of(options.channels), {options.history_file},
               [this] { return instances.latest(); }),
        source(history_source(options)),
        routes(
            access, [this] { return instances.newest(); }, source, options.baseline_folder,
            alert_source()),
        spans(access,
              [this](const std::string& name) {
                const auto names = watched();
                return std::find(names.begin(), names.end(), name) != names.end();
              }),
        stream(
            std::in_place, [this](const Request& request) { return routes.document(request); },
            [this] { return watched(); }),
        server(std::in_place, answer_of(routes), Limits{}, door()) {}

  // False if it cannot serve: `why` is a sentence.
  bool begin(const Options& options, std::string& why) {
    if (!options.otlp.url.empty() && !begin_export(options.otlp, why)) return false;
    std::vector<std::string> faults;
    auto channels = notify::with_secrets(options.channels, faults);
    if (!faults.empty()) {
      why = faults.front();
      return false;
    }
    port = server->bind(options.bind, options.port, why);
    if (port == 0) return false;
    if (!options.spans_socket.path.empty()) {
      spans_socket = SocketFile::listen(options.spans_socket, why);
      if (spans_socket == nullptr) return false;
      server->accept_at(spans_socket->take_descriptor(), spans_door());
    }
    if (history) {
      history->start();
      instances.keep_history(*history);
    }
    instances.show_alerts([this] { return alerts.counts(); },
                          [this] { return regressions.series(); });
    instances.on_tick(
        [this](const std::string& instance, metrics::Tick daemon, metrics::Tick outer) {
          regressions.take({instance, std::move(daemon), std::move(outer)});
        });
    instances.start();
    begin_alerts(std::move(channels));
    return true;
  }

  void warn_of_memory(bool has_channels) const {
    if (!has_channels || !alerts.file().starts_with(metrics::kInMemory)) return;
    log_event(LogLevel::warning, "alerts_are_in_memory",
              {{"what_to_do", "give --alerts-file or --history, so that no message is lost"}});
  }

  void begin_alerts(std::vector<notify::ConfiguredChannel> channels) {
    warn_of_memory(!channels.empty());
    alerts.add_source([this](const metrics::Time& now) { return regressions.look(now); });
    alerts.keep_series([this] { return regressions.series(); });
    if (history) {
      alerts.add_source([this](const metrics::Time& now) {
        std::vector<metrics::Condition> conditions;
        metrics::look_at_history(history->message(), now, conditions);
        return conditions;
      });
    }
    notifier->set(std::move(channels));
    alerts.on_queued([this] { notifier->wake(); });
    alerts.start();
  }

  void set_alerts(const Options& options, std::vector<notify::ConfiguredChannel> channels) {
    warn_of_memory(!channels.empty());
    alerts.set(options.alerts, notify::names_of(options.channels));
    notifier->set(std::move(channels));
  }

  AlertSource alert_source() {
    return {alerts.file(), [this] { return alerts.message(); },
            [this] { return alerts.counts()->keeping; }};
  }

  bool begin_export(const otlp::Settings& settings, std::string& why) {
    auto headers = otlp::read_headers(settings, why);
    if (!headers) return false;
    exporter.emplace(settings, *std::move(headers));
    instances.export_operations(
        [this](const auto& daemon, const auto& joined) { exporter->take(daemon, joined); },
        [this] { return exporter->counts(); });
    spans.on_batch([this](const auto& batch) { exporter->learn(batch); });
    return true;
  }

  // After the server has ended: nobody asks any more.
  void end() {
    stream.reset();  // it may still hold answers for the server's clients
    server.reset();
    spans_socket.reset();
    alerts.stop();
    notifier.reset();  // what is not sent waits in the file, which is this bridge's until it ends
    instances
        .stop();  // gives its last rollups to the history, and its last operations to the exporter
    exporter.reset();
    if (history) history->stop();
  }

  HistorySource history_source(const Options& options) {
    if (options.history_file.empty()) return {};
    history.emplace(options.history_file, options.history_retention);
    return {options.history_file, [this] { return history->message(); }};
  }

  std::vector<std::string> watched() {
    std::vector<std::string> names;
    for (const metrics::Snapshot& one : instances.latest()->instances)
      names.push_back(one.instance);
    return names;
  }

  Door door() {
    return {
        .ready = {Routes::ready_paths(),
                  [this](const Request& request) { return routes.ready(request); }},
        .posts = {post_paths(),
                  [this](const Request& request) {
                    return std::make_shared<const Response>(answer_post(request));
                  }},
        .late = {kRecordsPath,
                 [this](const Request& request, const LateAnswers::Done& done) {
                   find_records(request, done);
                 }},
        .upgrades = {
            kStreamPath,
            [this](const RequestHead& request) { return refused_stream(*access.get(), request); },
            [this](int descriptor, const RequestHead& request, std::shared_ptr<void> place) {
              stream->take(descriptor, request, std::move(place));
            }}};
  }

  static std::vector<std::string> post_paths() {
    std::vector<std::string> paths = alert_post_paths();
    paths.emplace_back(kSpansPath);
    return paths;
  }

  Response answer_post(const Request& request) {
    if (request.path == kSpansPath) return spans.answer(request);
    return answer_alert_post(*access.get(), request, alert_source(), shm::realtime_ns());
  }

  void find_records(const Request& request, const LateAnswers::Done& done) {
    const auto rules = access.get();
    const auto finish = [rules, request, done](const std::shared_ptr<const Response>& response) {
      done(for_origin_of(*rules, request, response));
    };
    if (auto refused = refuse_access(*rules, request))
      return finish(std::make_shared<const Response>(std::move(*refused)));
    stream->ask_for_records(request, finish);
  }

  Door spans_door() {
    return {.posts = {{kSpansPath},
                      [this](const Request& request) {
                        return std::make_shared<const Response>(spans.answer_admitted(request));
                      }},
            .others = [](const Request& request) {
              return std::make_shared<const Response>(refuse_all_but_spans(request));
            }};
  }

  std::optional<HistoryService> history;
  std::optional<otlp::Exporter> exporter;
  SharedAccess access;
  Instances instances;
  RegressionSource regressions;
  AlertService alerts;
  std::optional<notify::Notifier> notifier{std::in_place, alerts.file(),
                                           [this] { return alerts.may_send(); }};
  const HistorySource source;
  const Routes routes;
  SpansRoute spans;
  std::optional<Stream> stream;
  std::unique_ptr<SocketFile> spans_socket;
  int port = 0;
  std::optional<Server> server;

  ServiceManager manager;
  DaemonStates states;
  std::atomic<std::uint64_t> front_calls = 0;
  Progress progress{manager.watchdog(), {"front", "sweep"}, shm::monotonic_ns()};
};

Service::Service(Options options, Reread reread)
    : options_(std::move(options)), reread_(std::move(reread)) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  // A terminal that is closed, if it is no wish to reload. nohup ignores this signal, and blocked it would
  // come all the same.
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (may_reload() || hangup.sa_handler != SIG_IGN) sigaddset(&signals_, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

Service::~Service() = default;

bool Service::may_reload() const {
  return !options_.config_file.empty() || !options_.token_file.empty();
}

int Service::run() {
  const auto fail = [](const std::string& sentence) {
    print_sentences({sentence});
    return 1;
  };
  std::string why;
  std::string token;
  if (!find_token(options_, token, why)) return fail(why);

  // So large answers go back to the system when they are sent, whatever was allocated after them. (The
  // limit would rise with the first of them.)
  ::mallopt(M_MMAP_THRESHOLD, 512 * 1024);
  // Else each thread that has once made /metrics of many operations keeps what that took, free, for
  // itself.
  ::mallopt(M_ARENA_MAX, 2);

  set_log(options_.log);
  parts_ = std::make_unique<Parts>(options_, std::move(token));
  if (!parts_->begin(options_, why)) return fail(why);

  std::promise<bool> served;
  std::future<bool> stopped = served.get_future();
  std::jthread serving([&] {
    ::pthread_setname_np(::pthread_self(), "front");
    const bool was_stopped = parts_->server->serve();
    served.set_value(was_stopped);
    if (!was_stopped) ::kill(::getpid(), SIGTERM);  // for which the main thread still waits
  });
  const bool v6 = options_.bind.find(':') != std::string::npos;
  std::cout << "listening on http://" << (v6 ? "[" + options_.bind + "]" : options_.bind) << ":"
            << parts_->port << std::endl;
  if (parts_->spans_socket != nullptr) {
    std::cout << "taking spans on "
              << metrics::visible(metrics::printable(parts_->spans_socket->path())) << std::endl;
  }
  parts_->manager.ready(sentence_about(*parts_->instances.latest()));
  log_event(LogLevel::info, "ready",
            {{"version", GOXEL_TELEMETRY_VERSION},
             {"address", options_.bind},
             {"port", std::to_string(parts_->port)}});

  const int signal = wait_for_end();
  let_second_signal_end();
  parts_->manager.stopping();
  parts_->stream->stop();
  const bool failed = stopped.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  if (failed) {
    log_event(LogLevel::error, "server_socket_failed", {{"what_to_do", "start the bridge again"}});
  } else {
    log_event(LogLevel::info, "stop", {{"signal", std::string("SIG") + ::sigabbrev_np(signal)}});
    parts_->server->stop();
    if (stopped.wait_for(kPatience) != std::future_status::ready) {
      log_event(LogLevel::warning, "answers_given_up",
                {{"after_seconds", std::to_string(kPatience.count())}});
      parts_->server->give_up();
    }
  }
  serving.join();
  parts_->end();
  return failed ? 1 : 0;
}

// Until a signal that ends it: which one.
int Service::wait_for_end() {
  std::chrono::nanoseconds tick = kLongestTick;
  if (const auto watchdog = parts_->manager.watchdog(); watchdog.count() > 0)
    tick = std::min(tick, watchdog / kTicksOfWatchdog);
  const timespec timeout{tick.count() / 1'000'000'000, tick.count() % 1'000'000'000};
  for (;;) {
    const int signal = ::sigtimedwait(&signals_, nullptr, &timeout);
    if (signal == SIGHUP && may_reload()) {
      reload();
    } else if (signal > 0) {
      return signal;
    }
    look_around();
  }
}

void Service::look_around() {
  const auto snapshots = parts_->instances.latest();
  for (const DaemonStates::Change& change : parts_->states.look(*snapshots, shm::monotonic_ns())) {
    log_event(LogLevel::info, "daemon",
              {{"instance", change.instance},
               {"state", shm::to_string(change.state)},
               {"changes", std::to_string(change.changes)}});
  }
  parts_->manager.status(sentence_about(*snapshots));
  if (parts_->manager.watchdog().count() > 0) feed_watchdog();
}

void Service::feed_watchdog() {
  const auto hanging =
      parts_->progress.look({parts_->front_calls, parts_->instances.sweeps()}, shm::monotonic_ns());
  for (const std::string& thread : hanging)
    log_trouble(LogLevel::error, "thread_hangs", {{"thread", thread}});
  if (hanging.empty()) parts_->manager.alive();
  parts_->server->call([this] { ++parts_->front_calls; });
}

void Service::reload() {
  parts_->manager.reloading();
  const auto refuse = [](const std::string& why) {
    log_event(LogLevel::error, "reload_refused", {{"why", why}});
  };
  const auto again = reread_();
  std::string token;
  std::string why;
  std::vector<std::string> faults;
  if (const auto* wrong = std::get_if<std::vector<std::string>>(&again)) {
    for (const std::string& fault : *wrong) refuse(fault);
  } else if (const auto& next = std::get<Options>(again); !find_token(next, token, why)) {
    refuse(why);
  } else if (token.empty() && !is_loopback(options_.bind)) {
    refuse("--bind " + options_.bind + " stays until a restart, and needs --token-file");
  } else if (auto channels = notify::with_secrets(next.channels, faults); !faults.empty()) {
    for (const std::string& fault : faults) refuse(fault);
  } else {
    // The address is still the first one, whatever the file says now.
    parts_->access.set(Access::for_address(options_.bind, token, next.allowed_origins));
    set_log(next.log);
    parts_->set_alerts(next, std::move(channels));
    log_event(LogLevel::info, "reload");
    const std::string waiting = changes_that_wait(options_, next);
    if (!waiting.empty()) log_event(LogLevel::warning, "restart_needed", {{"options", waiting}});
  }
  parts_->manager.reloaded();
}

}  // namespace goxel_telemetry::http_bridge
