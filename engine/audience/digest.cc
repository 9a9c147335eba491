#include "engine/audience/digest.h"

#include <algorithm>
#include <bit>

#define XXH_STATIC_LINKING_ONLY  // for the state's size
#include <xxhash.h>

// Debian's library carries every vector width for x86 and picks one at run time; elsewhere there is
// only the plain function, with the same result.
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

namespace herald::audience {

static_assert(std::endian::native == std::endian::little);

struct ContentDigest::State {
  XXH3_state_t xxh3;
};

ContentDigest::ContentDigest() : state_(std::make_unique<State>()) {
  XXH3_INITSTATE(&state_->xxh3);
  XXH3_64bits_reset(&state_->xxh3);
}
ContentDigest::~ContentDigest() = default;
ContentDigest::ContentDigest(ContentDigest&&) noexcept = default;
ContentDigest& ContentDigest::operator=(ContentDigest&&) noexcept = default;

void ContentDigest::update(std::span<const std::byte> content) {
  while (!content.empty()) {
    const auto room = static_cast<std::size_t>(kPieceBytes - in_piece_);
    const auto part = content.first(std::min(room, content.size()));
    XXH3_64bits_update(&state_->xxh3, part.data(), part.size());
    in_piece_ += part.size();
    content = content.subspan(part.size());
    if (in_piece_ == kPieceBytes) {
      pieces_.push_back(XXH3_64bits_digest(&state_->xxh3));
      XXH3_64bits_reset(&state_->xxh3);
      in_piece_ = 0;
    }
  }
}

std::uint64_t ContentDigest::value() const {
  std::vector<std::uint64_t> all = pieces_;
  if (in_piece_ != 0) all.push_back(XXH3_64bits_digest(&state_->xxh3));
  return XXH3_64bits(all.data(), all.size() * sizeof(std::uint64_t));
}

}  // namespace herald::audience
