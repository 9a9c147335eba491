#include "engine/ledger/seen.h"

#include "engine/ledger/ledger.h"

namespace herald::ledger {

Seen::Seen(Ledger& ledger) : ledger_(ledger) { ledger_.attach(*this); }

Seen::~Seen() { ledger_.detach(*this); }

std::uint64_t Seen::bytes() const {
  std::uint64_t bytes = 0;
  for (const Bits& bits : bits_) bytes += bits.bytes();
  return bytes;
}

}  // namespace herald::ledger
