// What receipts say of accepted messages.
#include "tools/pushsim/receipts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pushsim/support.h"

namespace pushsim {
namespace {

using testing::HasSubstr;

class Kept : public ReceiptSink {
 public:
  void add(int result, std::string status) override {
    results.push_back(result);
    statuses.push_back(std::move(status));
  }
  ReceiptTotals totals() const override { return {}; }
  std::vector<int> results;
  std::vector<std::string> statuses;
};

class ReceiptsTest : public testing::Test {
 protected:
  void start(Options options = {}) {
    bench_ = std::make_unique<Bench>(options);
    bench_->service.send_receipts_to(&kept_);
  }
  std::string request_id(const Answer& answer) {
    const std::size_t at = answer.body.find("requestId\":\"") + 12;
    return answer.body.substr(at, 24);
  }

  Kept kept_;
  std::unique_ptr<Bench> bench_;
};

TEST_F(ReceiptsTest, EveryAcceptedTokenHasAStatusAndAnInvalidOneHasNone) {
  start();
  const Answer answer = bench_->post(alert_body({"a\"", "invalid-1"}, R"({"biTag":"sale"})"));
  ASSERT_EQ(kept_.statuses.size(), 1u);
  EXPECT_EQ(kept_.statuses[0],
            R"({"token":"a\"","pushType":0,"appPackageName":"com.example.demo","biTag":"sale",)"
            R"("requestId":")" +
                request_id(answer) +
                R"(","deliveryStatus":{"result":0,"timestamp":1795485600000}})");
}

TEST_F(ReceiptsTest, ACardHasAFormStatus) {
  start();
  for (int version = 1; version <= 3; ++version) {
    bench_->post(form_body("a", 9223372036854775807, version), "1");
  }
  EXPECT_THAT(kept_.statuses[0], HasSubstr(R"("pushType":1)"));
  EXPECT_THAT(kept_.statuses[0], HasSubstr(R"("biTag":"")"));
  EXPECT_THAT(kept_.statuses[0],
              HasSubstr(R"("formStatus":{"formId":9223372036854775807,"result":0,"timestamp":)"));
  EXPECT_THAT(kept_.results, testing::ElementsAre(0, 0, 256));
}

TEST_F(ReceiptsTest, WhatIsOverAQuotaSaysWhichKind) {
  Options options;
  options.total_limit = 3;
  options.entitlements = {"IM"};
  start(options);
  const std::string im =
      alert_body_with(R"({"category":"IM","title":"a","body":"b","clickAction":{"actionType":0}})");
  for (int i = 0; i < 3; ++i) bench_->post(alert_body({"t1"}));
  bench_->post(im);
  EXPECT_THAT(kept_.results, testing::ElementsAre(0, 0, 256, 102));
}

TEST_F(ReceiptsTest, TestMessagesAboveTheirLimitAre256) {
  Options options;
  options.test_limit = 3;
  start(options);
  bench_->post(alert_body({"a", "b"}, R"({"testMessage":true})"));
  bench_->post(alert_body({"a", "b"}, R"({"testMessage":true})"));
  EXPECT_THAT(kept_.results, testing::ElementsAre(0, 0, 0, 256));
}

TEST_F(ReceiptsTest, LiveViewsSayWhatIsWrongWithThem) {
  start();
  bench_->post(live_view_body({"a"}, 7, 0, "TAXI", 5), "7");
  bench_->post(live_view_body({"a"}, 7, 0, "TAXI", 6), "7");
  bench_->post(live_view_body({"a"}, 7, 1, "TAXI", 2), "7");
  EXPECT_THAT(kept_.results, testing::ElementsAre(0, 269, 156));
}

TEST_F(ReceiptsTest, RulesHitTheSameTokensInEveryRun) {
  Options options;
  options.receipts.rules = {{2, 0.1}, {6, 0.2}};
  options.marketing_limit = 100;
  std::vector<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.push_back("token-" + std::to_string(i));
  start(options);
  bench_->post(alert_body(tokens));
  bench_->post(alert_body(tokens));
  const std::vector<int> first(kept_.results.begin(), kept_.results.begin() + 1000);
  const std::vector<int> second(kept_.results.begin() + 1000, kept_.results.end());
  EXPECT_EQ(first, second);
  EXPECT_NEAR(std::count(first.begin(), first.end(), 2), 100, 40);
  EXPECT_NEAR(std::count(first.begin(), first.end(), 6), 180, 50);
  EXPECT_EQ(std::count(first.begin(), first.end(), 0) + std::count(first.begin(), first.end(), 2) +
                std::count(first.begin(), first.end(), 6),
            1000);
}

TEST_F(ReceiptsTest, ARefusedRequestHasNone) {
  start();
  bench_->post("nonsense");
  bench_->post(alert_body({"invalid-1"}));
  EXPECT_TRUE(kept_.statuses.empty());
}

}  // namespace
}  // namespace pushsim
