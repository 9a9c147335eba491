#include "engine/campaign/records_digest.h"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace herald::campaign {

void RecordsDigest::update(std::span<const ledger::Fingerprint> records) {
  while (!records.empty()) {
    const std::size_t size = std::min(records.size(), kPiece - in_piece_);
    std::copy_n(records.begin(), size, piece_.begin() + in_piece_);
    in_piece_ += size;
    records = records.subspan(size);
    if (in_piece_ < kPiece) return;
    digest_ = XXH3_64bits_withSeed(piece_.data(), sizeof piece_, digest_);
    ++pieces_;
    in_piece_ = 0;
  }
}

store::AudienceMark RecordsDigest::mark() const {
  const std::size_t bytes = in_piece_ * sizeof piece_[0];
  return {records(), bytes == 0 ? digest_ : XXH3_64bits_withSeed(piece_.data(), bytes, digest_)};
}

}  // namespace herald::campaign
