// The cards and live views that have a request in flight: the next one for the same waits for its
// end, as HTTP/2 keeps no order between streams and a version that comes late is refused (api.md
// 12, 15.1).
#pragma once

#include <unordered_set>

#include "engine/batch/batch.h"
#include "engine/ledger/surfaces.h"

namespace herald::dispatch {

class SurfacesInFlight {  // one thread; bounded by the batches there are
 public:
  bool has_any_of(const batch::Batch& batch) const {
    if (!batch.surface || keys_.empty()) return false;
    for (const batch::Entry& entry : batch.entries()) {
      if (keys_.count(ledger::Surfaces::key(entry.fingerprint, batch.surface)) != 0) return true;
    }
    return false;
  }
  void add(const batch::Batch& batch) {
    if (!batch.surface) return;
    for (const batch::Entry& entry : batch.entries()) {
      keys_.insert(ledger::Surfaces::key(entry.fingerprint, batch.surface));
    }
  }
  void remove(const batch::Batch& batch) {
    if (!batch.surface) return;
    for (const batch::Entry& entry : batch.entries()) {
      keys_.erase(ledger::Surfaces::key(entry.fingerprint, batch.surface));
    }
  }

 private:
  std::unordered_set<ledger::Surfaces::Key> keys_;
};

}  // namespace herald::dispatch
