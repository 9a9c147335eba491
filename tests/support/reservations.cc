#include "tests/support/reservations.h"

#include <gtest/gtest.h>

#include "engine/ledger/surfaces.h"

namespace herald::test {

void ReservationCheck::on_group(std::uint64_t sequence, std::string_view bytes) {
  sequence_ = sequence;
  EXPECT_TRUE(store::read_group(bytes, *this).has_value());
}

void ReservationCheck::on_reservation(const store::ReservationHead& head,
                                      std::span<const store::ReservedToken> tokens,
                                      std::span<const store::DroppedRecord>) {
  if (head.batch == 0) return;
  EXPECT_EQ(held_.count(head.batch), 0u) << "a batch id was given twice";
  Held& held = held_[head.batch];
  held = {sequence_, head.campaign, {}};
  for (const store::ReservedToken& token : tokens) held.fingerprints.push_back(token.fingerprint);
  if (!head.surface) return;
  for (const store::ReservedToken& token : tokens) {
    const std::uint64_t key = ledger::Surfaces::key(token.fingerprint, head.surface);
    EXPECT_TRUE(surfaces_.insert(key).second) << "two in flight for one card or live view";
    surfaces_of_[head.batch].push_back(key);
  }
}

// A lost connection may deliver what it held after the batch was settled as ambiguous, so those
// stay.
void ReservationCheck::on_settle(const store::Settle& settle) {
  for (const std::uint64_t key : surfaces_of_[settle.batch]) surfaces_.erase(key);
  surfaces_of_.erase(settle.batch);
  if (settle.how != store::Settled::answered || settle.released) held_.erase(settle.batch);
}

void ReservationCheck::on_request(const Arrival& arrival) {
  ++checked_;
  std::vector<std::uint64_t> wanted;
  for (const std::string& token : arrival.tokens) wanted.push_back(fingerprinter_(token));
  for (const auto& [batch, held] : held_) {
    if (held.campaign == arrival.campaign && held.fingerprints == wanted &&
        held.sequence <= arrival.durable_at_first_byte) {
      return;
    }
  }
  ADD_FAILURE() << "request " << arrival.index << " of " << wanted.size()
                << " tokens has no durable reservation";
}

}  // namespace herald::test
