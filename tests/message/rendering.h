// A template and one record's values, rendered.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/message/template.h"
#include "tests/message/support.h"

namespace herald::message {

inline constexpr std::string_view kTarget = R"(,"target":{"token":[)";

class Rendering {
 public:
  explicit Rendering(int push_type, std::string_view payload, const RulesConfig& rules = {},
                     AudienceSpec::Format format = AudienceSpec::Format::jsonl) {
    Job job;
    job.push_type = push_type;
    job.payload = compact(*parse_json(payload));
    job.audience.format = format;
    template_.emplace(Template::make(job, rules).value());
  }

  Rendering& variable(std::string_view name, std::string_view value) {
    variables_.push_back({name, value});
    return *this;
  }
  Rendering& field(base::RecordField field, std::string_view json) {
    fields_.json[static_cast<std::size_t>(field)] = json;
    return *this;
  }

  Rendered run() {
    fields_.variables = variables_;
    out_ = "kept";
    return template_->render(fields_, out_);
  }
  // The payload alone, or the reason.
  std::string text() {
    const Rendered rendered = run();
    EXPECT_TRUE(out_.starts_with("kept"));
    if (rendered.malformed != Reason::none) {
      EXPECT_EQ(out_, "kept") << "nothing is appended for a malformed record";
      return std::string(herald::to_string(rendered.malformed));
    }
    const std::string_view body = std::string_view(out_).substr(4);
    EXPECT_TRUE(body.starts_with(R"({"payload":)") && body.ends_with(kTarget)) << body;
    return std::string(body.substr(11, body.size() - 11 - kTarget.size()));
  }
  std::string why() {
    fields_.variables = variables_;
    return template_->why(fields_);
  }
  const Template& made() const { return *template_; }

 private:
  std::optional<Template> template_;
  base::RecordFields fields_;
  std::vector<base::Variable> variables_;
  std::string out_;
};

inline std::string title(std::string_view text) {
  return fmt::format(R"({{"notification":{{"category":"IM","title":"{}","body":"B",)"
                     R"("clickAction":{{"actionType":0}}}}}})",
                     text);
}

inline constexpr std::string_view kForm =
    R"({"moduleName":"m","formName":"f","abilityName":"a","formId":1,"version":2,"formData":{"k":"v"}})";

}  // namespace herald::message
