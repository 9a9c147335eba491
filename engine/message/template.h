// The request body of a campaign, laid out once: prefix, tokens, suffix. The measured part does not
// depend on the tokens, so the size rule is checked here, not per batch (api.md 7).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "herald/result.h"

namespace herald::message {

class Template {
 public:
  // `payload` and `push_options` (may be empty: none) are JSON objects. The rules are not checked
  // here, rules.h does. Errors: job, when it is no JSON or longer than the service takes.
  static Result<Template> make(int push_type, std::string_view payload,
                               std::string_view push_options);

  int push_type() const { return push_type_; }
  const std::string& prefix() const { return prefix_; }  // {"payload":…,"target":{"token":[
  const std::string& suffix() const { return suffix_; }  // ]},"pushOptions":{…}} or ]}}
  std::size_t size_without_tokens() const { return prefix_.size() + suffix_.size(); }

  // As written; "" where there is none to count by, as in a message that is only a badge.
  std::string_view category() const { return category_; }
  bool badge_only() const { return badge_only_; }

  // Whether it uses up a device's marketing messages of the day. What counts as marketing is the
  // app's to say (AppConfig::counts_as_marketing): a category without entitlement does. A message
  // that is only a badge never does (quotas.md 2).
  template <class Predicate>
  bool marketing(Predicate counts_as_marketing) const {
    return push_type_ == 0 && !badge_only_ && counts_as_marketing(std::string_view(category_));
  }

 private:
  Template() = default;

  int push_type_ = 0;
  std::string prefix_;
  std::string suffix_;
  std::string category_;
  bool badge_only_ = false;
};

}  // namespace herald::message
