// Which tokens of a request the service does not take, and how its answer lists them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pushsim {

// From 0 to 1, the same for the same token, seed and purpose in every run.
double uniform_of(std::uint64_t token_hash, std::uint64_t seed, std::uint64_t purpose);

class IllegalTokens {
 public:
  IllegalTokens(double rate, std::uint64_t seed) : rate_(rate), seed_(seed) {}

  // `reason_for_all` empty: each token has its own fate. The views have to outlive the next calls.
  void sort_out(std::span<const std::string_view> tokens, std::span<const std::uint64_t> hashes,
                std::string_view reason_for_all);

  std::size_t count() const { return illegal_.size(); }
  std::span<const std::string_view> good_tokens() const;
  std::span<const std::uint64_t> good_hashes() const;

  // `msg` of the answers that name tokens is a JSON text of its own: if none is good, and if some
  // are.
  std::string refused_list() const;
  std::string partial_list() const;

 private:
  struct Illegal {
    std::string_view reason;
    std::string_view token;
  };
  std::string_view reason_of(std::string_view token, std::uint64_t hash) const;
  std::string list() const;

  double rate_;
  std::uint64_t seed_;
  std::span<const std::string_view> tokens_;
  std::span<const std::uint64_t> hashes_;
  std::vector<Illegal> illegal_;
  // Used if there is an illegal one.
  std::vector<std::string_view> good_tokens_;
  std::vector<std::uint64_t> good_hashes_;
};

}  // namespace pushsim
