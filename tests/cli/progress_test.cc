#include "tools/herald/progress.h"

#include <gmock/gmock.h>

#include <vector>

namespace herald::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

// Everything that is read is settled and accepted; a record has ten bytes.
Progress progress(double at, std::uint64_t accepted, std::uint64_t records_total) {
  Progress out;
  out.records = out.settled = out.accepted = accepted;
  out.bytes_read = accepted * 10;
  out.bytes_total = records_total * 10;
  out.seconds = at;
  return out;
}

TEST(ProgressText, ShowsShareCountRateAndTimeLeft) {
  ProgressText text("sale");
  text.observe(progress(0, 0, 100'000));
  text.observe(progress(2, 12'000, 100'000));
  EXPECT_EQ(text.plain(),
            "sale: 12%, 12,000 records read, 12,000 settled, 12,000 accepted  6,000/s  15s left");
  EXPECT_THAT(text.bar(80),
              testing::MatchesRegex("sale \\[#+-+\\]  12%  12,000 accepted  6,000/s  15s left"));
}

TEST(ProgressText, RateIsThatOfTheLastSeconds) {
  ProgressText text("sale");
  for (int i = 0; i <= 100; ++i) text.observe(progress(i * 0.1, 600u * i, 1'000'000));
  EXPECT_THAT(text.plain(), HasSubstr("  6,000/s  "));
  for (int i = 1; i <= 50; ++i) text.observe(progress(10 + i * 0.1, 60'000 + 100u * i, 1'000'000));
  EXPECT_THAT(text.plain(), HasSubstr("  1,000/s  "));
  for (int i = 1; i <= 60; ++i) text.observe(progress(15 + i * 0.1, 65'000, 1'000'000));
  EXPECT_THAT(text.plain(), HasSubstr("  0/s"));
  EXPECT_THAT(text.plain(), Not(HasSubstr("left")));
}

TEST(ProgressText, WhatIsReadAheadIsNotTakenAsDone) {
  ProgressText text("sale");
  Progress now = progress(1, 1000, 100'000);
  now.records = 100'000;
  now.bytes_read = now.bytes_total;
  text.observe(now);
  EXPECT_THAT(text.plain(), HasSubstr("sale: 1%, 100,000 records read, 1,000 settled"));
}

TEST(ProgressText, UnknownSizeShowsNoShareAndNoTimeLeft) {
  ProgressText text("sale");
  text.observe(progress(0, 0, 0));
  text.observe(progress(1, 500, 0));
  EXPECT_EQ(text.plain(), "sale: 500 records read, 500 settled, 500 accepted  500/s");
  EXPECT_EQ(text.bar(80), "sale   ?%  500 accepted  500/s");
}

TEST(ProgressText, FinishedIsAHundredPercentEvenOfNothing) {
  ProgressText text("sale");
  Progress now;
  now.state = CampaignState::finished;
  text.observe(now);
  EXPECT_THAT(text.bar(80), HasSubstr("] 100%  0 accepted"));
}

TEST(ProgressText, TroubleIsShownInPlaceOfTheTimeLeft) {
  ProgressText text("sale");
  Progress progress;
  progress.bytes_total = 100;
  progress.trouble = "127.0.0.1:8443: cannot connect (Connection refused)";
  text.observe(progress);
  EXPECT_NE(text.plain().find("cannot connect"), std::string::npos);
  EXPECT_EQ(text.bar(40), "  0%  127.0.0.1:8443: cannot connect (C");
}

TEST(ProgressText, BarFitsEveryWidth) {
  ProgressText text("a-campaign-of-a-rather-long-name");
  text.observe(progress(0, 0, 2'000'000'000));
  text.observe(progress(5, 1'234'567, 2'000'000'000));
  for (int width = 0; width <= 200; ++width) {
    const std::string bar = text.bar(width);
    EXPECT_LT(bar.size(), static_cast<std::size_t>(std::max(width, 1))) << width;
  }
  EXPECT_THAT(text.bar(200), testing::StartsWith("a-campaign-of-a-rather-long-name ["));
  EXPECT_THAT(text.bar(70), testing::StartsWith("["));
  EXPECT_EQ(text.bar(10), "  0%");
}

class Display : public testing::Test {
 protected:
  ProgressDisplay make(ProgressMode mode) {
    return {mode, "sale", [this](std::string_view text) { written_.emplace_back(text); },
            [this] { return width_; }};
  }
  static base::BootTime at(milliseconds time) { return base::BootTime{time}; }

  std::vector<std::string> written_;
  int width_ = 80;
};

TEST_F(Display, BarIsRedrawnTenTimesASecondAtMost) {
  ProgressDisplay display = make(ProgressMode::bar);
  for (int ms = 0; ms < 1000; ms += 10) display.update(progress(0, 0, 10), at(milliseconds{ms}));
  EXPECT_EQ(written_.size(), 10u);
  EXPECT_THAT(written_, testing::Each(testing::StartsWith("\r")));
}

TEST_F(Display, ShorterBarWipesTheLongerOne) {
  ProgressDisplay display = make(ProgressMode::bar);
  display.update(progress(0, 0, 10), at(seconds{0}));
  width_ = 20;
  display.update(progress(1, 1, 10), at(seconds{1}));
  ASSERT_EQ(written_.size(), 2u);
  EXPECT_EQ(written_[1].size(), written_[0].size());
  EXPECT_THAT(written_[1], testing::EndsWith("   "));
}

TEST_F(Display, LastBarStaysOnItsLine) {
  ProgressDisplay display = make(ProgressMode::bar);
  display.finish(progress(1, 10, 10));
  ASSERT_EQ(written_.size(), 2u);
  EXPECT_THAT(written_[0], HasSubstr("100%"));
  EXPECT_EQ(written_[1], "\n");
}

TEST_F(Display, PipeGetsALineEveryTenSeconds) {
  ProgressDisplay display = make(ProgressMode::plain);
  for (int ms = 0; ms <= 35'000; ms += 100) {
    display.update(progress(ms / 1000.0, 0, 10), at(milliseconds{ms}));
  }
  display.finish(progress(35, 0, 10));
  EXPECT_EQ(written_.size(), 3u);
  EXPECT_THAT(written_,
              testing::Each(testing::AllOf(testing::StartsWith("sale: "), testing::EndsWith("\n"),
                                           Not(HasSubstr("\r")))));
}

TEST_F(Display, NoneIsSilent) {
  ProgressDisplay display = make(ProgressMode::none);
  for (int s = 0; s <= 35; ++s) display.update(progress(s, 0, 10), at(seconds{s}));
  display.finish(progress(35, 10, 10));
  EXPECT_TRUE(written_.empty());
}

}  // namespace
}  // namespace herald::cli
