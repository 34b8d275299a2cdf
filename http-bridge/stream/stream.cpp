// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/stream/stream.h"

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "documents/encode_json.h"
#include "documents/encode_msgpack.h"
#include "documents/stream_message.h"
#include "http-bridge/reason.h"
#include "http-bridge/records/record_reading.h"
#include "http-bridge/records/record_waiters.h"
#include "http-bridge/stream/stream_client.h"
#include "metrics/time.h"

namespace goxel_telemetry::http_bridge {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using documents::StreamEncoding;
using Clock = std::chrono::steady_clock;

// Clients are served so often: as the fastest subscription is due.
constexpr std::chrono::milliseconds kTick{1000 / documents::kMostStreamHz};
constexpr std::size_t kMessagesInATick = 32;  // of one client
constexpr std::size_t kPingsInATick = 32;

constexpr std::array<std::string_view, 6> kDocuments = {"overview", "operations", "inflight",
                                                        "layers",   "instances",  "snapshot"};

std::string bad_request(std::string_view sentence) {
  return documents::encode_json_problem(400, reason_of(400), sentence);
}

// The answers to one request, made once for all who are due at the same tick.
struct Topic {
  Request request;
  std::uint64_t tick = 0;  // of the answer; ticks are counted from 1
  std::shared_ptr<const Response> answer = nullptr;
};

struct Subscription {
  std::shared_ptr<Topic> topic;            // of a document
  std::unique_ptr<RecordReading> records;  // else
  Clock::duration period;
  Clock::time_point due;
  bool has_begun = false;    // it has had a frame
  std::uint64_t missed = 0;  // since the last one
};

struct Client {
  std::shared_ptr<StreamClient> socket;
  std::shared_ptr<void> place;
  std::map<std::string, Subscription> subscriptions = {};  // by id
  std::vector<StreamFrame> problems = {};                  // to be told
};

}  // namespace

class Stream::Loop {
 public:
  Loop(Document document, RecordSources::Watched watched, const StreamLimits& limits)
      : document_(std::move(document)),
        limits_(limits),
        sources_(std::move(watched), limits.idle_source) {
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    asio::post(io_, [this] { work_.reset(); });
    thread_.join();
  }

  void stop() {
    asio::post(io_, [this] { end(); });
  }

  void ask_for_records(const Request& request, LateAnswers::Done done) {
    asio::post(io_, [this, request, done = std::move(done)] {
      const auto now = metrics::Time::now();
      waiters_.ask(request, done, now);
      if (is_ending_) return waiters_.end(now);
      begin_ticks();
    });
  }

  void take(int descriptor, const RequestHead& request, std::shared_ptr<void> place) {
    auto socket = std::make_shared<StreamClient>(io_, descriptor, limits_.silence,
                                                 chosen_protocol(request), events_);
    asio::post(io_, [this, request, socket = std::move(socket), place = std::move(place)] {
      if (is_ending_) return;
      begin_ticks();
      clients_[socket.get()] = {socket, place};
      socket->allow(kMessagesInATick, kPingsInATick);
      socket->accept(request);
    });
  }

