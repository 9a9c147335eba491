// Receipts on their way: batches, signatures, tries, and what is counted when they do not arrive.
#include "tools/pushsim/receipt_poster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/pushsim/receiver.h"
#include "tests/pushsim/support.h"
#include "tools/pushsim/keygen.h"
#include "tools/pushsim/setup_error.h"
#include "tools/pushsim/tls.h"

namespace pushsim {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class ReceiptPosterTest : public testing::Test {
 protected:
  ReceiptOptions options(const std::string& url) {
    ReceiptOptions options;
    options.url = url;
    options.first_pause = 1ms;
    return options;
  }
  static void add(ReceiptPoster& poster, int count, int result = 0) {
    for (int i = 0; i < count; ++i) poster.add(result, "{\"n\":" + std::to_string(i) + "}");
  }
  std::string write(const char* name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // as the program does: TLS writes to what may be closed
    folder_ = testing::TempDir() + "receipts-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  TestClock clock_;
};

std::size_t statuses_in(const std::string& request) {
  simdjson::dom::parser parser;
  simdjson::dom::element body;
  simdjson::dom::array statuses;
  const std::string text = request.substr(request.find("\r\n\r\n") + 4);
  EXPECT_EQ(parser.parse(text).get(body), simdjson::SUCCESS) << text;
  EXPECT_EQ(body["statuses"].get(statuses), simdjson::SUCCESS) << text;
  return statuses.size();
}

TEST_F(ReceiptPosterTest, PostsAtMostAHundredStatusesAtATimeOnOneConnection) {
  Receiver receiver;
  receiver.hold();
  ReceiptPoster poster(options(receiver.url()), clock_);
  add(poster, 1);
  receiver.wait_for_requests(1);  // the first one leaves alone, the others gather
  add(poster, 249, 2);
  receiver.release();
  poster.finish(60s);
  const auto requests = receiver.requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_THAT(requests[0], HasSubstr("POST /receipts?x=1 HTTP/1.1\r\nHost: localhost:"));
  EXPECT_THAT(requests[0], HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(requests[0], testing::Not(HasSubstr("CALLBACK-ID")));
  EXPECT_THAT(requests[0], HasSubstr("\r\n\r\n{\"statuses\":[{\"n\":0}]}"));
  EXPECT_EQ(statuses_in(requests[1]), 100u);
  EXPECT_EQ(statuses_in(requests[2]), 100u);
  EXPECT_EQ(statuses_in(requests[3]), 49u);
  EXPECT_EQ(receiver.connections(), 1);
  const ReceiptTotals totals = poster.totals();
  EXPECT_EQ(totals.made, 250u);
  EXPECT_EQ(totals.delivered, 250u);
  EXPECT_EQ(totals.queued, 0u);
  EXPECT_EQ(totals.posts, 4u);
  EXPECT_EQ(totals.by_result.at(2), 249u);
}

TEST_F(ReceiptPosterTest, AnswersOfAnyShapeAreRead) {
  Receiver receiver;
  receiver.answer({kTakenInChunks, kTakenAndClosed, kTaken});
  ReceiptPoster poster(options(receiver.url()), clock_);
  for (std::size_t i = 1; i <= 3; ++i) {
    add(poster, 1);
    receiver.wait_for_requests(i);
  }
  poster.finish(60s);
  EXPECT_EQ(poster.totals().delivered, 3u);
  EXPECT_EQ(poster.totals().posts_failed, 0u);
  EXPECT_EQ(receiver.connections(), 2);
}

TEST_F(ReceiptPosterTest, AFailedPostIsTriedAgainAndGivenUpInTheEnd) {
  constexpr std::string_view kFailed = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
  constexpr std::string_view kOtherCode =
      "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"code\":\"1\"}";
  Receiver receiver;
  receiver.answer({kFailed, "", kOtherCode, kTaken, kFailed, kFailed, kFailed, kFailed});
  ReceiptPoster poster(options(receiver.url()), clock_);
  add(poster, 1);
  receiver.wait_for_requests(4);
  add(poster, 1);
  poster.finish(60s);
  EXPECT_EQ(receiver.requests().size(), 8u);
  const ReceiptTotals totals = poster.totals();
  EXPECT_EQ(totals.delivered, 1u);
  EXPECT_EQ(totals.failed, 1u);
  EXPECT_EQ(totals.posts, 8u);
  EXPECT_EQ(totals.posts_failed, 7u);
}

TEST_F(ReceiptPosterTest, WhatDoesNotFitTheQueueIsDroppedAndCounted) {
  Receiver receiver;
  receiver.hold();
  ReceiptOptions small = options(receiver.url());
  small.queue_max = 3;
  ReceiptPoster poster(small, clock_);
  add(poster, 1);
  receiver.wait_for_requests(1);
  add(poster, 5);
  EXPECT_EQ(poster.totals().dropped, 2u);
  EXPECT_EQ(poster.totals().queued, 4u);
  receiver.release();
  poster.finish(60s);
  EXPECT_EQ(poster.totals().delivered, 4u);
}

TEST_F(ReceiptPosterTest, TheEndDoesNotWaitForAReceiverThatIsNotThere) {
  Receiver receiver;
  receiver.hold();
  ReceiptPoster poster(options(receiver.url()), clock_);
  add(poster, 250);
  receiver.wait_for_requests(1);
  poster.finish(0ms);
  const ReceiptTotals totals = poster.totals();
  EXPECT_EQ(totals.failed, 250u);
  EXPECT_EQ(totals.queued, 0u);
}

TEST_F(ReceiptPosterTest, EveryTryIsSignedAnew) {
  Receiver receiver;
  receiver.answer({"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"});
  ReceiptOptions signing = options(receiver.url());
  signing.user = "receiptUser";
  signing.secret_file = write("secret", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n");
  ReceiptPoster poster(signing, clock_);
  add(poster, 1);
  poster.finish(60s);
  const auto requests = receiver.requests();
  ASSERT_EQ(requests.size(), 2u);
  std::vector<std::string> ids;
  for (const std::string& request : requests) {
    const std::size_t at = request.find("X-HUAWEI-CALLBACK-ID: ");
    ASSERT_NE(at, request.npos);
    const std::string id = request.substr(at + 22, request.find("\r\n", at) - at - 22);
    ids.push_back(id);
    // The header says itself what was signed.
    const std::string nonce = id.substr(id.find("nonce=") + 6, 36);
    EXPECT_EQ(id, callback_id("0123456789abcdef0123456789abcdef", "receiptUser",
                              TestClock::kStartMs, nonce));
  }
  EXPECT_NE(ids[0], ids[1]);
}

TEST_F(ReceiptPosterTest, HttpsTrustsWhatItWasGivenAndNothingElse) {
  const std::string keys = folder_ + "/keys";
  KeygenOptions keygen;
  keygen.directory = keys;
  keygen.bits = 2048;
  generate_keys(keygen);
  const SslCtxPtr context = make_tls_context(keys + "/tls.crt", keys + "/tls.key", false);
  Receiver receiver(context.get());
  ReceiptOptions trusting = options(receiver.url("https"));
  trusting.ca_file = keys + "/tls.crt";
  {
    ReceiptPoster poster(trusting, clock_);
    add(poster, 3);
    poster.finish(60s);
    EXPECT_EQ(poster.totals().delivered, 3u);
  }
  ReceiptPoster distrusting(options(receiver.url("https")), clock_);
  add(distrusting, 1);
  distrusting.finish(60s);
  EXPECT_EQ(distrusting.totals().failed, 1u);
}

TEST_F(ReceiptPosterTest, WhatIsWrongWithTheOptionsIsTold) {
  const auto mistake = [&](const ReceiptOptions& wrong) -> std::string {
    try {
      ReceiptPoster poster(wrong, clock_);
    } catch (const SetupError& error) {
      return error.what();
    }
    return "";
  };
  ReceiptOptions wrong = options("https://localhost:1/");
  wrong.ca_file = "/nowhere/ca.pem";
  EXPECT_THAT(mistake(wrong), HasSubstr("--receipt-ca: /nowhere/ca.pem"));
  wrong = options("http://localhost:1/");
  wrong.user = "u";
  wrong.secret_file = write("secret", "no base64!");
  EXPECT_THAT(mistake(wrong), HasSubstr("holds no Base64"));
}

TEST(ReceiptUrlTest, IsOfThisMachine) {
  const ReceiptUrl url = parse_receipt_url("https://localhost:9443/a/b?c=d");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "localhost");
  EXPECT_EQ(url.port, 9443);
  EXPECT_EQ(url.path, "/a/b?c=d");
  EXPECT_EQ(parse_receipt_url("http://127.0.0.2").port, 80);
  EXPECT_EQ(parse_receipt_url("http://127.0.0.2").path, "/");
  EXPECT_EQ(parse_receipt_url("https://[::1]/x").host, "::1");
  EXPECT_EQ(parse_receipt_url("https://[::1]:99/x").port, 99);
  for (const char* bad : {"", "localhost:1", "ftp://localhost/", "http://example.com/",
                          "http://10.0.0.1/", "http://localhost:0/", "http://localhost:x/",
                          "http://localhost:1/a b", "http://127.0.0.1.example.com/"}) {
    EXPECT_THROW(parse_receipt_url(bad), SetupError) << bad;
  }
}

}  // namespace
}  // namespace pushsim
