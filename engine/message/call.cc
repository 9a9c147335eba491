#include "engine/message/call.h"

#include <array>

#include "engine/message/check.h"

namespace herald::message {
namespace {

constexpr std::array kFields{
    Field{.name = "extraData",
          .type = FieldType::string,
          .rule = "V16",
          .required = true,
          .free = true},
};

}  // namespace

void check_call(Checker& checker, const std::string& pointer, const Json& payload) {
  check_fields(checker, pointer, payload, kFields);
}

}  // namespace herald::message
