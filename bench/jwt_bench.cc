// Signing the bearer token, with keys of 2048 and 4096 bits that are made when it runs.
//   jwt_bench [--repetitions=N]    (default: 5)
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/support.h"
#include "engine/auth/jwt.h"

namespace herald::bench {
namespace {

constexpr base::WallTime kNow{std::chrono::hours{20781 * 24}};

std::vector<unsigned char> from_base64url(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  std::size_t padding = 0;
  for (; text.size() % 4 != 0; ++padding) text += '=';
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  check(EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size())) >= 0,
        "the signature is no base64url");
  bytes.resize(bytes.size() - padding);
  return bytes;
}

// PS256 (RFC 7518, 3.5), by OpenSSL.
bool is_signed(const std::string& token, EVP_PKEY* key) {
  const std::size_t dot = token.rfind('.');
  const std::vector<unsigned char> signature = from_base64url(token.substr(dot + 1));
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* options = nullptr;
  const bool good =
      EVP_DigestVerifyInit(context, &options, EVP_sha256(), nullptr, key) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
      EVP_DigestVerify(context, signature.data(), signature.size(),
                       reinterpret_cast<const unsigned char*>(token.data()), dot) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

void sign(benchmark::State& state, const auth::ServiceAccount& account) {
  const std::string token = auth::sign(account, kNow).value();
  check(is_signed(token, account.key.get()), "the signature does not verify");
  for (auto _ : state) benchmark::DoNotOptimize(auth::sign(account, kNow));
  state.counters["token"] = time_each(1);
}

int run(const Options& options) {
  auth::ServiceAccount small{"1", "key", "sub", auth::PrivateKey(EVP_RSA_gen(2048))};
  auth::ServiceAccount large{"1", "key", "sub", auth::PrivateKey(EVP_RSA_gen(4096))};
  check(small.key && large.key, "no keys can be made");
  add_case("sign_2048", options, [&](benchmark::State& state) { sign(state, small); });
  add_case("sign_4096", options, [&](benchmark::State& state) { sign(state, large); });
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) { return herald::bench::run(herald::bench::parse(argc, argv, 1)); }
