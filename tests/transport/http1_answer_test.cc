// Answers of HTTP/1.1 as they are read off a connection: whole or not, however they are cut.
#include "engine/transport/http1_answer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace herald::transport {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// How an answer ended, after it was fed in pieces that end at `cuts`.
struct Read {
  enum class End { whole, incomplete, broken } end = End::incomplete;
  int status = 0;
  std::string body;
  bool oversize = false;
  bool keeps = false;
  std::size_t unread = 0;

  bool operator==(const Read&) const = default;
};

Read read(std::string_view text, const std::vector<std::size_t>& cuts = {}, bool finished = false) {
  Exchange exchange;
  Http1Answer answer;
  answer.begin(exchange);
  Read read;
  std::size_t at = 0;
  const auto feed = [&](std::size_t until) {
    const auto whole = answer.take(bytes_of(text.substr(at, until - at)));
    at = until;
    if (!whole) read.end = Read::End::broken;
    if (whole && *whole) read.end = Read::End::whole;
    return read.end == Read::End::incomplete;
  };
  bool more = true;
  for (const std::size_t cut : cuts) more = more && feed(cut);
  if (more) more = feed(text.size());
  if (more && finished && answer.finish()) read.end = Read::End::whole;
  read.status = exchange.status;
  read.body = exchange.answer;
  read.oversize = exchange.oversize;
  read.unread = answer.unread() + (text.size() - at);
  if (read.end == Read::End::whole) read.keeps = answer.keeps_connection() && read.unread == 0;
  return read;
}

const std::string kPlain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST(Http1Answer, BodyOfALengthIsTaken) {
  const Read got = read(kPlain);
  EXPECT_EQ(got.end, Read::End::whole);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "hello");
  EXPECT_TRUE(got.keeps);
}

TEST(Http1Answer, ChunksAreJoinedAndTheirExtensionsAndTrailersPassedOver) {
  const Read got = read(
      "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX: "
      "y\r\n\r\n");
  EXPECT_EQ(got.end, Read::End::whole);
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.body, "hello");
  EXPECT_TRUE(got.keeps);
}

TEST(Http1Answer, WithoutALengthOnlyAPeerThatFinishedMakesItWhole) {
  constexpr std::string_view kText = "HTTP/1.1 200 OK\r\n\r\nhello";
  EXPECT_EQ(read(kText).end, Read::End::incomplete);
  const Read got = read(kText, {}, true);
  EXPECT_EQ(got.end, Read::End::whole);
  EXPECT_EQ(got.body, "hello");
  EXPECT_FALSE(got.keeps);
}

TEST(Http1Answer, WhoFinishesInTheMiddleHasNotAnswered) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (const std::string& text : {kPlain, chunked}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_EQ(read(text.substr(0, size), {}, true).end, Read::End::incomplete) << size;
    }
  }
}

TEST(Http1Answer, InterimAnswersArePassedOver) {
  const Read got =
      read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kPlain);
  EXPECT_EQ(got.end, Read::End::whole);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "hello");
}

TEST(Http1Answer, InterimAnswersWithoutEndBreakTheProtocol) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(read(text).end, Read::End::broken);
}

TEST(Http1Answer, AnotherProtocolBreaksThisOne) {
  EXPECT_EQ(read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n").end,
            Read::End::broken);
}

