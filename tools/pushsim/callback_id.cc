#include "tools/pushsim/callback_id.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <vector>

#include "tools/pushsim/setup_error.h"

namespace pushsim {
namespace {

std::string encode_base64(const unsigned char* bytes, std::size_t size) {
  std::string text(4 * ((size + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace

std::string receipt_key(std::string_view secret, SecretForm form, const std::string& file) {
  if (form == SecretForm::text) return std::string(secret);
  std::string bytes(secret.size() + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(secret.data()),
                                   static_cast<int>(secret.size()));
  if (secret.empty() || size < 0) {
    throw SetupError(
        fmt::format("--receipt-secret-file: {} holds no Base64; if the text itself is the key, say "
                    "--receipt-secret-form text",
                    file));
  }
  std::size_t padding = 0;
  while (padding < 2 && secret[secret.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

std::string callback_id(std::string_view key, std::string_view user, std::int64_t timestamp_ms,
                        std::string_view nonce) {
  const std::string text = fmt::format("{}{}{}", timestamp_ms, nonce, user);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return fmt::format("timestamp={}; nonce={}; value={}", timestamp_ms, nonce,
                     encode_base64(mac.data(), size));
}

std::string random_uuid() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  }
  return text;
}

}  // namespace pushsim
