// The outcome of every record of a campaign, in the order of the audience: for listings, and for
// who goes on with it. Takes two bytes a record.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/store/group.h"
#include "engine/store/store.h"
#include "herald/outcome.h"
#include "herald/result.h"

namespace herald::campaign {

class OutcomeMap final : private store::GroupVisitor {
 public:
  // `abandoned`: no process has the campaign, so what is unanswered is ambiguous, not pending.
  // Errors: damaged_store, disk.
  static Result<OutcomeMap> read(store::Store& store, const store::CampaignRecord& record,
                                 bool abandoned);

  struct Found {
    Outcome outcome;
    Reason reason;
  };
  std::uint64_t records() const { return found_.size(); }
  // Of record `index`, from 0; empty while it is pending.
  std::optional<Found> at(std::uint64_t index) const;
  // Whether it had a second attempt after an ambiguous one.
  bool resent(std::uint64_t index) const { return (found_[index] & kResent) != 0; }
  // The furthest there is, of slice 0.
  const store::AudienceMark& mark() const { return mark_; }

 private:
  explicit OutcomeMap(store::CampaignNumber campaign) : campaign_(campaign) {}

  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord> drops) override;
  void on_settle(const store::Settle& settle) override;
  void on_audience_end(store::CampaignNumber, std::uint32_t, std::uint64_t) override {}
  void on_resumed(store::CampaignNumber campaign) override;
  void on_audience_mark(store::CampaignNumber campaign, std::uint32_t slice,
                        const store::AudienceMark& mark) override;
  void set(std::uint64_t record, Outcome outcome, Reason reason);

  // No outcome yet: 0x7f00 and above.
  static constexpr std::uint16_t kPending = 0x7fff;  // in flight, or not reserved: perhaps not read
  static constexpr std::uint16_t kReturned = 0x7ffe;  // its reservation was given back
  static constexpr std::uint16_t kResent = 0x8000;    // a flag beside it

  store::CampaignNumber campaign_;
  std::vector<std::uint16_t> found_;  // kResent, outcome << 8 | reason
  store::AudienceMark mark_;
  std::unordered_map<store::BatchId, std::vector<std::uint64_t>>
      open_;  // records of what is in flight
};

}  // namespace herald::campaign
