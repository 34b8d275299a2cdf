// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/sender.h"

#include <curl/curl.h>

#include <array>
#include <stdexcept>

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long kLongestConnectMs = 5'000;
constexpr int kLookMs = 50;  // for a deadline that has come nearer

std::size_t keep(const char* data, std::size_t, std::size_t size, void* answer) {
  std::string& body = static_cast<Answer*>(answer)->body;
  body.append(data, std::min(size, Sender::kKeptOfAnswer - body.size()));
  return size;
}

}  // namespace

class Sender::State {
 public:
  State(const std::string& url, const std::vector<std::string>& headers,
        const std::string& ca_file) {
    if (!easy_ || !multi_) throw std::runtime_error("libcurl cannot be used");
    // "Expect:" without a value: the body is sent at once, and not when its receiver says that it may be.
    for (const char* ours :
         {"Content-Type: application/json", "Content-Encoding: gzip", "Expect:"}) {
      add_header(ours);
    }
    for (const std::string& header : headers) add_header(header.c_str());
    CURL* const easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "goxel-telemetry-bridge/" GOXEL_TELEMETRY_VERSION);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kLongestConnectMs);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(std::chrono::milliseconds(kLongestPost).count()));
    // Else who gives up waits for the thread that resolves the name, for which the resolver takes its time.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, problem_.data());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &keep);
    if (!ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file.c_str());
  }

  Answer post(const std::string& body, const Deadline& deadline) {
    Answer answer;
    CURL* const easy = easy_.get();
    problem_[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_multi_add_handle(multi_.get(), easy);
    const CURLcode result = run(deadline);
    curl_multi_remove_handle(multi_.get(), easy);

    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    // An answer that breaks off later says what it says in its first line.
    if (result != CURLE_OK && status == 0) {
      answer.problem = problem_[0] != '\0' ? problem_.data() : curl_easy_strerror(result);
    }
    curl_off_t retry_after = 0;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
    answer.retry_after = std::chrono::seconds(retry_after);
    return answer;
  }

 private:
  struct Free {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  void add_header(const char* header) {
    curl_slist* const longer = curl_slist_append(headers_.get(), header);
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }

  CURLcode run(const Deadline& deadline) {
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

  // The easy handle is freed before the multi handle, in which it is no more by then.
  std::unique_ptr<CURLM, FreeMulti> multi_{curl_multi_init()};
  std::unique_ptr<curl_slist, Free> headers_;
  std::array<char, CURL_ERROR_SIZE> problem_{};
  std::unique_ptr<CURL, Free> easy_{curl_easy_init()};
};

Sender::Sender(const std::string& url, const std::vector<std::string>& headers,
               const std::string& ca_file)
    : state_(std::make_unique<State>(url, headers, ca_file)) {}
Sender::~Sender() = default;

Answer Sender::post(const std::string& body, const Deadline& deadline) {
  return state_->post(body, deadline);
}

}  // namespace goxel_telemetry::http_bridge::otlp
