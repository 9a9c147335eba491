// What the ledger's verdict on a device means for its record.
#pragma once

#include "engine/batch/batch.h"
#include "engine/ledger/charge.h"

namespace herald::dispatch {

inline batch::Fate fate_of(ledger::Verdict verdict) {
  switch (verdict) {
    case ledger::Verdict::charged:
      break;
    case ledger::Verdict::duplicate:
      return {false, Outcome::duplicate, Reason::none};
    case ledger::Verdict::token_gone:
      return {false, Outcome::suppressed, Reason::token_gone};
    case ledger::Verdict::notifications_off:
      return {false, Outcome::suppressed, Reason::notifications_off};
    case ledger::Verdict::inactive:
      return {false, Outcome::suppressed, Reason::inactive};
    case ledger::Verdict::over_marketing:
      return {false, Outcome::over_quota, Reason::marketing};
    case ledger::Verdict::card_gone:
      return {false, Outcome::suppressed, Reason::card_gone};
    case ledger::Verdict::card_limit:
      return {false, Outcome::suppressed, Reason::card_limit};
    case ledger::Verdict::activity_gone:
      return {false, Outcome::suppressed, Reason::activity_gone};
    case ledger::Verdict::old_version:
      return {false, Outcome::malformed, Reason::old_version};
    case ledger::Verdict::over_form:
      return {false, Outcome::over_quota, Reason::form};
    case ledger::Verdict::over_live_view:
      return {false, Outcome::over_quota, Reason::live_view};
    case ledger::Verdict::created:
      return {false, Outcome::over_quota, Reason::created};
    case ledger::Verdict::over_total:
      return {false, Outcome::over_quota, Reason::total};
    case ledger::Verdict::over_test:
      return {false, Outcome::over_quota, Reason::test};
  }
  return {true, Outcome::accepted, Reason::none};
}

}  // namespace herald::dispatch
