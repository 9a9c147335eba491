// The pool bounds memory: who finds it empty waits, and what idles is given back.
#include "engine/batch/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

namespace herald::batch {
namespace {

std::vector<std::unique_ptr<Batch>> take_all(Pool& pool) {
  std::vector<std::unique_ptr<Batch>> taken;
  while (auto batch = pool.try_acquire()) {
    taken.push_back(std::move(batch));
    if (taken.size() > 100000) break;
  }
  return taken;
}

void grow(Batch& batch, std::size_t token_bytes) {
  const std::string token(token_bytes, 'x');
  while (batch.size() < kTokensMax) batch.append(token, false, batch.size() + 1, batch.size());
}

TEST(Pool, HandsOutWhatItsMemoryHolds) {
  Pool pool{10 * kUnseenBytes};
  EXPECT_EQ(take_all(pool).size(), 10u);
}

TEST(Pool, ThereAreAlwaysTwo) {
  Pool pool{1};
  EXPECT_EQ(take_all(pool).size(), 2u);
}

TEST(Pool, ReleasedBatchIsEmptyAndComesAgain) {
  Pool pool{2 * kUnseenBytes};
  auto first = pool.acquire();
  Batch* const address = first.get();
  first->append("token", false, 1, 0);
  pool.release(std::move(first));
  const auto second = pool.acquire();
  EXPECT_EQ(second.get(), address);
  EXPECT_EQ(second->size(), 0u);
}

TEST(Pool, BatchesThatHaveGrownLeaveRoomForFewer) {
  Pool pool{40 * kUnseenBytes};
  auto large = pool.acquire();
  grow(*large, kTokenBytesMax);
  const std::size_t bytes = large->bytes();
  ASSERT_GT(bytes, 2 * kUnseenBytes);
  pool.release(std::move(large));
  EXPECT_LE(take_all(pool).size() * bytes, 40 * kUnseenBytes);
}

TEST(Pool, IdleBatchesBeyondTheMemoryAreGivenBack) {
  Pool pool{40 * kUnseenBytes};
  auto taken = take_all(pool);
  ASSERT_EQ(taken.size(), 40u);
  for (auto& batch : taken) {
    grow(*batch, kTokenBytesMax);
    pool.release(std::move(batch));
  }
  std::size_t grown = 0;
  std::size_t bytes = 0;
  for (const auto& batch : take_all(pool)) {
    bytes += batch->bytes();
    grown += batch->bytes() > 2 * kUnseenBytes ? 1 : 0;
  }
  EXPECT_LE(bytes, 40 * kUnseenBytes);
  EXPECT_GT(grown, 2u) << "some are kept";
}

TEST(Pool, AcquireWaitsForARelease) {
  Pool pool{1};
  auto first = pool.acquire();
  auto second = pool.acquire();
  auto waiting = std::async(std::launch::async, [&] { return pool.acquire(); });
  pool.release(std::move(first));
  EXPECT_NE(waiting.get(), nullptr);
}

TEST(Pool, CloseLetsTheWaitingGo) {
  Pool pool{1};
  auto first = pool.acquire();
  auto second = pool.acquire();
  auto waiting = std::async(std::launch::async, [&] { return pool.acquire(); });
  pool.close();
  EXPECT_EQ(waiting.get(), nullptr);
  pool.release(std::move(first));
  EXPECT_EQ(pool.acquire(), nullptr);
}

TEST(Pool, TellsOfReleases) {
  Pool pool{1};
  int told = 0;
  pool.on_release([&] { ++told; });
  pool.release(pool.acquire());
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace herald::batch
