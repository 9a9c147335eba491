#include "engine/message/push_options.h"

#include <fmt/format.h>

#include <array>

#include "engine/message/check.h"
#include "engine/message/json_place.h"

namespace herald::message {
namespace {

// Two codes for one field: an expiry that is not in the future has its own.
void check_ttl(Checker& checker, const std::string& pointer, const Json& value) {
  constexpr std::int64_t kSecondsMax = 1296000;  // 15 days
  const std::int64_t seconds = *integer_of(&value);
  const std::int64_t least = checker.rules().ttl_zero == ZeroTtl::accept ? 0 : 1;
  if (seconds >= least && seconds <= kSecondsMax) return;
  checker.refuse(
      pointer, "V6",
      fmt::format("must be {} to {} seconds, is {}", least, kSecondsMax, printable(value.text)),
      seconds < 1 ? kIllegalExpiry : kIllegalPayload);
}

void check_bi_tag(Checker& checker, const std::string& pointer, const Json& value) {
  constexpr std::size_t kBytesMax = 64;
  if (value.text.size() <= kBytesMax) return;
  checker.refuse(
      pointer, "V7",
      fmt::format("must be at most {} bytes in UTF-8, has {}", kBytesMax, value.text.size()));
}

constexpr std::array kFields{
    Field{.name = "testMessage", .type = FieldType::boolean, .rule = kTypesRule, .firm = true},
    Field{.name = "ttl", .type = FieldType::integer, .rule = "V6", .check = check_ttl},
    Field{.name = "biTag", .type = FieldType::string, .rule = "V7", .check = check_bi_tag},
    Field{.name = "receiptId", .type = FieldType::string, .rule = kTypesRule},
    Field{
        .name = "collapseKey", .type = FieldType::integer, .rule = "V7", .least = -1, .most = 100},
    Field{.name = "backgroundMode", .type = FieldType::integer, .rule = kTypesRule},
};

void warn_without_effect(Checker& checker, const std::string& pointer, const Json& options,
                         std::string_view name, std::string_view where) {
  if (options.member(name) == nullptr) return;
  checker.warn(child(pointer, name), kUnknownRule,
               fmt::format("has no effect here, only with {}", where));
}

}  // namespace

void check_push_options(Checker& checker, const std::string& pointer, const Json& options,
                        int push_type) {
  if (options.kind != Json::Kind::object) {
    checker.refuse(pointer, kTypesRule, "must be an object");
    return;
  }
  check_fields(checker, pointer, options, kFields);
  if (push_type != 6) {
    warn_without_effect(checker, pointer, options, "backgroundMode", "push type 6");
  }
  if (push_type != 0 && push_type != 2) {
    warn_without_effect(checker, pointer, options, "collapseKey", "push types 0 and 2");
  }
}

}  // namespace herald::message
