// What pushsim says of cards: how often each was refreshed in a natural day, and whether its
// version grew. A card is known by the hash of its device's token and its formId. One thread.
#pragma once

#include <cstdint>

#include "tools/pushsim/card_counts.h"
#include "tools/pushsim/message.h"
#include "tools/pushsim/verdict.h"

namespace pushsim {

struct FormTotals {
  std::uint64_t messages = 0;  // test messages, too
  std::uint64_t over_limit = 0;
  std::uint64_t version_not_greater = 0;
};

class FormAccount {
 public:
  explicit FormAccount(std::uint32_t limit) : limit_(limit) {}

  // Test messages are outside the quota; a version counts all the same, for it is the device that
  // compares it.
  Verdict charge(std::int32_t day, std::uint64_t device_hash, const FormUpdate& update, bool test);

  const FormTotals& totals() const { return totals_; }
  std::uint64_t cards() const { return versions_.size(); }
  const CardCounts& counts() const { return counts_; }

 private:
  struct Version {
    std::uint64_t key;
    std::int64_t last_plus_one;  // 0: none yet
  };
  void note_version(std::uint64_t key, std::int64_t version);

  std::uint32_t limit_;
  FormTotals totals_;
  FlatTable<Version> versions_;
  CardCounts counts_;
};

}  // namespace pushsim
