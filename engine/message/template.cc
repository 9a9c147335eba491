#include "engine/message/template.h"

#include <fmt/format.h>

#include "engine/message/alert.h"
#include "engine/message/check.h"
#include "engine/message/compact_json.h"
#include "engine/message/json.h"
#include "engine/message/rules.h"

namespace herald::message {
namespace {

Result<Json> parse_object(std::string_view name, std::string_view text) {
  auto root = parse_json(text);
  if (root.has_error()) {
    return Error{Errc::job,
                 fmt::format("{}: line {}: {}", name, root.error().line, root.error().text)};
  }
  if (root->kind != Json::Kind::object) {
    return Error{Errc::job, fmt::format("{}: must be an object", name)};
  }
  return std::move(*root);
}

}  // namespace

Result<Template> Template::make(int push_type, std::string_view payload,
                                std::string_view push_options) {
  const Result<Json> content = parse_object("payload", payload);
  if (content.has_error()) return content.error();
  Template out;
  out.push_type_ = push_type;
  out.prefix_ = fmt::format(R"({{"payload":{},"target":{{"token":[)", compact(*content));
  out.suffix_ = "]}}";
  if (!push_options.empty()) {
    const Result<Json> options = parse_object("pushOptions", push_options);
    if (options.has_error()) return options.error();
    out.suffix_ = fmt::format(R"(]}},"pushOptions":{}}})", compact(*options));
  }
  if (const auto violation = check_size(out.size_without_tokens())) {
    return Error{Errc::job, to_string(*violation)};
  }
  const Json* const notification = content->member("notification");
  if (notification == nullptr) return out;
  out.badge_only_ = push_type == 0 && is_badge_only(*notification);
  if (!out.badge_only_) out.category_ = string_of(notification->member("category")).value_or("");
  return out;
}

}  // namespace herald::message
