// Whatever a record brings to a message with variables in most of its strings: what is rendered
// keeps the rules of the service, and what is malformed leaves nothing behind.
//
// Input: a byte of the message, one of the fields that the record has, then the fields' values and
// those of two variables, each ended by a NUL.
#include <array>
#include <string>

#include "engine/audience/json_record.h"
#include "engine/message/template.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sendable.h"

namespace herald::message {
namespace {

using fuzz::require;

struct Message {
  int push_type;
  std::string_view payload;
};

constexpr Message kMessages[]{
    {0, R"({"notification":{"category":"EXPRESS","title":"{{vars.a}}","body":"B {{vars.b}}",
        "clickAction":{"actionType":1,"uri":"{{vars.a}}","action":"{{vars.b}}",
        "data":{"k":"{{vars.a}}"}}}})"},
    {0, R"({"notification":{"category":"IM","title":"T","body":"B","clickAction":{"actionType":0},
        "style":3,"inboxContent":["{{vars.a}}","b"],"image":"https://{{vars.b}}"}})"},
    {0, R"({"notification":{"category":"IM","title":"T","body":"B","clickAction":{"actionType":0},
        "appMessageId":"{{vars.a}}","profileId":"{{vars.b}}","sound":"{{vars.b}}"}})"},
    {1, R"({"moduleName":"{{vars.a}}","formName":"f","abilityName":"a","formId":1,"version":2,
        "formData":{"k":"{{vars.b}}"},"images":[{"keyName":"{{vars.a}}","url":"{{vars.b}}"}]})"},
    {1, R"({"moduleName":"m","formName":"{{vars.a}}","abilityName":"a"})"},
    {2, R"({"notification":{"category":"PLAY_VOICE","title":"T","body":"{{vars.b}}",
        "clickAction":{"actionType":0}},"extraData":"{{vars.a}}"})"},
    {6, R"({"extraData":"{{vars.a}}","proxyData":"{{vars.b}}"})"},
    {7, R"({"operation":0,"event":"TAXI","status":"{{vars.a}}","activityData":{"notificationData":
        {"type":3,"contentTitle":"{{status}} {{vars.a}}","contentText":[{"text":"{{vars.b}}"}],
        "clickAction":{"actionType":0},
        "richProgress":{"progress":20,"nodeIcons":["{{vars.b}}","e"]}},
        "capsuleData":{"type":1,"status":1,"icon":"{{vars.a}}","bgColor":"{{vars.b}}","title":"T",
        "content":"{{vars.a}}"}}})"},
    {10, R"({"extraData":"{{vars.a}}{{vars.b}}"})"},
};

const std::vector<Template>& templates() {
  static const auto* const kMade = [] {
    auto* const made = new std::vector<Template>;  // for as long as the program runs
    for (const Message& each : kMessages) {
      Job job;
      job.push_type = each.push_type;
      job.payload = each.payload;
      job.audience.format = AudienceSpec::Format::jsonl;
      made->push_back(Template::make(job).value());
    }
    return made;
  }();
  return *kMade;
}

// A record of JSON Lines with the fields that `which` has a bit for.
std::string record_of(std::uint8_t which, fuzz::Input& input) {
  std::string record = R"({"token":"t")";
  for (std::size_t i = 0; i < base::kRecordFields; ++i) {
    if ((which >> i & 1) == 0) continue;
    record.append(",\"").append(base::kRecordFieldNames[i]).append("\":").append(input.text());
  }
  return record + '}';
}

void run(const Template& made, std::string record, std::string_view a, std::string_view b) {
  const std::size_t size = record.size();
  record.append(64, '\0');  // for simdjson
  std::pmr::monotonic_buffer_resource memory;
  audience::JsonRecordParser parser(memory);
  audience::JsonRecord taken;
  if (parser.parse(record.data(), size, 64, taken) != Reason::none) return;
  const std::array<base::Variable, 2> variables{{{"a", a}, {"b", b}}};
  taken.fields.variables = variables;
  std::string out;
  const Rendered rendered = made.render(taken.fields, out);
  if (rendered.malformed == Reason::none) return require_sendable(made, out, {});
  require(out.empty(), "nothing of what is malformed");
}

}  // namespace
}  // namespace herald::message

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  herald::fuzz::Input input(data, size);
  const auto& templates = herald::message::templates();
  const auto& made = templates[input.byte() % templates.size()];
  const std::uint8_t which = input.byte();
  std::string record = herald::message::record_of(which, input);
  const std::string_view a = input.text();
  herald::message::run(made, std::move(record), a, input.text());
  return 0;
}
