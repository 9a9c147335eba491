// Tokens as the service gives them out: 115 characters of base64url, from a seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/random.h"

namespace herald::bench {

inline constexpr std::size_t kTokenBytes = 115;

inline std::vector<std::string> make_tokens(std::uint64_t count, std::uint64_t seed = 115) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  base::Random random(seed);
  std::vector<std::string> tokens(count, std::string(kTokenBytes, '\0'));
  for (std::string& token : tokens) {
    for (char& byte : token) byte = kAlphabet[random.next() % kAlphabet.size()];
  }
  return tokens;
}

}  // namespace herald::bench
