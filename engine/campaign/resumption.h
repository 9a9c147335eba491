// What the store knows of a campaign whose audience is about to be read again (design, decision
// 11): which records have their outcome, and how the audience must begin.
#pragma once

#include <cstdint>
#include <string>

#include "engine/audience/reader.h"
#include "engine/campaign/outcome_map.h"
#include "engine/ledger/fingerprint.h"
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

  // Of record `number`, from 0.
  Known of(std::uint64_t number) const;
  // Why one is ambiguous that is to be sent again.
  Reason why(std::uint64_t number) const { return map_.at(number)->reason; }
  // From here on nothing is known of any record.
  std::uint64_t records() const { return map_.records(); }
  const store::AudienceMark& mark() const { return map_.mark(); }
  Purpose purpose() const { return purpose_; }

 private:
  Resumption(OutcomeMap map, Purpose purpose) : map_(std::move(map)), purpose_(purpose) {}

  OutcomeMap map_;
  Purpose purpose_;
};

// Whether the audience begins as it did (I67). Reads as far as the mark says, and no further.
// `name` is what errors call it. Errors: audience, when it does not, or cannot be read so far.
Result<void> check_audience(audience::RecordReader& reader,
                            const ledger::Fingerprinter& fingerprinter,
                            const store::AudienceMark& mark, const std::string& name);

}  // namespace herald::campaign
