// De-duplication against a std::set.
#include "engine/ledger/seen.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "engine/base/random.h"

namespace herald::ledger {
namespace {

TEST(Seen, FirstIsFreshAndTheRestAreNotWithinACallToo) {
  const std::vector<Fingerprint> batch{7, 8, 7, 7, 9, 8};
  std::vector<std::uint8_t> fresh(batch.size(), 2);
  Seen seen;
  seen.insert(batch, fresh);
  EXPECT_EQ(fresh, (std::vector<std::uint8_t>{1, 1, 0, 0, 1, 0}));
  seen.insert(batch, fresh);
  EXPECT_EQ(fresh, (std::vector<std::uint8_t>(6, 0)));
  EXPECT_EQ(seen.tokens(), 3u);
}

TEST(Seen, AgreesWithASet) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 1000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " case " + std::to_string(i));
    Seen seen;
    std::set<Fingerprint> set;
    const std::uint64_t spread = 1 + random() % 300;
    const unsigned shift = random() % 2 == 0 ? 0 : 50;
    for (int call = 0; call < 10; ++call) {
      std::vector<Fingerprint> batch(random() % 80);
      for (Fingerprint& each : batch) each = (1 + random() % spread) << shift;
      std::vector<std::uint8_t> fresh(batch.size());
      seen.insert(batch, fresh);
      for (std::size_t b = 0; b < batch.size(); ++b) {
        ASSERT_EQ(fresh[b], set.insert(batch[b]).second ? 1 : 0);
      }
    }
    ASSERT_EQ(seen.tokens(), set.size());
  }
}

TEST(Seen, ForgetsNothingWhileItGrows) {
  base::Random random(1);
  std::vector<Fingerprint> tokens(500'000);
  for (Fingerprint& each : tokens) each = random.next();
  std::vector<std::uint8_t> fresh(tokens.size());
  Seen seen;
  seen.insert(tokens, fresh);
  EXPECT_EQ(std::count(fresh.begin(), fresh.end(), 1), 500'000);
  seen.insert(tokens, fresh);
  EXPECT_EQ(std::count(fresh.begin(), fresh.end(), 0), 500'000);
  EXPECT_LT(seen.bytes(), tokens.size() * 14);
}

}  // namespace
}  // namespace herald::ledger
