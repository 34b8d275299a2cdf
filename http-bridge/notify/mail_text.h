// SPDX-License-Identifier: GPL-3.0-or-later
// A mail as it is sent: headers by RFC 5322 and RFC 2047, parts by RFC 2045 and RFC 2046. Whatever the texts are, they stay in their places:
// all but addresses and ids, which are checked elsewhere, is encoded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace goxel_telemetry::http_bridge::notify {

struct MailPicture {
  std::string id;  // the HTML shows it as "cid:ID"
  std::string png;
};

struct MailText {
  std::string from;  // addresses
  std::vector<std::string> to;
  std::string subject;
  std::string id;             // "<…@…>"
  std::string in_reply_to;    // empty: to none
  std::uint64_t date_ns = 0;  // CLOCK_REALTIME
  std::string plain;
  std::string html;
  std::vector<MailPicture> pictures;
};
std::string encode_mail(const MailText& mail);

// Printable ASCII without anything that means something in a header, and one "@".
bool is_mail_address(const std::string& text);

// "<…@…>" of such characters.
bool is_message_id(const std::string& text);

}  // namespace goxel_telemetry::http_bridge::notify
