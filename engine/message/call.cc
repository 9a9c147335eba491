#include "engine/message/call.h"

#include <array>

#include "engine/message/check.h"
#include "engine/message/extra_data.h"

namespace herald::message {
namespace {

constexpr std::array kFields{kExtraData};

}  // namespace

void check_call(Checker& checker, const std::string& pointer, const Json& payload) {
  check_fields(checker, pointer, payload, kFields);
}

}  // namespace herald::message
