#include "tools/herald/control_http.h"

#include <gmock/gmock.h>

namespace herald::cli {
namespace {

using testing::HasSubstr;

// The request, taken in pieces of that size; or the status it is refused with.
std::string read(const std::string& bytes, std::size_t piece) {
  RequestReader reader;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (reader.take(std::string_view{bytes}.substr(at, piece))) break;
  }
  if (const auto& refusal = reader.refusal()) return std::to_string(refusal->status);
  if (!reader.request()) return "more";
  const ControlRequest& request = *reader.request();
  return request.method + ' ' + request.path + " ? " + request.query + " (" + request.content_type +
         ") " + request.body;
}

TEST(ControlHttp, ARequestComesInAnyPieces) {
  const std::string get = "GET /v1/store/groups?from=7 HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string post = http_request("POST", "/v1/campaigns/a/pause", "{}");
  for (const std::size_t piece : {1u, 2u, 7u, 1000u}) {
    EXPECT_EQ(read(get, piece), "GET /v1/store/groups ? from=7 () ");
    EXPECT_EQ(read(post, piece), "POST /v1/campaigns/a/pause ?  (application/json) {}");
    EXPECT_EQ(read(post.substr(0, post.size() - 1), piece), "more");
    EXPECT_EQ(read("no HTTP\r\n\r\n", piece), "400");
  }
}

TEST(ControlHttp, WhatIsTooLongIsRefusedBeforeItIsThere) {
  const std::string head = "POST / HTTP/1.1\r\nContent-Length: ";
  EXPECT_EQ(read(head + "65537\r\n\r\n", 10), "413");
  EXPECT_EQ(read(head + "65536\r\n\r\n" + std::string(65536, 'x'), 1000),
            "POST / ?  () " + std::string(65536, 'x'));
  EXPECT_EQ(read("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n" +
                     std::string(65537, 'x'),
                 1000),
            "413");
  EXPECT_EQ(read("GET /" + std::string(9000, 'a'), 100), "431");
  EXPECT_EQ(read("GET / HTTP/1.1\r\nA: " + std::string(9000, 'a'), 100), "431");
}

TEST(ControlHttp, AnAnswerComesInAnyPieces) {
  const std::string whole = http_answer(404, R"({"error":1})");
  const std::string stream = http_stream_head() + http_chunk_head(5) + "hello" +
                             std::string{kHttpChunkTail} + http_chunk_head(20) +
                             std::string(20, 'x') + std::string{kHttpChunkTail} +
                             std::string{kHttpStreamTail};
  for (const std::size_t piece : {1u, 3u, 1000u}) {
    std::string pieces;
    const auto take_all = [&](const std::string& bytes, AnswerReader& reader) {
      bool done = false;
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        EXPECT_FALSE(done);
        done = reader.take(std::string_view{bytes}.substr(at, piece)).value();
      }
      return done;
    };
    const auto take = [&](std::string_view bytes) {
      pieces += bytes;
      return Result<void>{};
    };
    AnswerReader one{take};
    EXPECT_TRUE(take_all(whole, one));
    EXPECT_EQ(one.status(), 404u);
    EXPECT_EQ(one.body(), R"({"error":1})");
    EXPECT_EQ(pieces, "");
    AnswerReader many{take};
    EXPECT_TRUE(take_all(stream, many));
    EXPECT_EQ(many.status(), 200u);
    EXPECT_EQ(pieces, "hello" + std::string(20, 'x'));
    AnswerReader cut{take};
    EXPECT_FALSE(take_all(stream.substr(0, stream.size() - 5), cut));
  }
}

// Found by the fuzzer `control`: Beast asserted when the last chunk was the first, and came cut.
TEST(ControlHttp, ALastChunkThatIsTheFirstComesInAnyPieces) {
  const std::string post = "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  const std::string nothing = http_stream_head() + std::string{kHttpStreamTail};
  for (std::size_t piece = 1; piece < 8; ++piece) {
    EXPECT_EQ(read(post, piece), "POST /x ?  () ");
    AnswerReader reader{[](std::string_view) { return Result<void>{}; }};
    bool whole = false;
    for (std::size_t at = 0; at < nothing.size(); at += piece) {
      EXPECT_FALSE(whole);
      whole = reader.take(std::string_view{nothing}.substr(at, piece)).value();
    }
    EXPECT_TRUE(whole);
  }
}

TEST(ControlHttp, WhatAPieceFindsWrongEndsTheAnswer) {
  AnswerReader reader{[](std::string_view) -> Result<void> { return Error{Errc::disk, "no"}; }};
  const auto taken = reader.take(http_stream_head() + "1\r\nx\r\n0\r\n\r\n");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::disk);
  AnswerReader strange{[](std::string_view) { return Result<void>{}; }};
  EXPECT_EQ(strange.take("220 smtp\r\n\r\n").error().code, Errc::unreachable);
}

}  // namespace
}  // namespace herald::cli
