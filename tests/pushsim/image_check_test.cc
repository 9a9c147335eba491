// Images that have to be verified before they are sent, and the call that verifies them.
#include "tools/pushsim/image_check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pushsim/support.h"

namespace pushsim {
namespace {

using testing::HasSubstr;

class ImageCheckTest : public testing::Test {
 protected:
  static Options verifying() {
    Options options;
    options.verify_images = true;
    return options;
  }
  Answer verify(std::string_view body, std::string_view type = "0",
                std::string_view path = "/v2/1234567890/images:verify") {
    return bench_.service.handle({"POST", path, bench_.bearer, type}, body, {});
  }
  // The URL to send with.
  std::string verified(const std::string& url, std::string_view type = "0") {
    const Answer answer = verify(fmt::format(R"({{"imageUrl":"{}"}})", url), type);
    EXPECT_EQ(Bench::code_of(answer), "83010000");
    const std::size_t at = answer.body.find("downloadUrl\":\"") + 14;
    return answer.body.substr(at, answer.body.find('"', at) - at);
  }
  std::string send(const std::string& url) {
    return Bench::code_of(bench_.post(alert_body_with(fmt::format(
        R"({{"category":"IM","title":"a","body":"b","clickAction":{{"actionType":0}},"image":"{}"}})",
        url))));
  }

  Bench bench_{verifying()};
};

TEST_F(ImageCheckTest, AnImageWithoutItsKeyIsRefused) {
  const std::string url = verified("https://x/a.png");
  EXPECT_EQ(send("https://x/a.png"), "80100022");
  EXPECT_EQ(send(url), "80000000");
  std::string other = url;
  other[8] = 'y';
  EXPECT_EQ(send(other), "80100022");
  EXPECT_EQ(send(url + "0"), "80100022");
  EXPECT_EQ(send(verified("https://x/a.png?size=2")), "80000000");
  EXPECT_EQ(Bench::code_of(bench_.post(alert_body({"t"}))), "80000000");  // no image at all
}

TEST_F(ImageCheckTest, TheKeyIsForItsPushTypeAndADay) {
  const std::string url = verified("https://x/a.png", "1");
  const Answer answer = bench_.post(alert_body_with(
      R"({"category":"IM","title":"a","body":"b","clickAction":{"actionType":0},"image":")" + url +
      "\"}"));
  EXPECT_EQ(Bench::code_of(answer), "80300007");
  EXPECT_THAT(answer.body, HasSubstr("differentImgVerifyPolicy"));
  const std::string late = verified("https://x/a.png");
  bench_.clock.advance(std::chrono::hours(24));
  bench_.bearer = good_bearer(bench_.clock);
  EXPECT_EQ(send(late), "80100022");
}

TEST_F(ImageCheckTest, ACardsImageIsCheckedToo) {
  const auto card = [&](const std::string& url) {
    std::string body = form_body("t", 1, 0);
    body.insert(body.find("\"moduleName\""), R"("images":[{"url":")" + url + R"("}],)");
    return Bench::code_of(bench_.post(body, "1"));
  };
  EXPECT_EQ(card("https://x/a.png"), "80100022");
  EXPECT_EQ(card(verified("https://x/a.png", "1")), "80000000");
}

TEST_F(ImageCheckTest, WithoutTheSwitchNothingIsChecked) {
  Bench bench;
  EXPECT_EQ(Bench::code_of(bench.post(alert_body_with(
                R"({"category":"IM","title":"a","body":"b","clickAction":{"actionType":0},
                    "image":"https://x/a.png"})"))),
            "80000000");
}

TEST_F(ImageCheckTest, TheCallRefusesWhatIsWrong) {
  const auto code = [&](std::string_view body, std::string_view type = "0") {
    return Bench::code_of(verify(body, type));
  };
  EXPECT_EQ(code(R"({"imageUrl":"https://x/a"})", "7"), "83010007");
  EXPECT_EQ(code(R"({"imageUrl":"https://x/a"})", ""), "83010007");
  EXPECT_EQ(code(""), "83010003");
  EXPECT_EQ(code("x"), "80100001");
  EXPECT_EQ(code("{}"), "80100003");
  EXPECT_EQ(code(R"({"imageUrl":"http://x/a"})"), "80100003");
  EXPECT_EQ(Bench::code_of(verify(R"({"imageUrl":"https://x/a"})", "2", "/v1/7/images:verify")),
            "83010000");
  EXPECT_EQ(verify("", "0", "/v2/999/images:verify").status, 404);
  bench_.bearer.pop_back();
  EXPECT_EQ(code(R"({"imageUrl":"https://x/a"})"), "80200001");
  EXPECT_EQ(bench_.service.counters().image_checks, 8u);
}

TEST_F(ImageCheckTest, SixtyCallsAMinuteAreTaken) {
  const auto call = [&] { return Bench::code_of(verify(R"({"imageUrl":"https://x/a"})")); };
  for (int i = 0; i < 60; ++i) EXPECT_EQ(call(), "83010000");
  EXPECT_EQ(call(), "83010002");
  bench_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(call(), "83010000");
}

}  // namespace
}  // namespace pushsim
