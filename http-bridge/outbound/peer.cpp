// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/outbound/peer.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace goxel_telemetry::http_bridge::outbound {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long kLongestConnectMs = 5'000;
constexpr int kLookMs = 50;  // for a deadline that has come nearer

// A short count ends the exchange; its status is known by then.
std::size_t keep(const char* data, std::size_t, std::size_t size, void* answer) {
  std::string& body = static_cast<Answer*>(answer)->body;
  const std::size_t kept = std::min(size, Peer::kKeptOfAnswer - body.size());
  body.append(data, kept);
  return kept;
}

// Of a server's replies to a mail (RFC 5321), which come as headers, those that refuse something.
std::size_t keep_refusal(const char* data, std::size_t, std::size_t size, void* answer) {
  constexpr std::size_t kMostKept = 1'024;
  std::string& body = static_cast<Answer*>(answer)->body;
  const bool refuses = size > 3 && (data[0] == '4' || data[0] == '5') && data[1] >= '0' &&
                       data[1] <= '9' && body.size() < kMostKept;
  if (refuses) body.append(data, std::min(size, kMostKept - body.size()));
  return size;
}

struct Unsent {
  std::string_view text;
};

std::size_t take_next(char* out, std::size_t, std::size_t room, void* unsent) {
  std::string_view& text = static_cast<Unsent*>(unsent)->text;
  const std::size_t size = std::min(room, text.size());
  std::memcpy(out, text.data(), size);
  text.remove_prefix(size);
  return size;
}

struct Free {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

class List {
 public:
  void add(const std::string& text) {
    curl_slist* const longer = curl_slist_append(list_.get(), text.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(list_.release());
    list_.reset(longer);
  }
  curl_slist* get() const { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, Free> list_;
};

}  // namespace

class Peer::State {
 public:
  explicit State(PeerSettings settings) : settings_(std::move(settings)) {
    if (!easy_ || !multi_) throw std::runtime_error("libcurl cannot be used");
  }

  Answer post(const std::string& body, const Deadline& deadline,
              const std::vector<std::string>& more_headers) {
    List headers;
    // "Expect:" without a value: the body is sent at once, and not when its receiver says that it may be.
    headers.add("Expect:");
    for (const std::string& header : settings_.headers) headers.add(header);
    for (const std::string& header : more_headers) headers.add(header);
    Answer answer;
    prepare("http,https");
    set(CURLOPT_USERAGENT, "goxel-telemetry-bridge/" GOXEL_TELEMETRY_VERSION);
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_WRITEFUNCTION, &keep);
    set(CURLOPT_WRITEDATA, &answer);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_POSTFIELDS, body.data());
    const CURLcode result = run(deadline);

    answer.status = last_status();
    // An answer that breaks off later says what it says in its first line.
    if (result != CURLE_OK && answer.status == 0) answer.problem = problem_of(result);
    curl_off_t retry_after = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &retry_after);
    answer.retry_after = std::chrono::seconds(retry_after);
    return answer;
  }

  Answer send(const Mail& mail, const Deadline& deadline) {
    List to;
    for (const std::string& address : mail.to) to.add('<' + address + '>');
    const std::string from = '<' + mail.from + '>';
    Unsent unsent{mail.message};
    Answer answer;
    prepare("smtp,smtps");
    set(CURLOPT_FORBID_REUSE, 1L);  // servers do not like those who stay
    if (!settings_.user.empty()) {
      set(CURLOPT_USERNAME, settings_.user.c_str());
      set(CURLOPT_PASSWORD, settings_.password.c_str());
    }
    if (settings_.starttls) set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    set(CURLOPT_MAIL_FROM, from.c_str());
    set(CURLOPT_MAIL_RCPT, to.get());
    set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);  // curl's own spelling
    set(CURLOPT_HEADERFUNCTION, &keep_refusal);
    set(CURLOPT_HEADERDATA, &answer);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &take_next);
    set(CURLOPT_READDATA, &unsent);
    const CURLcode result = run(deadline);

    constexpr int kTaken = 250;
    constexpr int kFirstRefusal = 400;
    const int status = last_status();
    if (result == CURLE_OK) {
      answer.status = kTaken;
    } else if (status >= kFirstRefusal) {
      answer.status = status;
    } else {
      answer.problem = problem_of(result);
    }
    return answer;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  // Options of an earlier exchange are gone; connections stay.
  void prepare(const char* protocols) {
    curl_easy_reset(easy_.get());
    problem_[0] = '\0';
    set(CURLOPT_URL, settings_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, protocols);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, kLongestConnectMs);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::chrono::milliseconds(kLongestExchange).count()));
    // Else who gives up waits for the thread that resolves the name, for which the resolver takes its time.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_ERRORBUFFER, problem_.data());
    if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
    if (settings_.proxy) set(CURLOPT_PROXY, settings_.proxy->c_str());
  }

  CURLcode run(const Deadline& deadline) {
    curl_multi_add_handle(multi_.get(), easy_.get());
    const CURLcode result = perform(deadline);
    curl_multi_remove_handle(multi_.get(), easy_.get());
    return result;
  }

  CURLcode perform(const Deadline& deadline) {
    for (int running = 1; Clock::now() < deadline();) {
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
      if (running == 0) {
        int left = 0;
        const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left);
        return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
      }
      curl_multi_poll(multi_.get(), nullptr, 0, kLookMs, nullptr);
    }
    return CURLE_OPERATION_TIMEDOUT;
  }

  int last_status() const {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }

  std::string problem_of(CURLcode result) const {
    return problem_[0] != '\0' ? problem_.data() : curl_easy_strerror(result);
  }

  const PeerSettings settings_;
  // The easy handle is freed before the multi handle, in which it is no more by then.
  std::unique_ptr<CURLM, FreeMulti> multi_{curl_multi_init()};
  std::array<char, CURL_ERROR_SIZE> problem_{};
  std::unique_ptr<CURL, Free> easy_{curl_easy_init()};
};

Peer::Peer(const PeerSettings& settings) : state_(std::make_unique<State>(settings)) {}
Peer::~Peer() = default;

Answer Peer::post(const std::string& body, const Deadline& deadline,
                  const std::vector<std::string>& headers) {
  return state_->post(body, deadline, headers);
}

Answer Peer::send(const Mail& mail, const Deadline& deadline) {
  return state_->send(mail, deadline);
}

void block_broken_pipe() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

}  // namespace goxel_telemetry::http_bridge::outbound
