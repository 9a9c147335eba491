// What the service wants of a message, apart from the JWT and the rate: the outer shape and the
// options here, the payload of each push type in a file of its own. In: a body taken apart. Out: a
// refusal, or what counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/pushsim/body.h"
#include "tools/pushsim/message.h"

namespace pushsim {

struct Refusal {
  std::string code;  // eight digits
  std::string text;
};

enum class SizeRule {
  body_without_tokens,  // the strict reading of the 4096 bytes
  payload_only,         // the looser one
};

// 0, 1, 2, 6, 7 or 10; -1 for everything else.
int push_type_of(std::string_view header);

// Nothing: the message may be sent, and `message` says what it is.
std::optional<Refusal> check_message(int push_type, const SendBody& body, SizeRule size_rule,
                                     Message& message);

// The same for a revoke, whose body was read with TokenPlace::top_level.
std::optional<Refusal> check_revoke(int push_type, const SendBody& body);

}  // namespace pushsim
