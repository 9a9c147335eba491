// When a token is renewed: at 80 % of its life, on demand, and when the clock went back (I40).
#include "engine/auth/bearer.h"

#include <gmock/gmock.h>

#include "tests/auth/test_key.h"

namespace herald::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::WallTime kStart{seconds{1700000000}};

class BearerToken : public KeyDirectory {
 protected:
  Bearer bearer_ = Bearer::make(account(), kStart).value();
};

TEST_F(BearerToken, IsSharedUntilEightyPercentOfItsLife) {
  const std::string first(bearer_.header(kStart));
  EXPECT_THAT(first, testing::StartsWith("Bearer eyJ"));
  EXPECT_EQ(bearer_.generation(), 1u);
  EXPECT_EQ(bearer_.header(kStart + seconds{2880} - milliseconds{1}), first);
  EXPECT_EQ(bearer_.generation(), 1u);

  EXPECT_NE(bearer_.header(kStart + seconds{2880}), first);
  EXPECT_EQ(bearer_.generation(), 2u);
  EXPECT_EQ(bearer_.header(kStart + seconds{2880}), bearer_.header(kStart + seconds{5759}));
  EXPECT_EQ(bearer_.generation(), 2u);
}

TEST_F(BearerToken, LifeCountsFromTheWholeSecondThatItCarries) {
  Bearer bearer = Bearer::make(account(), kStart + milliseconds{999}).value();
  bearer.header(kStart + seconds{2880} - milliseconds{1});
  EXPECT_EQ(bearer.generation(), 1u);
  bearer.header(kStart + seconds{2880});
  EXPECT_EQ(bearer.generation(), 2u);
}

TEST_F(BearerToken, RenewsOnDemandWithinTheSameSecond) {
  const std::string first(bearer_.header(kStart));
  ASSERT_TRUE(bearer_.renew(kStart));
  EXPECT_EQ(bearer_.generation(), 2u);
  EXPECT_NE(bearer_.header(kStart), first);  // the salt differs, so does the signature
  EXPECT_EQ(bearer_.generation(), 2u);
}

TEST_F(BearerToken, ClockSetBackGivesATokenOfThePresent) {
  bearer_.header(kStart - seconds{60});
  EXPECT_EQ(bearer_.generation(), 1u);
  bearer_.header(kStart - seconds{3600});
  EXPECT_EQ(bearer_.generation(), 2u);
}

TEST_F(BearerToken, KeyThatCannotSignIsFoundAtOnce) {
  ServiceAccount broken = account();
  broken.key.reset();
  const auto bearer = Bearer::make(std::move(broken), kStart);
  ASSERT_FALSE(bearer);
  EXPECT_EQ(bearer.error().code, Errc::key_refused);
}

}  // namespace
}  // namespace herald::auth
