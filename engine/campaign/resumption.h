// What the store knows of a campaign whose audience is about to be read again (design, decision
// 11): which records have their outcome, and how the audience must begin.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "engine/audience/reader.h"
#include "engine/campaign/outcome_map.h"
#include "engine/ledger/fingerprint.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/seen.h"
#include "engine/store/store.h"
#include "herald/result.h"

namespace herald::campaign {

class Resumption {  // immutable
 public:
  enum class Purpose : std::uint8_t {
    finish,            // what has no outcome
    finish_and_again,  // and, once, what is ambiguous: at-least-once
    again,             // what is ambiguous, and nothing else: resend-ambiguous
  };
  enum class Known : std::uint8_t {
    nothing,    // it has no outcome
    duplicate,  // it has one, and there is an equal record before it
    settled,    // it has another one: later records of the same token are duplicates
    again,      // it is ambiguous, and to be sent once more
  };

  // No process may be running the campaign, and what was unanswered is settled.
  // Errors: damaged_store, disk.
  static Result<Resumption> read(store::Store& store, const store::CampaignRecord& record,
                                 Purpose purpose);

  // Of record `number` of a slice, from 0.
  Known of(std::uint64_t number, std::uint32_t slice = 0) const;
  // Why one is ambiguous that is to be sent again.
  Reason why(std::uint64_t number, std::uint32_t slice = 0) const {
    return map_.at(number, slice)->reason;
  }
  // From here on nothing is known of any record of the slice.
  std::uint64_t records(std::uint32_t slice = 0) const { return map_.records(slice); }
  const store::AudienceMark& mark(std::uint32_t slice = 0) const { return map_.mark(slice); }
  Purpose purpose() const { return purpose_; }

 private:
  Resumption(OutcomeMap map, Purpose purpose) : map_(std::move(map)), purpose_(purpose) {}

  OutcomeMap map_;
  Purpose purpose_;
};

// The first records of a slice, from number `first` on; 0 for one that has no token.
using SeeRecords =
    std::function<void(std::uint64_t first, std::span<const ledger::Fingerprint> records)>;

// Whether the audience begins as it did (I67). Reads as far as the mark says, and no further.
// `name` is what errors call it. Errors: audience, when it does not, or cannot be read so far.
Result<void> check_audience(audience::RecordReader& reader,
                            const ledger::Fingerprinter& fingerprinter,
                            const store::AudienceMark& mark, const std::string& name,
                            const SeeRecords& see = {});

// Of some records of a slice, notes those whose outcome makes later ones duplicates. Where there
// are several slices this comes before any of them is read: the equal record of one that is known
// to be settled may lie in a slice before it, unread.
void mark_settled(const Resumption& resumption, std::uint32_t slice, std::uint64_t first,
                  std::span<const ledger::Fingerprint> records, ledger::Ledger& devices,
                  ledger::Seen& seen);

}  // namespace herald::campaign
