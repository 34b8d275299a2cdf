// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/representation.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace goxel_telemetry::http_bridge {
namespace {

Response answer(std::string body) {
  Response response{200, "text/plain", std::move(body)};
  add_tag(response);
  return response;
}

bool takes(const char* accept_encoding) {
  Request request;
  request.accept_encoding = accept_encoding;
  return takes_gzip(request);
}

bool knows(const std::string& if_none_match, const Response& response) {
  Request request;
  request.if_none_match = if_none_match;
  return is_known(request, response);
}

std::string gunzip(const std::string& bytes, std::size_t most) {
  std::string text(most, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

TEST(Representation, GzipIsForThoseWhoPreferItToPlain) {
  for (const char* yes :
       {"gzip", "GZIP", "gzip, deflate, br", "br;q=1, gzip;q=0.1", "identity;q=0.5, gzip"}) {
    EXPECT_TRUE(takes(yes)) << yes;
  }
  for (const char* no :
       {"", "identity", "br", "gzip;q=0", "gzip;q=0.5, identity", "gzipped", "*;q=0"}) {
    EXPECT_FALSE(takes(no)) << no;
  }
}

TEST(Representation, CompressedIsTheSameTextWithTheSameTag) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i);
  const Response plain = answer(text);
  const Response shorter = compressed(plain);
  EXPECT_TRUE(shorter.is_gzip);
  EXPECT_EQ(shorter.tag, plain.tag);
  EXPECT_EQ(shorter.content_type, plain.content_type);
  EXPECT_LT(shorter.body.size(), text.size() / 2);
  EXPECT_EQ(gunzip(shorter.body, text.size() + 1), text);
}

TEST(Representation, WhatGetsNoShorterStaysAsItIs) {
  std::minstd_rand random(1);
  std::string noise(5'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  for (const std::string& body : {std::string(), std::string(1'000, 'x'), noise}) {
    const Response same = compressed(answer(body));
    EXPECT_FALSE(same.is_gzip) << body.size();
    EXPECT_EQ(same.body, body);
  }
  const Response error = compressed({404, "text/plain", std::string(5'000, 'x')});
  EXPECT_FALSE(error.is_gzip);
}

TEST(Representation, ATagIsOfWhatIsSaid) {
  EXPECT_EQ(answer("a").tag, answer("a").tag);
  EXPECT_NE(answer("a").tag, answer("b").tag);
  Response error{503, "text/plain", "busy"};
  add_tag(error);
  EXPECT_EQ(error.tag, "");
}

TEST(Representation, AClientMayNameAnyTagsThatItHas) {
  const Response response = answer("text");
  const std::string strong = response.tag.substr(2);
  for (const std::string& has :
       {response.tag, strong, "\"x\", " + response.tag, strong + " ,W/\"y\"", std::string(" * ")}) {
    EXPECT_TRUE(knows(has, response)) << has;
  }
  for (const std::string& has : {std::string(), std::string("\"x\""), strong.substr(1),
                                 std::string(",,"), std::string("W/")}) {
    EXPECT_FALSE(knows(has, response)) << has;
  }
  EXPECT_FALSE(knows("*", Response{404, "text/plain", "no"}));
}

TEST(Representation, InsteadOfWhatIsKnownComesItsLength) {
  Request request;
  const Response whole = represented(request, {200, "text/plain", "text"});
  request.if_none_match = whole.tag;
  const Response known = represented(request, {200, "text/plain", "text"});
  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(known.body, "");
  EXPECT_EQ(known.left_out_bytes, 4u);
  EXPECT_EQ(known.tag, whole.tag);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
