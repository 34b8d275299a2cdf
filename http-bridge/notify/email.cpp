// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/email.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "http-bridge/notify/chart.h"
#include "http-bridge/notify/message.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

constexpr std::size_t kLongestSubject = 120;  // bytes

std::string in_attribute(const std::string& text) {
  std::string out = escaped(text);
  for (std::size_t at = 0; (at = out.find('"', at)) != std::string::npos;)
    out.replace(at, 1, "&quot;");
  return out;
}

std::string paragraph(const std::vector<std::string>& lines, std::string_view style = "") {
  if (lines.empty()) return {};
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "<br>\n") + escaped(line);
  return std::string("<p style=\"margin:0 0 12px;").append(style).append("\">") + text + "</p>\n";
}

std::string picture_of(const MailPicture& picture, const MessagePart& part) {
  return "<p style=\"margin:0 0 12px\"><img src=\"cid:" + picture.id + "\" width=\"" +
         std::to_string(kPngWidth / 2) + "\" height=\"" + std::to_string(kPngHeight / 2) +
         "\" style=\"max-width:100%;border-bottom:1px solid #888\" alt=\"" +
         in_attribute(part.chart.blocks) + "\"><br><small>" + escaped(part.chart.scale) +
         "</small></p>\n";
}

struct Thread {
  std::string root;  // the first mail's Message-ID
  std::string subject;
};

// Empty parts if it is none.
Thread thread_of(const std::string& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || !is_message_id(text.substr(0, space))) return {};
  return {text.substr(0, space), text.substr(space + 1)};
}

// What an SMTP reply means: what the operator can mend (who may send, to whom, by which password) is tried again.
Fate fate_of(int status) {
  constexpr std::array kOfTheMessage = {500, 501, 502, 503, 504, 552, 554, 555};
  if (status == 250) return Fate::sent;
  return std::find(kOfTheMessage.begin(), kOfTheMessage.end(), status) == kOfTheMessage.end()
             ? Fate::again
             : Fate::refused;
}

class Email : public Channel {
 public:
  Email(const ChannelSettings& settings, const Secrets& secrets)
      : from_(settings.from),
        to_(settings.to),
        page_(settings.link),
        hidden_(hidden_texts(settings, secrets)),
        peer_(peer_of(settings, secrets)) {}

  Outcome send(const Bundle& bundle, std::uint64_t now_ns,
               const outbound::Peer::Deadline& deadline) override {
    MailText mail = mail_of(bundle, from_, page_, now_ns);
    mail.to = to_;
    const outbound::Answer answer = peer_.send({from_, to_, encode_mail(mail)}, deadline);
    Outcome outcome;
    outcome.fate = fate_of(answer.status);
    outcome.thread = bundle.thread.empty() ? mail_thread(mail) : bundle.thread;
    if (answer.status == 0) {
      outcome.why = told(answer.problem, hidden_);
    } else {
      outcome.why = "status " + std::to_string(answer.status);
      const std::string refusals = told(answer.body, hidden_);
      if (outcome.fate == Fate::sent) {
        outcome.complaint = refusals;
      } else if (!refusals.empty()) {
        outcome.why += ": " + refusals;
      }
    }
    return outcome;
  }

 private:
  static outbound::PeerSettings peer_of(const ChannelSettings& settings, const Secrets& secrets) {
    outbound::PeerSettings peer;
    peer.url =
        (settings.security == MailSecurity::tls ? "smtps://" : "smtp://") + settings.server + '/';
    peer.ca_file = settings.ca_file;
    peer.proxy = settings.proxy;
    peer.user = settings.user;
    peer.password = secrets.password;
    peer.starttls = settings.security == MailSecurity::starttls;
    return peer;
  }

  const std::string from_;
  const std::vector<std::string> to_;
  const std::string page_;
  const std::vector<std::string> hidden_;
  outbound::Peer peer_;
};

}  // namespace

MailText mail_of(const Bundle& bundle, const std::string& from, const std::string& page,
                 std::uint64_t now_ns) {
  const Message message = message_of(bundle, page, now_ns);
  const std::string domain = from.substr(from.find('@') + 1);
  std::string name = "goxel." + bundle_id(bundle);
  if (bundle.is_test) name += '.' + std::to_string(now_ns);
  const Thread thread = thread_of(bundle.thread);

  MailText mail;
  mail.from = from;
  mail.id = '<' + name + '@' + domain + '>';
  mail.in_reply_to = thread.root;
  mail.subject = thread.root.empty()
                     ? shortened(bundle.is_test ? message.title : message.subject, kLongestSubject)
                     : "Re: " + thread.subject;
  mail.date_ns = now_ns;
  mail.plain = plain_text(message);
  mail.html =
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head>\n<body "
      "style=\"font:14px/1.5 sans-serif;color:#222\">\n" +
      paragraph({message.title}, "font-size:17px;font-weight:bold");
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const MessagePart& part = message.parts[i];
    if (!part.heading.empty()) mail.html += paragraph({part.heading}, "font-weight:bold");
    mail.html += paragraph(part.lines);
    if (!part.chart.blocks.empty()) {
      MailPicture picture{"chart" + std::to_string(i), png_chart(bundle.events[i].alert.evidence)};
      picture.id.append(".").append(name).append("@").append(domain);
      mail.html += picture_of(picture, part);
      mail.pictures.push_back(std::move(picture));
    }
    if (!part.advice.empty()) mail.html += paragraph({part.advice});
    mail.html += paragraph(part.handling, "color:#666;font-size:12px");
    if (!part.link.empty()) {
      mail.html += "<p style=\"margin:0 0 12px\"><a href=\"" + in_attribute(part.link) + "\">" +
                   escaped(part.link) + "</a></p>\n";
    }
  }
  if (!message.rest.empty()) mail.html += paragraph({message.rest});
  mail.html += "</body></html>\n";
  return mail;
}

std::string mail_thread(const MailText& mail) {
  return mail.id + ' ' + mail.subject;
}

std::unique_ptr<Channel> make_email(const ChannelSettings& settings, const Secrets& secrets) {
  return std::make_unique<Email>(settings, secrets);
}

}  // namespace goxel_telemetry::http_bridge::notify