TEST(Http1Answer, NoContentHasNoBody) {
  const Read got = read("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(got.end, Read::End::whole);
  EXPECT_EQ(got.status, 204);
  EXPECT_TRUE(got.keeps);
}

TEST(Http1Answer, WhatEndsTheConnectionIsSeen) {
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").keeps);
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nconnection: x, Close\r\nContent-Length: 0\r\n\r\n").keeps);
  EXPECT_FALSE(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keeps);
  EXPECT_FALSE(
      read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").keeps);
  const Read stray = read(kPlain + "?");
  EXPECT_EQ(stray.end, Read::End::whole);
  EXPECT_EQ(stray.unread, 1u);
  EXPECT_FALSE(stray.keeps);
}

TEST(Http1Answer, WhatIsNoAnswerBreaksTheProtocol) {
  for (const std::string_view text : {
           "hello, who is there?\r\n\r\n",
           "HTTP/2.0 200 OK\r\n\r\n",
           "HTTP/1.1 2x0 OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloworld",
       }) {
    EXPECT_EQ(read(text).end, Read::End::broken) << text;
  }
}

// I49.
TEST(Http1Answer, HundredFieldsAreReadAndOneMoreIsNot) {
  std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (int i = 1; i < 100; ++i) text += fmt::format("x-{}: v\r\n", i);
  EXPECT_EQ(read(text + "\r\n").end, Read::End::whole);
  EXPECT_EQ(read(text + "y: v\r\n\r\n").end, Read::End::broken);
}

TEST(Http1Answer, HeadOverSixtyFourKilobytesBreaksTheProtocolWithoutItsEnd) {
  std::string text = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 70; ++i) text += fmt::format("x-{}: {}\r\n", i, std::string(1000, 'v'));
  EXPECT_EQ(read(text).end, Read::End::broken);
  EXPECT_EQ(read("HTTP/1.1 200 " + std::string(70000, 'k')).end, Read::End::broken);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nx: " + std::string(70000, 'v')).end, Read::End::broken);
}

TEST(Http1Answer, EndlessChunkExtensionsAndTrailersBreakTheProtocol) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read(head + "5;" + std::string(70000, 'e')).end, Read::End::broken);
  EXPECT_EQ(read(head + "0\r\nx: " + std::string(70000, 'v')).end, Read::End::broken);
}

TEST(Http1Answer, OneMebibyteIsReadAndMoreIsThrownAway) {
  const std::string most(1 << 20, 'b');
  const auto answer = [](const std::string& body) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
  };
  const Read whole = read(answer(most));
  EXPECT_FALSE(whole.oversize);
  EXPECT_EQ(whole.body.size(), most.size());
  const Read over = read(answer(most + "b"), {1000, 500000});
  EXPECT_EQ(over.end, Read::End::whole);
  EXPECT_TRUE(over.oversize);
  EXPECT_LE(over.body.size(), most.size());
  EXPECT_EQ(over.unread, 0u);
}

const std::vector<std::string>& samples() {
  static const std::vector<std::string> kSamples{
      kPlain,
      kPlain + kPlain,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2;q=\"\\\"\"\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.0 503 \r\nA: b\r\n  folded\r\n\r\nuntil the end",
      "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
  };
  return kSamples;
}

TEST(Http1Answer, WhereverTheBytesAreCutTheAnswerIsTheSame) {
  for (const std::string& text : samples()) {
    const Read expected = read(text, {}, true);
    EXPECT_NE(expected.end, Read::End::broken) << text;
    std::vector<std::size_t> every;
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      EXPECT_EQ(read(text, {cut}, true), expected) << text << " cut at " << cut;
      every.push_back(cut);
      for (std::size_t second = cut; second < text.size(); ++second) {
        EXPECT_EQ(read(text, {cut, second}, true), expected) << text << cut << " " << second;
      }
    }
    EXPECT_EQ(read(text, every, true), expected) << text;
  }
}

// Beast asserts here and there; no input may reach one. Whether there is an answer, and which, does
// not depend on the cuts; when it is seen that there is none does.
TEST(Http1Answer, MangledAnswersNeitherStopNorDependOnTheirCuts) {
  std::mt19937 random{7};
  for (int round = 0; round < 40000; ++round) {
    std::string text = samples()[random() % samples().size()];
    for (auto changes = 1 + random() % 4; changes > 0 && !text.empty(); --changes) {
      constexpr std::string_view kBytes = "\r\n0;:, 5a\"\x00\xff";
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 5);
          break;
        default:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
          break;
      }
    }
    std::vector<std::size_t> cuts;
    for (std::size_t at = random() % 8; at < text.size(); at += 1 + random() % 9) {
      cuts.push_back(at);
    }
    const Read whole = read(text, {}, true);
    const Read cut = read(text, cuts, true);
    ASSERT_EQ(whole.end == Read::End::whole, cut.end == Read::End::whole) << text;
    if (whole.end == Read::End::whole) {
      ASSERT_EQ(whole, cut) << text;
    }
  }
}

}  // namespace
}  // namespace herald::transport
