// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/slack.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace goxel_telemetry::http_bridge::notify {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kPostMessage = "https://slack.com/api/chat.postMessage";
// Each of its characters has at most five when it is escaped.
constexpr std::size_t kLongestLine = 500;

std::string line_of(const std::string& text) {
  return escaped(shortened(text, kLongestLine));
}

std::string bold(const std::string& text) {
  const std::string line = line_of(text);
  return line.find('*') == std::string::npos ? '*' + line + '*' : line;
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Lines become paragraphs, and paragraphs as few blocks as take them.
class Blocks {
 public:
  void add(const std::string& line) {
    if (line.empty() || is_full_) return;
    const std::size_t more = line.size() + 1;
    if (size_ + more > kMostOfSlackMessage) {
      is_full_ = true;
      text_ += "\n… and more, which Slack would not take: goxel-telemetry alerts";
      return;
    }
    if (text_.size() + more > kMostOfSlackBlock - kRoomForRest) end();
    size_ += more;
    text_ += (text_.empty() ? "" : "\n") + line;
  }

  void end() {
    if (text_.empty()) return;
    blocks_.push_back({{"type", "section"},
                       // verbatim: what looks like a link, a channel or a person is none.
                       {"text", {{"type", "mrkdwn"}, {"text", text_}, {"verbatim", true}}}});
    text_.clear();
  }

  Json take() {
    end();
    return std::move(blocks_);
  }

 private:
  static constexpr std::size_t kRoomForRest = 100;

  Json blocks_ = Json::array();
  std::string text_;
  std::size_t size_ = 0;
  bool is_full_ = false;
};

// Of chat.postMessage, which says 200 whatever happened.
struct ApiAnswer {
  bool is_ok = false;
  std::string error;
  std::string thread;  // of the message that was made
};

ApiAnswer api_answer(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  ApiAnswer answer;
  if (!json.is_object()) return answer;
  const auto text = [&json](const char* name) {
    const auto at = json.find(name);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const auto ok = json.find("ok");
  answer.is_ok = ok != json.end() && ok->is_boolean() && ok->get<bool>();
  answer.error = text("error");
  answer.thread = text("ts");
  return answer;
}

// Those that say that this message will never do; all others the operator or Slack mends.
bool is_about_the_message(const std::string& error) {
  constexpr std::array<std::string_view, 7> kErrors = {
      "invalid_blocks",   "invalid_blocks_format", "msg_blocks_too_long",
      "msg_too_long",     "invalid_attachments",   "no_text",
      "invalid_arguments"};
  return std::find(kErrors.begin(), kErrors.end(), error) != kErrors.end();
}

// "1503435956.000247"
bool is_timestamp(const std::string& text) {
  return !text.empty() && text.size() < 32 &&
         text.find_first_not_of("0123456789.") == std::string::npos;
}

class Slack : public Channel {
 public:
  Slack(const ChannelSettings& settings, const Secrets& secrets)
      : channel_(settings.channel),
        page_(settings.link),
        hidden_(hidden_texts(settings, secrets)),
        peer_(http_peer(settings, secrets, secrets.url.empty() ? kPostMessage : secrets.url)) {}

  Outcome send(const Bundle& bundle, std::uint64_t now_ns,
               const outbound::Peer::Deadline& deadline) override {
    const Message message = message_of(bundle, page_, now_ns);
    const bool has_api = !channel_.empty();
    SlackPlace place{channel_, {}, false};
    if (has_api && is_timestamp(bundle.thread)) {
      place.thread = bundle.thread;
      place.also_in_channel = std::any_of(
          bundle.events.begin(), bundle.events.end(),
          [](const Event& event) { return event.change == metrics::AlertChange::confirmed; });
    }
    const outbound::Answer answer = peer_.post(slack_body(message, place), deadline);
    Outcome outcome = outcome_of(answer, hidden_);
    if (has_api && outcome.fate == Fate::sent) judge(answer.body, outcome);
    if (outcome.fate == Fate::sent && !place.thread.empty()) outcome.thread = place.thread;
    return outcome;
  }

 private:
  void judge(const std::string& body, Outcome& outcome) const {
    ApiAnswer answer = api_answer(body);
    if (answer.is_ok) {
      outcome.thread = is_timestamp(answer.thread) ? answer.thread : "";
      outcome.why = "ok";
      return;
    }
    outcome.fate = is_about_the_message(answer.error) ? Fate::refused : Fate::again;
    outcome.why = answer.error.empty() ? "an answer that is not Slack's: " + told(body, hidden_)
                                       : told(answer.error, hidden_);
  }

  const std::string channel_;
  const std::string page_;
  const std::vector<std::string> hidden_;
  outbound::Peer peer_;
};

}  // namespace

std::string slack_body(const Message& message, const SlackPlace& place) {
  Blocks blocks;
  blocks.add(bold(message.title));
  for (const MessagePart& part : message.parts) {
    if (!part.heading.empty()) {
      blocks.end();
      blocks.add(bold(part.heading));
    }
    for (const std::string& line : part.lines) blocks.add(line_of(line));
    if (!part.chart.blocks.empty())
      blocks.add("```" + part.chart.blocks + "```\n" + line_of(scale_text(part.chart)));
    if (!part.advice.empty()) blocks.add("_" + line_of(part.advice) + "_");
    for (const std::string& line : part.handling) blocks.add(line_of(line));
    // In a text that is verbatim only what is marked is a link.
    if (!part.link.empty()) blocks.add('<' + line_of(part.link) + '>');
  }
  blocks.add(line_of(message.rest));
  Json body;
  if (!place.channel.empty()) body["channel"] = place.channel;
  body["text"] = line_of(message.title);  // what a notification shows
  body["blocks"] = blocks.take();
  body["unfurl_links"] = false;
  body["unfurl_media"] = false;
  if (!place.thread.empty()) {
    body["thread_ts"] = place.thread;
    body["reply_broadcast"] = place.also_in_channel;
  }
  return dumped(body);
}

std::unique_ptr<Channel> make_slack(const ChannelSettings& settings, const Secrets& secrets) {
  return std::make_unique<Slack>(settings, secrets);
}

}  // namespace goxel_telemetry::http_bridge::notify
