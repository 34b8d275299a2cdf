// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/mail_text.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include "metrics/time.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

constexpr std::string_view kNewline = "\r\n";
constexpr std::size_t kLongestAddress = 254;

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // + 1: EVP_EncodeBlock ends it with 0
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string base64_lines(std::string_view bytes) {
  constexpr std::size_t kLine = 76;
  const std::string all = base64(bytes);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += kLine) {
    out.append(all, at, kLine).append(kNewline);
  }
  return out;
}

// RFC 2045: lines of text end with CR LF also where nobody sees them.
std::string with_mail_lines(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

// RFC 2047: encoded words with whole characters in them, in lines of at most 76, of which the first begins with "Subject: ".
std::string header_text(const std::string& text) {
  constexpr std::size_t kMostBare = 60;
  constexpr std::size_t kMostOfWord = 39;  // bytes, 52 as base64
  const bool is_bare =
      text.size() <= kMostBare && text.find("=?") == std::string::npos &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
  if (is_bare) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(at + kMostOfWord, text.size());
    while (end < text.size() && end > at + 1 && (text[end] & 0xC0) == 0x80) --end;
    out += out.empty() ? "" : "\r\n ";
    out += "=?UTF-8?B?" + base64(std::string_view(text).substr(at, end - at)) + "?=";
    at = end;
  }
  return out;
}

// In English, whatever the locale: "Mon, 30 Nov 2026 14:51:00 +0000"
std::string date_text(std::uint64_t realtime_ns) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(realtime_ns / metrics::kNsPerSecond);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> time{};
  const std::size_t size = std::strftime(time.data(), time.size(), "%Y %H:%M:%S +0000", &utc);
  return std::string(kDays.at(static_cast<std::size_t>(utc.tm_wday))) + ", " +
         std::to_string(utc.tm_mday) + ' ' + kMonths.at(static_cast<std::size_t>(utc.tm_mon)) +
         ' ' + std::string(time.data(), size);
}

class Lines {
 public:
  Lines& operator<<(std::string_view line) {
    text_.append(line).append(kNewline);
    return *this;
  }
  void part(std::string_view boundary) { *this << "" << std::string("--").append(boundary); }
  void end(std::string_view boundary) {
    *this << "" << std::string("--").append(boundary).append("--");
  }
  void content(std::string_view type, std::string_view bytes, std::string_view more_headers = {}) {
    *this << std::string("Content-Type: ").append(type) << "Content-Transfer-Encoding: base64";
    text_.append(more_headers).append(kNewline).append(base64_lines(bytes));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

bool is_safe(char c) {
  constexpr std::string_view kSpecial = "()<>[]:;\\,\"@";
  return c > ' ' && c < 0x7F && kSpecial.find(c) == std::string_view::npos;
}

}  // namespace

std::string encode_mail(const MailText& mail) {
  // Base64 has neither "_" nor two hyphens in it, so no line of a part is taken for one of these.
  constexpr std::string_view kAlternatives = "=_goxel_alternatives";
  constexpr std::string_view kRelated = "=_goxel_related";
  std::string to;
  for (const std::string& address : mail.to) to += (to.empty() ? "" : ",\r\n ") + address;
  Lines lines;
  lines << "Date: " + date_text(mail.date_ns) << "From: Goxel telemetry <" + mail.from + '>'
        << "To: " + to << "Subject: " + header_text(mail.subject) << "Message-ID: " + mail.id;
  if (!mail.in_reply_to.empty()) {
    lines << "In-Reply-To: " + mail.in_reply_to << "References: " + mail.in_reply_to;
  }
  lines << "Auto-Submitted: auto-generated"  // RFC 3834: nobody's absence answers it
        << "MIME-Version: 1.0"
        << "Content-Type: multipart/alternative;\r\n boundary=\"" + std::string(kAlternatives) +
               '"';
  lines.part(kAlternatives);
  lines.content("text/plain; charset=utf-8", with_mail_lines(mail.plain));
  lines.part(kAlternatives);
  const std::string html = with_mail_lines(mail.html);
  if (mail.pictures.empty()) {
    lines.content("text/html; charset=utf-8", html);
  } else {
    lines << "Content-Type: multipart/related; type=\"text/html\";\r\n boundary=\"" +
                 std::string(kRelated) + '"';
    lines.part(kRelated);
    lines.content("text/html; charset=utf-8", html);
    for (const MailPicture& picture : mail.pictures) {
      lines.part(kRelated);
      lines.content("image/png; name=\"chart.png\"", picture.png,
                    "Content-ID: <" + picture.id +
                        ">\r\nContent-Disposition: inline; filename=\"chart.png\"\r\n");
    }
    lines.end(kRelated);
  }
  lines.end(kAlternatives);
  return lines.take();
}

bool is_mail_address(const std::string& text) {
  const std::size_t at = text.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) return false;
  return text.size() <= kLongestAddress && text.front() != '-' &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), is_safe) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) + 1, text.end(), is_safe);
}

bool is_message_id(const std::string& text) {
  return text.size() > 2 && text.front() == '<' && text.back() == '>' &&
         is_mail_address(text.substr(1, text.size() - 2));
}

}  // namespace goxel_telemetry::http_bridge::notify
