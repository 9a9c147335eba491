// The outcome of every record of a campaign, slice by slice in the order of the audience: for
// listings, and for who goes on with it. Takes two bytes a record.
#pragma once

#include <cstdint>
#include <map>
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
  // Of a slice: how far its records are known.
  std::uint64_t records(std::uint32_t slice = 0) const { return of(slice).found.size(); }
  // How many slices, from the first, hold all that is known.
  std::uint32_t slices() const { return slices_.empty() ? 0 : slices_.rbegin()->first + 1; }
  // Of record `index` of a slice, from 0; empty while it is pending.
  std::optional<Found> at(std::uint64_t index, std::uint32_t slice = 0) const;
  // Whether it had a second attempt after an ambiguous one.
  bool resent(std::uint64_t index, std::uint32_t slice = 0) const {
    return (of(slice).found[index] & kResent) != 0;
  }
  // The furthest there is.
  const store::AudienceMark& mark(std::uint32_t slice = 0) const { return of(slice).mark; }

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

  // No outcome yet: 0x7f00 and above.
  static constexpr std::uint16_t kPending = 0x7fff;  // in flight, or not reserved: perhaps not read
  static constexpr std::uint16_t kReturned = 0x7ffe;  // its reservation was given back
  static constexpr std::uint16_t kResent = 0x8000;    // a flag beside it

  struct Slice {
    std::vector<std::uint16_t> found;  // kResent, outcome << 8 | reason
    store::AudienceMark mark;

    void set(std::uint64_t record, Outcome outcome, Reason reason);
  };
  struct Open {
    Slice* slice;  // which stays where it is
    std::vector<std::uint64_t> records;
  };
  const Slice& of(std::uint32_t slice) const;

  store::CampaignNumber campaign_;
  std::map<std::uint32_t, Slice> slices_;
  std::unordered_map<store::BatchId, Open> open_;  // what is in flight
};

}  // namespace herald::campaign
