// The request body of a campaign: prefix, tokens, suffix. Laid out once where all devices get the
// same; compiled once into pieces where records bring variables or fields (design 13), so that a
// rendering is a few copies.
//
// The measured part does not depend on the tokens, so the size rule is checked here, not per batch
// (api.md 7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/record_fields.h"
#include "engine/message/rules.h"
#include "herald/config.h"
#include "herald/job.h"
#include "herald/outcome.h"
#include "herald/result.h"

namespace herald::message {

class Pattern;

struct Rendered {
  Reason malformed = Reason::none;
  std::int64_t surface = 0;  // formId or activityId: what a quota or a window hangs on; 0: none
  std::optional<std::int64_t> version;  // of the card or live view
};

class Template {  // any thread, once made
 public:
  // The rules are not checked here, Job::parse does. Errors: job, when payload or options are no
  // JSON objects, or are longer than the service takes whatever records put in.
  static Result<Template> make(const Job& job, const RulesConfig& rules = {});

  int push_type() const { return push_type_; }

  // Whether records make a difference: the payload has variables, or the audience is of format
  // jsonl and the push type has members that records may bring. Then render, else prefix.
  bool varies() const { return varies_; }

  const std::string& prefix() const { return prefix_; }  // {"payload":…,"target":{"token":[
  const std::string& suffix() const { return suffix_; }  // ]},"pushOptions":{…}} or ]}}

  // Appends the body up to and including "token":[ with the record's variables and fields; a field
  // wins over the payload's own member. Where it is malformed `out` is as before; reasons:
  // missing_variable, missing_field, wrong_type (a field that the message has no place for, or
  // that is out of its range), not_utf8, payload_rule, payload_too_long.
  Rendered render(const base::RecordFields& fields, std::string& out) const;

  // Why render() says that a record is malformed: the place, what is wrong with it, the rule and
  // the service's code, on one line; empty where it is not. For listings: slow.
  std::string why(const base::RecordFields& fields) const;

  // Where it varies, of the text as the job has it, its variables not filled in.
  std::size_t size_without_tokens() const { return prefix_.size() + suffix_.size(); }
  // What every rendering has at least: variables empty, no field brought.
  MessageSize size_at_least() const { return size_at_least_; }

  // As written; "" where there is none to count by, as in a message that is only a badge.
  std::string_view category() const { return category_; }
  bool badge_only() const { return badge_only_; }
  bool shows_notification() const { return (push_type_ == 0 || push_type_ == 2) && !badge_only_; }
  bool test_message() const { return test_message_; }
  bool creates() const { return creates_; }               // a live view
  bool large_windows() const { return large_windows_; }   // a live view's event with more updates
  std::size_t tokens_max() const { return tokens_max_; }  // of a request

  // Whether it uses up a device's marketing messages of the day. What counts as marketing is the
  // app's to say (AppConfig::counts_as_marketing): a category without entitlement does. A message
  // that is only a badge never does, nor does a test message (quotas.md 2, 6).
  template <class Predicate>
  bool marketing(Predicate counts_as_marketing) const {
    return push_type_ == 0 && !badge_only_ && !test_message_ &&
           counts_as_marketing(std::string_view(category_));
  }

 private:
  Template() = default;
  void read_kind(const Json& payload, const Json* options);
  Reason take_fields(const base::RecordFields& fields, Rendered& out, bool& check_whole) const;
  bool breaks_a_rule(std::string_view payload) const;
  std::string why_field(const base::RecordFields& fields) const;

  int push_type_ = 0;
  std::string prefix_;
  std::string suffix_;
  std::string category_;
  bool badge_only_ = false;
  bool test_message_ = false;
  bool creates_ = false;
  bool large_windows_ = false;
  bool varies_ = false;
  std::size_t tokens_max_ = 1000;
  std::int64_t surface_ = 0;
  std::optional<std::int64_t> version_;
  MessageSize size_at_least_{};
  std::array<bool, base::kRecordFields> has_place_{};
  RulesConfig rules_;
  std::shared_ptr<const Pattern> pattern_;  // shared: a Template is copied, its pieces never change
};

}  // namespace herald::message
