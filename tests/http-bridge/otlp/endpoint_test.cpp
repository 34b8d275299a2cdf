// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/http-bridge/temporary_folder.h"

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string url(const std::string& endpoint) {
  std::string why;
  return traces_url(endpoint, why);
}
std::string fault(const std::string& endpoint) {
  std::string why;
  EXPECT_EQ(traces_url(endpoint, why), "") << endpoint;
  return why;
}

TEST(OtlpEndpoint, IsABaseUrlUnlessItEndsAsThatOfTraces) {
  EXPECT_EQ(url("http://localhost:4318"), "http://localhost:4318/v1/traces");
  EXPECT_EQ(url("https://collector.example/"), "https://collector.example/v1/traces");
  EXPECT_EQ(url("http://localhost:4318/otlp/"), "http://localhost:4318/otlp/v1/traces");
  EXPECT_EQ(url("http://[::1]:4318/v1/traces"), "http://[::1]:4318/v1/traces");
}

TEST(OtlpEndpoint, WhatIsNoneSaysWhyWithoutRepeatingIt) {
  for (const char* bad : {"", "localhost", "localhost:4318", "http://", "http://a b", "http://h:0x",
                          "http://h:70000", "/v1/traces"}) {
    EXPECT_THAT(fault(bad), HasSubstr("such as http://localhost:4318")) << bad;
  }
  EXPECT_THAT(fault("http://" + std::string(4'000, 'a')), HasSubstr("no URL"));
  EXPECT_THAT(fault("ftp://h"), HasSubstr("http:// or https://"));
  EXPECT_THAT(fault("file:///etc/passwd"), HasSubstr("http:// or https://"));
  EXPECT_THAT(fault("http://h/?key=x"), HasSubstr("query"));
  EXPECT_THAT(fault("http://h/#x"), HasSubstr("fragment"));
  for (const char* secret :
       {"http://me:hidden@h", "http://hidden@h", "http://:hidden@h", "ftp://me:hidden@h"}) {
    EXPECT_THAT(fault(secret), HasSubstr("--otlp-headers-file")) << secret;
    EXPECT_THAT(fault(secret), Not(HasSubstr("hidden"))) << secret;
  }
}

class OtlpHeaders : public testing::Test {
 protected:
  std::optional<std::vector<std::string>> read(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return read_headers({.url = "", .headers_file = file_, .ca_file = ""}, why_);
  }
  const TemporaryFolder folder_;
  const std::string file_ = folder_.file("headers");
  std::string why_;
};

TEST_F(OtlpHeaders, AreLinesWithANameAndAValue) {
  EXPECT_THAT(*read("# of the vendor\n\nAuthorization: Bearer abc=:def \r\nx-team:voxels"),
              ElementsAre("Authorization: Bearer abc=:def", "x-team: voxels"));
  EXPECT_THAT(*read(""), IsEmpty());
  EXPECT_THAT(*read_headers({}, why_), IsEmpty());
}

TEST_F(OtlpHeaders, WhatIsNoHeaderIsRefusedByItsLineAndNotRepeated) {
  EXPECT_FALSE(read("A: b\nsecret"));
  EXPECT_THAT(why_, HasSubstr("line 2 of the headers file"));
  for (const char* bad :
       {"secret", ": secret", "a b: secret", "A:", "A: secret\x01", "A: s\xC3\xA9",
        "content-type: secret", "HOST: secret", "Transfer-Encoding: secret"}) {
    EXPECT_FALSE(read(bad)) << bad;
    EXPECT_THAT(why_, Not(HasSubstr("secret"))) << bad;
  }
  EXPECT_TRUE(read("Hosts: a"));
}

TEST_F(OtlpHeaders, AreBounded) {
  std::string many;
  for (int i = 0; i < 33; ++i) many += "A: b\n";
  EXPECT_FALSE(read(many));
  EXPECT_THAT(why_, HasSubstr("more than 32"));
  EXPECT_FALSE(read("A: " + std::string(20'000, 'b')));
  EXPECT_THAT(why_, HasSubstr("16 KiB"));
}

TEST_F(OtlpHeaders, FilesThatAreMissingAreSaid) {
  EXPECT_FALSE(read_headers({.url = "", .headers_file = "/nowhere/headers", .ca_file = ""}, why_));
  EXPECT_THAT(why_, HasSubstr("/nowhere/headers: No such file"));
  EXPECT_FALSE(read_headers({.url = "", .headers_file = "", .ca_file = "/nowhere/ca"}, why_));
  EXPECT_THAT(why_, HasSubstr("/nowhere/ca: No such file"));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::otlp
