#include "tools/pushsim/illegal_tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr std::string_view kInvalidPrefix = "invalid-";
constexpr std::string_view kFormatError = "tokenFormatError";
constexpr std::string_view kNoRight = "noRight";
constexpr std::uint64_t kWhether = 0;

std::uint64_t bits_of(std::uint64_t token_hash, std::uint64_t seed, std::uint64_t purpose) {
  std::uint64_t z =
      (token_hash ^ seed * 0x9e3779b97f4a7c15 ^ purpose * 0xd6e8feb86659fd93) * 0xbf58476d1ce4e5b9;
  z ^= z >> 32;
  z *= 0x94d049bb133111eb;
  return z ^ z >> 29;
}

double uniform(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

double uniform_of(std::uint64_t token_hash, std::uint64_t seed, std::uint64_t purpose) {
  return uniform(bits_of(token_hash, seed, purpose));
}

void IllegalTokens::sort_out(std::span<const std::string_view> tokens,
                             std::span<const std::uint64_t> hashes,
                             std::string_view reason_for_all) {
  tokens_ = tokens;
  hashes_ = hashes;
  illegal_.clear();
  good_tokens_.clear();
  good_hashes_.clear();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view reason =
        reason_for_all.empty() ? reason_of(tokens[i], hashes[i]) : reason_for_all;
    if (!reason.empty()) {
      if (illegal_.empty()) {  // the first: what came before it was good
        good_tokens_.assign(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(i));
        good_hashes_.assign(hashes.begin(), hashes.begin() + static_cast<std::ptrdiff_t>(i));
      }
      illegal_.push_back({reason, tokens[i]});
    } else if (!illegal_.empty()) {
      good_tokens_.push_back(tokens[i]);
      good_hashes_.push_back(hashes[i]);
    }
  }
}

std::span<const std::string_view> IllegalTokens::good_tokens() const {
  return illegal_.empty() ? tokens_ : std::span<const std::string_view>(good_tokens_);
}

std::span<const std::uint64_t> IllegalTokens::good_hashes() const {
  return illegal_.empty() ? hashes_ : std::span<const std::uint64_t>(good_hashes_);
}

std::string_view IllegalTokens::reason_of(std::string_view token, std::uint64_t hash) const {
  if (token.empty() || token.starts_with(kInvalidPrefix)) return kFormatError;
  if (rate_ <= 0) return {};
  const std::uint64_t bits = bits_of(hash, seed_, kWhether);
  if (uniform(bits) >= rate_) return {};
  return (bits & 1) == 0 ? kFormatError : kNoRight;
}

std::string IllegalTokens::list() const {
  std::vector<std::string_view> reasons;
  for (const Illegal& illegal : illegal_) {
    if (std::find(reasons.begin(), reasons.end(), illegal.reason) == reasons.end()) {
      reasons.push_back(illegal.reason);
    }
  }
  std::string list = "{";
  for (const std::string_view reason : reasons) {
    if (list.size() > 1) list += ',';
    list += json_string(reason) + ":[";
    bool first = true;
    for (const Illegal& illegal : illegal_) {
      if (illegal.reason != reason) continue;
      if (!first) list += ',';
      first = false;
      list += json_string(illegal.token);
    }
    list += ']';
  }
  return list + '}';
}

std::string IllegalTokens::refused_list() const {
  return fmt::format("{{\"failure\":{},\"illegalTokens\":{}}}", illegal_.size(), list());
}

std::string IllegalTokens::partial_list() const {
  return fmt::format("{{\"illegalTokens\":{},\"success\":{},\"failure\":{}}}", list(),
                     tokens_.size() - illegal_.size(), illegal_.size());
}

}  // namespace pushsim
