// What two devices are told apart by.
#include "engine/ledger/fingerprint.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace herald::ledger {
namespace {

struct Token {
  const char* data;
  std::uint32_t size;
  std::uint8_t more;  // as a record has
};

TEST(Fingerprinter, TellsSeedTenantAppAndTokenApart) {
  std::set<Fingerprint> all;
  for (const std::uint64_t seed : {1, 2}) {
    for (const char* tenant : {"", "a", "ab"}) {
      for (const char* app : {"", "b", "c", "bc"}) {
        for (const char* token : {"", "x", "xy", "y"}) {
          all.insert(Fingerprinter(seed, tenant, app)(token));
        }
      }
    }
  }
  EXPECT_EQ(all.size(), 2u * 3 * 4 * 4);
  EXPECT_EQ(all.count(0), 0u);
}

TEST(Fingerprinter, BatchGivesWhatSingleGivesAtEveryLength) {
  const std::string text(600, 'x');
  const Fingerprinter fingerprinter(7, "tenant", "app");
  std::vector<Token> tokens;
  for (std::uint32_t size = 0; size <= text.size(); ++size) {
    tokens.push_back({text.data(), size, 0});
  }
  std::vector<Fingerprint> batch(tokens.size());
  fingerprinter(std::span<const Token>(tokens), std::span<Fingerprint>(batch));
  for (std::uint32_t size = 0; size <= text.size(); ++size) {
    EXPECT_EQ(batch[size], fingerprinter(std::string_view(text).substr(0, size)));
  }
  EXPECT_EQ(std::set<Fingerprint>(batch.begin(), batch.end()).size(), batch.size());
}

// Stored with every reservation, so it may never change for a seed.
TEST(Fingerprinter, IsTheSameInEveryVersion) {
  EXPECT_EQ(Fingerprinter(1, "", "demo")("token"), 15840200894590291928u);
  EXPECT_EQ(Fingerprinter(1, "", "demo")(std::string(300, 'x')), 12045774499744603075u);
}

}  // namespace
}  // namespace herald::ledger
