// One commit group: the value that the store writes and syncs as a whole. README.md has the format.
//
// A group holds reservations (what is about to be sent), settles (what became of it) and what is
// known of the audience: how far it was read, what was in it so far, and its end. Groups are only
// ever appended; everything else (ledger, reports, resume) is a fold over them in the order of
// their sequence numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/day.h"
#include "engine/base/surface.h"
#include "herald/outcome.h"
#include "herald/result.h"

namespace herald::store {

using CampaignNumber = std::uint64_t;  // given by the store when a campaign is created
using BatchId = std::uint64_t;         // of a reservation, unique in a store; 0: none

// What a settle record says beyond the outcome: why a batch without outcome is back.
enum class Settled : std::uint8_t {
  answered,  // an answer, or its absence, gave every token its outcome
  returned,  // refused before processing: released, and its records are pending again
  voided,    // proven unsent: released, and its records are pending again
};

// A token whose fate differs from its batch's.
struct Exception {
  std::uint32_t index;  // in the batch
  Outcome outcome;
  Reason reason;
  bool released;
};

struct Settle {
  BatchId batch = 0;
  CampaignNumber campaign = 0;
  Settled how = Settled::answered;
  Outcome outcome = Outcome::ambiguous;  // of all tokens but the exceptions, if answered
  Reason reason = Reason::none;
  bool released = false;         // likewise
  std::uint32_t tokens = 0;      // in the batch, exceptions included
  std::int64_t time_ms = 0;      // since 1970
  std::string_view request_id;   // the service's, or empty
  std::string_view reason_text;  // for Reason::other: the service's word
  std::span<const Exception> exceptions;
};

struct ReservationHead {
  CampaignNumber campaign = 0;
  BatchId batch = 0;  // 0: only drops, nothing to send
  std::uint32_t slice = 0;
  std::uint32_t template_id = 0;
  bool marketing = false;  // the class charged beside the total
  bool test = false;       // likewise, for the project
  base::Surface surface;   // likewise, for a card or a live view unless it is a test
  base::DaySet days;
  std::int64_t time_ms = 0;
  std::uint64_t first_record = 0;
  std::uint32_t records = 0;  // how far from the first the last may be
  bool again = false;         // its records were in a batch before that was returned or voided
  // A second attempt, with a charge of its own, for records that were ambiguous for this reason
  // before; none: a first one.
  Reason resends = Reason::none;
};

// The records of a slice up to some number, as one number: whoever reads the audience again finds
// out whether it is the same. See campaign/records_digest.h.
struct AudienceMark {
  std::uint64_t records = 0;
  std::uint64_t digest = 0;
};

struct ReservedToken {
  std::uint64_t fingerprint;
  std::uint32_t record;  // relative to first_record
};

struct DroppedRecord {
  std::uint32_t record;  // relative to first_record
  Outcome outcome;
  Reason reason;
};

// Appends records to the value of one group. One thread.
class GroupWriter {
 public:
  // Entry and drop types are the caller's: this folder does not know batches. They need the members
  // of ReservedToken and DroppedRecord.
  template <class Entries, class Drops>
  void reservation(const ReservationHead& head, const Entries& entries, const Drops& drops) {
    begin_reservation(head, entries.size());
    char* fingerprints = grow(entries.size() * sizeof(std::uint64_t));
    std::uint32_t gaps = 0;
    std::uint32_t next = entries.empty() ? 0 : entries.front().record;
    for (const auto& entry : entries) {
      std::memcpy(fingerprints, &entry.fingerprint, sizeof(std::uint64_t));
      fingerprints += sizeof(std::uint64_t);
      gaps |= entry.record ^ next++;
    }
    put_steps(entries, gaps != 0);
    put_varint(drops.size());
    next = 0;
    for (const auto& drop : drops) {
      put_varint(zigzag(static_cast<std::int64_t>(drop.record) - next));
      put_byte(static_cast<std::uint8_t>(drop.outcome));
      put_byte(static_cast<std::uint8_t>(drop.reason));
      next = drop.record + 1;
    }
    day_ = std::max(day_, head.days.last());
  }
  void settle(const Settle& settle, base::Day day);
  // The audience of this campaign's slice has been read to its end: `records` of them.
  void audience_end(CampaignNumber campaign, std::uint32_t slice, std::uint64_t records,
                    base::Day day);
  // The audience of this campaign's slice begins like this.
  void audience_mark(CampaignNumber campaign, std::uint32_t slice, const AudienceMark& mark,
                     base::Day day);
  // The audience of this campaign is read again from its first byte: records that were given back
  // count as not read until they are met again.
  void resumed(CampaignNumber campaign, base::Day day);

  bool empty() const { return bytes_.empty(); }
  std::size_t size() const { return bytes_.size(); }
  base::Day day() const { return day_; }  // the latest day any of its records is about
  std::string take() {
    day_ = 0;
    return std::exchange(bytes_, {});
  }

 private:
  // From each record to the next. Mostly there is none between them: all steps are zero.
  template <class Entries>
  void put_steps(const Entries& entries, bool gaps) {
    if (!gaps && !entries.empty()) {
      put_varint(entries.front().record);
      std::memset(grow(entries.size() - 1), 0, entries.size() - 1);
      return;
    }
    std::uint32_t next = 0;
    for (const auto& entry : entries) {
      put_varint(entry.record - next);
      next = entry.record + 1;
    }
  }
  char* grow(std::size_t bytes) {
    bytes_.resize(bytes_.size() + bytes);
    return bytes_.data() + bytes_.size() - bytes;
  }

  static std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  }
  void begin_reservation(const ReservationHead& head, std::size_t tokens);
  void put_byte(std::uint8_t byte) { bytes_.push_back(static_cast<char>(byte)); }
  void put_u64(std::uint64_t value) {  // little-endian, as the machines are
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_varint(std::uint64_t value) {
    while (value >= 0x80) {
      put_byte(static_cast<std::uint8_t>(value | 0x80));
      value >>= 7;
    }
    put_byte(static_cast<std::uint8_t>(value));
  }
  void put_text(std::string_view text);

  std::string bytes_;
  base::Day day_ = 0;
};

// Gets a group's records in the order they were appended. Spans and views live during the call.
class GroupVisitor {
 public:
  virtual ~GroupVisitor() = default;
  virtual void on_reservation(const ReservationHead& head, std::span<const ReservedToken> tokens,
                              std::span<const DroppedRecord> drops) = 0;
  virtual void on_settle(const Settle& settle) = 0;
  virtual void on_audience_end(CampaignNumber campaign, std::uint32_t slice,
                               std::uint64_t records) = 0;
  virtual void on_resumed(CampaignNumber campaign) = 0;
  // Only of interest to who reads the audience again.
  virtual void on_audience_mark(CampaignNumber, std::uint32_t /*slice*/, const AudienceMark&) {}
};

// Errors: damaged_store, when the bytes are no group.
Result<void> read_group(std::string_view bytes, GroupVisitor& visitor);

}  // namespace herald::store
