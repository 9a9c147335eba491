// How a rule is written down: tables of fields for what a table can say, functions for the rest.
// Used by the files of the push types; rules.h is what others include.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/message/json.h"
#include "engine/message/rules.h"
#include "herald/config.h"

namespace herald::message {

inline constexpr std::string_view kIllegalPayload = "80100003";
inline constexpr std::string_view kIllegalExpiry = "80100004";
inline constexpr std::string_view kAllTokensRefused = "80300007";
inline constexpr std::string_view kMessageTooLong = "80300008";
inline constexpr std::string_view kTokenCount = "80300010";
inline constexpr std::string_view kTestTokenCount = "80300030";
inline constexpr std::string_view kMayNotRevoke = "80300032";
inline constexpr std::string_view kLocalPolicy = "local";

// Rules of api.md 5 that have no number in its table.
inline constexpr std::string_view kTypesRule = "types";
inline constexpr std::string_view kUnknownRule = "unknown";
inline constexpr std::string_view kListsRule = "lists";

// What is checked: a message, or what records are still to fill in (design 13).
enum class Subject : std::uint8_t {
  message,   // as it will be sent
  pattern,   // its strings may hold {{vars.…}}
  by_record  // and records may bring fields of their own
};

// Collects what a message breaks, in the order found.
class Checker {
 public:
  // `rules` outlives it.
  explicit Checker(const RulesConfig& rules, Subject subject = Subject::message)
      : rules_(rules), subject_(subject) {}

  // A warning instead where the configuration says that the rule only warns.
  void refuse(std::string pointer, std::string_view rule, std::string text,
              std::string_view code = kIllegalPayload);
  // Whatever the configuration says: what is charged, or how, hangs on it.
  void refuse_firmly(std::string pointer, std::string_view rule, std::string text,
                     std::string_view code = kIllegalPayload);
  // A value outside a list that may have grown: warns if `rule` or the rule "lists" does.
  void refuse_unlisted(std::string pointer, std::string_view rule, std::string text);
  void refuse_unknown(std::string pointer);  // warns unless strict
  void warn(std::string pointer, std::string_view rule, std::string text);

  const RulesConfig& rules() const { return rules_; }
  bool by_record() const { return subject_ == Subject::by_record; }

  // A string whose text is not known yet: what can be said of it is left to the rendering.
  bool is_open(const Json& value) const;
  // No rule looks at the text of this place, or at any below it: whatever a record puts into its
  // variables, the rendering keeps the rules. Says nothing of strings without variables.
  void note_free(const std::string& pointer, const Json& value);

  std::vector<Violation> take() { return std::move(violations_); }
  std::vector<std::string> take_free() { return std::move(free_); }

 private:
  const RulesConfig& rules_;
  Subject subject_;
  std::vector<Violation> violations_;
  std::vector<std::string> free_;
};

enum class FieldType : std::uint8_t {
  any,
  boolean,
  integer,
  number,
  string,
  strings,
  array,
  object
};

struct Field {
  std::string_view name;
  FieldType type;
  std::string_view rule;  // broken when the field is missing or out of its bounds
  bool required = false;
  // Of a number; of a string: its length in characters.
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::span<const std::int64_t> values = {};  // an integer must be one of these
  std::string_view prefix = {};               // a string must start with this
  // No rule looks at the string, here or in any code: see Checker::note_free. Unsaid costs time,
  // said wrongly lets a record break a rule; TemplateProperty tests it.
  bool free = false;
  bool firm = false;       // quotas hang on it: no switch lets it be missing or of another type
  bool by_record = false;  // records of format jsonl may bring it
  // What the table cannot say; called when the type is right and the text is known.
  void (*check)(Checker& checker, const std::string& pointer, const Json& value) = nullptr;
};

// Types, bounds, what is missing, what is unknown (a warning: editions add members, api.md 5).
void check_fields(Checker& checker, const std::string& pointer, const Json& object,
                  std::span<const Field> fields);

// Nothing, unless `value` is there and of that type.
std::optional<std::int64_t> integer_of(const Json* value);  // beyond 64 bits: the nearest bound
std::optional<double> number_of(const Json* value);         // beyond a double: the nearest bound
std::optional<std::string_view> string_of(const Json* value);
bool is_kind(const Json* value, Json::Kind kind);
bool is_true(const Json* value);
// There, of that kind, and null otherwise.
const Json* object_in(const Json& object, std::string_view name);
const Json* array_in(const Json& object, std::string_view name);

std::size_t code_points(std::string_view utf8);
std::size_t code_points_without_variables(const Checker& checker, const Json& text);
std::string join(std::span<const std::string_view> words);
bool contains(std::span<const std::string_view> words, std::string_view word);
bool contains(std::span<const std::string> words, std::string_view word);

}  // namespace herald::message
