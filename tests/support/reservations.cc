#include "tests/support/reservations.h"

#include <gtest/gtest.h>

namespace herald::test {

void ReservationCheck::on_group(std::uint64_t sequence, std::string_view bytes) {
  sequence_ = sequence;
  EXPECT_TRUE(store::read_group(bytes, *this).has_value());
}

void ReservationCheck::on_reservation(const store::ReservationHead& head,
                                      std::span<const store::ReservedToken> tokens,
                                      std::span<const store::DroppedRecord>) {
  if (head.batch == 0) return;
  EXPECT_EQ(open_.count(head.batch), 0u) << "a batch id was given twice";
  Open& open = open_[head.batch];
  open = {sequence_, head.campaign, {}};
  for (const store::ReservedToken& token : tokens) open.fingerprints.push_back(token.fingerprint);
}

void ReservationCheck::on_request(const Arrival& arrival) {
  ++checked_;
  std::vector<std::uint64_t> wanted;
  for (const std::string& token : arrival.tokens) wanted.push_back(fingerprinter_(token));
  for (const auto& [batch, open] : open_) {
    if (open.campaign == arrival.campaign && open.fingerprints == wanted &&
        open.sequence <= arrival.durable_at_first_byte) {
      return;
    }
  }
  // A lost connection may deliver what it held after the batch was settled as ambiguous: then the
  // reservation was durable all the same, which the balance of ledger and account shows.
  if (arrival.durable_at_first_byte < sequence_) return;
  ADD_FAILURE() << "request " << arrival.index << " of " << wanted.size()
                << " tokens has no durable reservation";
}

}  // namespace herald::test
