// The header by which a receiver of receipts knows who sent them: X-HUAWEI-CALLBACK-ID.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pushsim {

// The two ways a secret becomes the key of the signature.
enum class SecretForm {
  base64,  // new configurations: its Base64-decoded bytes
  text,    // old ones: the text itself
};

// Throws SetupError if the secret is no Base64; `file` is for the message.
std::string receipt_key(std::string_view secret, SecretForm form, const std::string& file);

// The header's value. Only timestamp, nonce and user are signed, not the body.
std::string callback_id(std::string_view key, std::string_view user, std::int64_t timestamp_ms,
                        std::string_view nonce);

std::string random_uuid();  // version 4

}  // namespace pushsim
