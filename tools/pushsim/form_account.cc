#include "tools/pushsim/form_account.h"

namespace pushsim {

Verdict FormAccount::charge(std::int32_t day, std::uint64_t device_hash, const FormUpdate& update,
                            bool test) {
  ++totals_.messages;
  note_version(card_key(device_hash, update.form_id), update.version);
  if (test || counts_.add(day, device_hash, update.form_id) <= limit_) return Verdict::taken;
  ++totals_.over_limit;
  return Verdict::over_quota;
}

void FormAccount::note_version(std::uint64_t key, std::int64_t version) {
  Version& card = versions_.at(key);
  // 0 is always shown, and what follows has to be above it.
  if (version == 0 || version + 1 > card.last_plus_one) {
    card.last_plus_one = version + 1;
  } else {
    ++totals_.version_not_greater;
  }
}

}  // namespace pushsim
