// I3, seen from the far end: each token of a request had a durable reservation not given back
// when the request's first byte arrived. And in the log: a card or live view has one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/ledger/fingerprint.h"
#include "engine/store/group.h"
#include "tests/support/service_model.h"

namespace herald::test {

class ReservationCheck final : public store::GroupVisitor {
 public:
  explicit ReservationCheck(const ledger::Fingerprinter& fingerprinter)
      : fingerprinter_(fingerprinter) {}

  void on_group(std::uint64_t sequence, std::string_view bytes);  // as it becomes durable
  void on_request(const Arrival& arrival);                        // as its body is there
  std::uint64_t requests_checked() const { return checked_; }

 private:
  struct Held {
    std::uint64_t sequence;
    store::CampaignNumber campaign;
    std::vector<std::uint64_t> fingerprints;
  };
  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord> drops) override;
  void on_settle(const store::Settle& settle) override;
  void on_audience_end(store::CampaignNumber, std::uint32_t, std::uint64_t) override {}
  void on_resumed(store::CampaignNumber) override {}

  const ledger::Fingerprinter fingerprinter_;
  std::uint64_t sequence_ = 0;
  std::unordered_map<store::BatchId, Held> held_;
  std::unordered_map<store::BatchId, std::vector<std::uint64_t>> surfaces_of_;  // unsettled
  std::unordered_set<std::uint64_t> surfaces_;                                  // of all of them
  std::uint64_t checked_ = 0;
};

}  // namespace herald::test
