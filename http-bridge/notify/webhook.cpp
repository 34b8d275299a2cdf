// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/webhook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <utility>

#include "documents/alert_message_document.h"
#include "documents/encode_json.h"
#include "http-bridge/notify/message.h"
#include "http-bridge/outbound/host_name.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

class Webhook : public Channel {
 public:
  Webhook(const ChannelSettings& settings, const Secrets& secrets)
      : key_(secrets.key),
        page_(settings.link),
        hidden_(hidden_texts(settings, secrets)),
        peer_(http_peer(settings, secrets, secrets.url)) {}

  Outcome send(const Bundle& bundle, std::uint64_t now_ns,
               const outbound::Peer::Deadline& deadline) override {
    const std::string body = webhook_body(bundle, page_, now_ns);
    std::vector<std::string> headers{"Idempotency-Key: " + bundle_id(bundle)};
    if (!key_.empty()) {
      headers.push_back("X-Goxel-Telemetry-Signature: " + signature(key_, body));
    }
    return outcome_of(peer_.post(body, deadline, headers), hidden_);
  }

 private:
  const std::string key_;
  const std::string page_;
  const std::vector<std::string> hidden_;
  outbound::Peer peer_;
};

}  // namespace

std::string webhook_body(const Bundle& bundle, const std::string& page, std::uint64_t now_ns) {
  const Message message = message_of(bundle, page, now_ns);
  documents::AlertMessageDocument document{
      outbound::host_name(), bundle.is_test, message.title, plain_text(message), {}};
  for (const Event& event : bundle.events) {
    document.events.push_back(
        {event_id(event), event.change, event.is_first, link_to(event, page), event.alert});
  }
  return documents::encode_json(document);
}

std::string signature(const std::string& key, const std::string& body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &size);
  return "sha256=" + hexadecimal(std::span(digest).first(size));
}

std::unique_ptr<Channel> make_webhook(const ChannelSettings& settings, const Secrets& secrets) {
  return std::make_unique<Webhook>(settings, secrets);
}

}  // namespace goxel_telemetry::http_bridge::notify