 private:
  void run() {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception&) {
        // No memory for what a client wanted: it has nothing more of it.
      }
    }
  }

  void hear(StreamClient& socket, std::string_view text) {
    Client& client = clients_.at(&socket);
    const auto message = documents::parse_stream_message(text);
    if (const auto* subscribe = std::get_if<documents::Subscribe>(&message)) {
      add(client, *subscribe);
    } else if (const auto* unsubscribe = std::get_if<documents::Unsubscribe>(&message)) {
      client.subscriptions.erase(unsubscribe->id);
    } else {
      const auto& bad = std::get<documents::BadStreamMessage>(message);
      complain(client, bad.id, bad_request(bad.sentence));
    }
  }

  void add(Client& client, const documents::Subscribe& subscribe) {
    const auto same = client.subscriptions.find(subscribe.id);
    if (same == client.subscriptions.end() &&
        client.subscriptions.size() >= limits_.subscriptions) {
      return complain(client, subscribe.id,
                      bad_request("A client has at most " + std::to_string(limits_.subscriptions) +
                                  " subscriptions; unsubscribe from one first."));
    }
    Subscription subscription{
        nullptr, nullptr,
        std::chrono::duration_cast<Clock::duration>(std::chrono::seconds(1)) / subscribe.hz,
        Clock::now()};
    const Request request = request_for(subscribe, client.socket->protocol().encoding);
    if (subscribe.document == "records") {
      auto reading = read_records(request);
      if (const auto* refused = std::get_if<Response>(&reading))
        return complain(client, subscribe.id, refused->body);
      subscription.records = std::move(std::get<std::unique_ptr<RecordReading>>(reading));
    } else if (std::find(kDocuments.begin(), kDocuments.end(), subscribe.document) !=
               kDocuments.end()) {
      subscription.topic = topic_of(request);
    } else {
      return complain(client, subscribe.id,
                      bad_request("Subscribe to overview, operations, inflight, layers, instances, "
                                  "snapshot or records."));
    }
    client.subscriptions[subscribe.id] = std::move(subscription);
  }

  static Request request_for(const documents::Subscribe& subscribe, StreamEncoding encoding) {
    const char* const type =
        encoding == StreamEncoding::json ? documents::kJsonType : documents::kMsgpackType;
    return {"GET", "/api/v1/" + subscribe.document, subscribe.parameters, type, "", ""};
  }

  // From now on, if the request has no cursor, and as many at a time as may be, if it has no limit.
  std::variant<std::unique_ptr<RecordReading>, Response> read_records(Request request) {
    request.parameters.emplace("cursor", "now");
    request.parameters.emplace("limit", std::to_string(kMostRecords));
    auto query = parse_record_query(request);
    if (auto* refused = std::get_if<Response>(&query)) return *refused;
    auto& wanted = std::get<RecordQuery>(query);
    auto source = sources_.open(wanted.instance, metrics::Time::now());
    if (auto* refused = std::get_if<Response>(&source)) return *refused;
    return std::make_unique<RecordReading>(std::get<std::shared_ptr<RecordSource>>(source),
                                           std::move(wanted), request.accept);
  }

  void complain(Client& client, std::string_view id, std::string_view problem) {
    client.problems.push_back(
        {documents::problem_frame(client.socket->protocol().encoding, id, problem)});
    if (client.socket->is_idle()) client.socket->send(std::exchange(client.problems, {}));
  }

  std::shared_ptr<Topic> topic_of(const Request& request) {
    std::string name = request.path + '\n' + request.accept;
    for (const auto& [parameter, value] : request.parameters) {
      name.append(1, '\n').append(parameter).append(1, '\n').append(value);
    }
    if (auto known = topics_[name].lock()) return known;
    std::erase_if(topics_, [](const auto& topic) { return topic.second.expired(); });
    auto topic = std::make_shared<Topic>(Topic{request});
    topics_[name] = topic;
    return topic;
  }

  void begin_ticks() {
    if (!std::exchange(ticks_, true)) wait_for_tick(Clock::now());
  }

  void wait_for_tick(Clock::time_point last) {
    timer_.expires_at(std::max(last + kTick, Clock::now()));
    timer_.async_wait([this](error_code error) {
      ticks_ = !error && !(clients_.empty() && waiters_.empty() && sources_.empty());
      if (!ticks_) return;
      wait_for_tick(timer_.expiry());
      tick(Clock::now());
    });
  }

  void tick(Clock::time_point now) {
    ++tick_;
    std::vector<std::shared_ptr<StreamClient>> too_slow;
    if (!sources_.empty()) {
      const auto time = metrics::Time::now();
      sources_.sweep(time);
      waiters_.tick(time);
    }
    for (auto& [socket, client] : clients_) {
      socket->allow(kMessagesInATick, kPingsInATick);
      if (!socket->is_open()) continue;
      if (!socket->is_idle() && now - socket->unsent_since() > limits_.behind) {
        too_slow.push_back(client.socket);
      } else {
        serve(client, now);
      }
    }
    for (const auto& socket : too_slow) socket->drop();
    make_room();
  }

  void serve(Client& client, Clock::time_point now) {
    const bool is_idle = client.socket->is_idle();
    std::vector<StreamFrame> frames;
    if (is_idle) frames = std::exchange(client.problems, {});
    for (auto one = client.subscriptions.begin(); one != client.subscriptions.end();) {
      auto& [id, subscription] = *one;
      // The first frame waits for those of other subscriptions.
      const bool is_due = subscription.due <= now && (is_idle || subscription.has_begun);
      if (is_due) subscription.due = std::max(subscription.due + subscription.period, now);
      if (is_due && !is_idle) ++subscription.missed;
      if (is_due && is_idle && !append(frames, client, id, subscription)) {
        one = client.subscriptions.erase(one);
      } else {
        ++one;
      }
    }
    client.socket->send(std::move(frames));
  }

  // False if the subscription has come to its end.
  bool append(std::vector<StreamFrame>& frames, const Client& client, const std::string& id,
              Subscription& subscription) {
    const StreamEncoding encoding = client.socket->protocol().encoding;
    const auto answer =
        subscription.records ? subscription.records->next(false) : answer_to(*subscription.topic);
    if (!answer) return true;  // there are no new records
    if (subscription.records) held_.push_back(answer);
    if (answer->status != 200) {
      frames.push_back({documents::problem_frame(encoding, id, answer->body)});
      return false;
    }
    subscription.has_begun = true;
    frames.push_back({documents::frame_head(encoding, id, std::exchange(subscription.missed, 0)),
                      answer, documents::frame_tail(encoding)});
    return true;
  }

  const std::shared_ptr<const Response>& answer_to(Topic& topic) {
    if (std::exchange(topic.tick, tick_) != tick_) {
      auto answer = document_(topic.request);
      if (answer != topic.answer) held_.push_back(answer);
      topic.answer = std::move(answer);
    }
    return topic.answer;
  }

  // While what clients have not taken needs too much memory: drops the one that has been behind the longest. One at a
  // tick, for what it held is free only after that.
  void make_room() {
    std::erase_if(held_, [](const auto& body) { return body.expired(); });
    std::size_t bytes = 0;
    for (const auto& body : held_) bytes += body.lock()->body.size();
    if (bytes <= limits_.held_bytes) return;
    const auto slowest =
        std::min_element(clients_.begin(), clients_.end(), [](const auto& a, const auto& b) {
          return a.first->unsent_since() < b.first->unsent_since();
        });
    if (slowest == clients_.end() || slowest->first->is_idle()) return;
    const auto socket = slowest->second.socket;
    socket->drop();
  }

  void end() {
    if (std::exchange(is_ending_, true)) return;
    waiters_.end(metrics::Time::now());
    std::vector<std::shared_ptr<StreamClient>> sockets;
    for (const auto& [socket, client] : clients_) sockets.push_back(client.socket);
    timer_.expires_after(limits_.farewell);
    timer_.async_wait([sockets](error_code) {
      for (const auto& socket : sockets) socket->drop();
    });
    for (const auto& socket : sockets) socket->close();
  }

  void remove(StreamClient& socket) {
    clients_.erase(&socket);
    if (is_ending_ && clients_.empty()) timer_.cancel();
  }

  const Document document_;
  const StreamLimits limits_;
  const StreamClient::Events events_ = {
      [this](StreamClient& socket, std::string_view text) { hear(socket, text); },
      [this](StreamClient& socket) { remove(socket); }};
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  asio::steady_timer timer_{io_};
  std::map<StreamClient*, Client> clients_;
  std::map<std::string, std::weak_ptr<Topic>> topics_;
  std::vector<std::weak_ptr<const Response>>
      held_;  // answers that were made, while somebody has them
  RecordSources sources_;
  RecordWaiters waiters_{sources_};
  std::uint64_t tick_ = 0;
  bool ticks_ = false;
  bool is_ending_ = false;
  std::thread thread_;
};

Stream::Stream(Document document, RecordSources::Watched watched, const StreamLimits& limits)
    : loop_(std::make_unique<Loop>(std::move(document), std::move(watched), limits)) {}

Stream::~Stream() = default;

void Stream::ask_for_records(const Request& request, LateAnswers::Done done) {
  loop_->ask_for_records(request, std::move(done));
}

void Stream::stop() {
  loop_->stop();
}

void Stream::take(int descriptor, const RequestHead& request, std::shared_ptr<void> place) {
  loop_->take(descriptor, request, std::move(place));
}

}  // namespace goxel_telemetry::http_bridge
