// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using testing::HasSubstr;

Answer answered(int status, const std::string& body = "") {
  Answer answer;
  answer.status = status;
  answer.body = body;
  return answer;
}

TEST(OtlpAnswer, OnlyWhatTheProtocolSaysIsTriedAgain) {
  EXPECT_EQ(verdict_of(answered(200)), Verdict::taken);
  for (const int again : {0, 429, 502, 503, 504}) {
    EXPECT_EQ(verdict_of(answered(again)), Verdict::again) << again;
  }
  for (const int refused : {301, 307, 400, 401, 403, 404, 408, 413, 415, 500, 501}) {
    EXPECT_EQ(verdict_of(answered(refused)), Verdict::refused) << refused;
  }
}

TEST(OtlpAnswer, APartialSuccessSaysHowManyWereRejected) {
  const auto partial =
      partial_success(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})");
  EXPECT_EQ(partial.rejected_spans, 3u);
  EXPECT_EQ(partial.message, "too old");
  EXPECT_EQ(partial_success(R"({"partialSuccess":{"rejectedSpans":3}})").rejected_spans, 3u);
}

TEST(OtlpAnswer, WhateverElseTheBodyIsNothingWasRejected) {
  for (const char* body :
       {"", "{}", "[]", "null", "3", "garbage", R"({"partialSuccess":7})", "{\"a\"",
        R"({"partialSuccess":{}})", R"({"partialSuccess":{"rejectedSpans":"-3"}})",
        R"({"partialSuccess":{"rejectedSpans":"3x","errorMessage":9}})"}) {
    EXPECT_EQ(partial_success(body).rejected_spans, 0u) << body;
    EXPECT_EQ(partial_success(body).message, "") << body;
  }
}

TEST(OtlpAnswer, IsToldInItsOwnWords) {
  EXPECT_EQ(told(answered(400, R"({"code":3,"message":"no such field"})")),
            "status 400: no such field");
  EXPECT_EQ(told(answered(404, "not here")), "status 404: not here");
  EXPECT_EQ(told(answered(401)), "status 401");
  EXPECT_THAT(told(answered(302, "elsewhere")), HasSubstr("not followed"));
  EXPECT_LT(told(answered(400, std::string(5'000, 'x'))).size(), 300u);
  Answer none;
  none.problem = "Connection refused";
  EXPECT_EQ(told(none), "Connection refused");
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::otlp
