#include "engine/campaign/judge.h"

#include <gmock/gmock.h>

#include "tests/campaign/support.h"

namespace herald::campaign {
namespace {

using base::Surface;
using ledger::Fingerprint;
using ledger::Verdict;
using testing::ElementsAre;

Surface card(std::int64_t id, std::int64_t version = -1) {
  return {.kind = Surface::Kind::card, .id = id, .version = version};
}

class JudgeTest : public testing::Test {
 protected:
  std::shared_ptr<ledger::Seen> seen() { return std::make_shared<ledger::Seen>(accounts_.devices); }
  std::vector<Verdict> judge(Judge& judge, const std::vector<Fingerprint>& tokens,
                             const std::vector<Surface>& on) {
    std::vector<Verdict> verdicts(tokens.size());
    judge.judge(tokens, on, {kToday, false}, noon(kToday), verdicts);
    return verdicts;
  }
  std::uint32_t total(Fingerprint token) { return accounts_.devices.find(token).total[0]; }

  ledger::Accounts accounts_;
  ledger::Charge charge_{.total_limit = 3000};
  ledger::Scenario scenario_;
};

TEST_F(JudgeTest, WithoutSurfacesATokenIsADuplicateTheSecondTime) {
  Judge a{accounts_, charge_, scenario_, seen()};
  EXPECT_THAT(judge(a, {1, 2, 1}, {}),
              ElementsAre(Verdict::charged, Verdict::charged, Verdict::duplicate));
  EXPECT_THAT(judge(a, {2, 3}, {}), ElementsAre(Verdict::duplicate, Verdict::charged));
  Judge other{accounts_, charge_, scenario_, seen()};
  EXPECT_THAT(judge(other, {1}, {}), ElementsAre(Verdict::charged));
  EXPECT_EQ(total(1), 2u);
}

TEST_F(JudgeTest, WithThemOnlyWithTheSameOne) {
  scenario_.limits.form = 10;
  Judge a{accounts_, charge_, scenario_, nullptr};
  EXPECT_THAT(judge(a, {1, 1, 1, 2}, {card(5), card(6), card(5, 9), card(5)}),
              ElementsAre(Verdict::charged, Verdict::charged, Verdict::duplicate, Verdict::charged))
      << "another version is still the same card";
  EXPECT_THAT(judge(a, {1, 3}, {card(5)}), ElementsAre(Verdict::duplicate, Verdict::charged));
  EXPECT_EQ(total(1), 2u);
}

TEST_F(JudgeTest, CardsAndLiveViewsWithOneNumberAreTwo) {
  Judge a{accounts_, charge_, scenario_, nullptr};
  EXPECT_THAT(judge(a, {1, 1}, {card(5), {.kind = Surface::Kind::activity, .id = 5}}),
              ElementsAre(Verdict::charged, Verdict::charged));
}

// The first that applies is told: what was refused once is a duplicate the second time.
TEST_F(JudgeTest, DuplicateIsToldBeforeSuppressedAndQuota) {
  accounts_.devices.suppress(1, ledger::Suppression::token_gone, kToday + 100);
  scenario_.limits.form = 0;
  Judge a{accounts_, charge_, scenario_, nullptr};
  EXPECT_THAT(
      judge(a, {1, 2, 1, 2}, {card(5)}),
      ElementsAre(Verdict::token_gone, Verdict::over_form, Verdict::duplicate, Verdict::duplicate));
}

TEST_F(JudgeTest, VerdictsStandWhereTheirTokensStand) {
  Judge a{accounts_, charge_, scenario_, nullptr};
  accounts_.devices.suppress(3, ledger::Suppression::token_gone, kToday + 100);
  EXPECT_THAT(judge(a, {1, 1, 2, 3, 2, 4}, {card(5)}),
              ElementsAre(Verdict::charged, Verdict::duplicate, Verdict::charged,
                          Verdict::token_gone, Verdict::duplicate, Verdict::charged));
  EXPECT_THAT(judge(a, {1, 1}, {card(5)}), ElementsAre(Verdict::duplicate, Verdict::duplicate));
  EXPECT_THAT(judge(a, {}, {card(5)}), ElementsAre());
}

}  // namespace
}  // namespace herald::campaign
