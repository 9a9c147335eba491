// Requests overlap while an earlier one for the same card has no answer.
#include "tools/pushsim/open_cards.h"

#include <gtest/gtest.h>

namespace pushsim {
namespace {

class OpenCardsTest : public testing::Test {
 protected:
  std::uint64_t begin(std::vector<std::uint64_t> keys) { return open_.begin(keys, overlapping_); }
  OpenCards open_;
  std::uint64_t overlapping_ = 0;
};

TEST_F(OpenCardsTest, ASecondRequestOverlapsUntilTheFirstHasEnded) {
  const auto first = begin({1, 2});
  EXPECT_EQ(overlapping_, 0u);
  const auto second = begin({2, 3});
  EXPECT_EQ(overlapping_, 1u);
  open_.end(first);
  const auto third = begin({2});
  EXPECT_EQ(overlapping_, 1u);  // the second is still open
  open_.end(second);
  open_.end(third);
  begin({1, 2, 3});
  EXPECT_EQ(overlapping_, 0u);
}

TEST_F(OpenCardsTest, AKeyTwiceInARequestDoesNotOverlapItself) {
  open_.end(begin({7, 7}));
  EXPECT_EQ(overlapping_, 0u);
  begin({7});
  EXPECT_EQ(overlapping_, 0u);
}

TEST_F(OpenCardsTest, AnEndWithoutARequestIsNothing) {
  open_.end(0);
  const auto ticket = begin({1});
  open_.end(ticket);
  open_.end(ticket);
  EXPECT_EQ(open_.open(), 0u);
}

}  // namespace
}  // namespace pushsim
