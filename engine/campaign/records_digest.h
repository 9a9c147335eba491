// What the records of an audience were so far, as one number: the fingerprint of each token in the
// order of the file, 0 for a record that has none. Whoever reads the audience again compares.
//
// XXH3-64 of every 1024 of them, the hash of those before as its seed; it does not depend on how
// the records came. What a record brings beside its token is not in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/ledger/fingerprint.h"
#include "engine/store/group.h"

namespace herald::campaign {

class RecordsDigest {  // one thread
 public:
  void update(std::span<const ledger::Fingerprint> records);
  std::uint64_t records() const { return pieces_ * kPiece + in_piece_; }
  store::AudienceMark mark() const;

 private:
  static constexpr std::size_t kPiece = 1024;

  std::uint64_t digest_ = 0;  // of the finished pieces
  std::uint64_t pieces_ = 0;
  std::size_t in_piece_ = 0;
  std::array<ledger::Fingerprint, kPiece> piece_;
};

}  // namespace herald::campaign
