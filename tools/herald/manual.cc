// The manual page, made of the same words as --help.
#include <fmt/format.h>

#include <string_view>

#include "tools/herald/exit_status.h"
#include "tools/herald/usage.h"

namespace herald::cli {
namespace {

// Nothing in a text may be a command to roff: no backslash, no dot or quote that begins a line; and
// a hyphen is the one that can be typed.
std::string roff(std::string_view text) {
  std::string out;
  if (!text.empty() && (text.front() == '.' || text.front() == '\'')) out = "\\&";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", roff(text)); }

void add_options(std::string& page, const std::vector<OptionUsage>& options) {
  for (const OptionUsage& option : options) {
    page +=
        fmt::format(".TP\n\\fB{}\\fR{}{}\n{}\n", roff(option.name), option.value.empty() ? "" : " ",
                    option.value.empty() ? "" : italic(option.value), roff(option.help));
  }
}

}  // namespace

std::string manual_page(const Usage& usage) {
  std::string page = fmt::format(
      ".TH HERALD 1 \"\" \"herald {}\" \"User Commands\"\n"
      ".SH NAME\nherald \\- sends push campaigns to HarmonyOS devices\n"
      ".SH SYNOPSIS\n",
      HERALD_VERSION);
  for (const VerbUsage& verb : usage.verbs) {
    page += fmt::format(".B herald {}\n[\\fIoptions\\fR]{}{}\n.br\n", roff(verb.name),
                        verb.subject.empty() ? "" : " ",
                        verb.subject.empty() ? "" : italic(verb.subject));
  }
  page += fmt::format(".SH DESCRIPTION\n{}\n.SH OPTIONS\nBefore or after the verb:\n",
                      roff(usage.summary));
  add_options(page, usage.common);
  page += ".SH VERBS\n";
  for (const VerbUsage& verb : usage.verbs) {
    page += fmt::format(".SS {}\n{}.\n", roff(verb.name), roff(verb.help));
    if (!verb.subject.empty()) {
      page += fmt::format(".TP\n{}\n{}\n", italic(verb.subject), roff(verb.subject_help));
    }
    add_options(page, verb.options);
  }
  page += ".SH EXIT STATUS\n";
  for (const StatusMeaning& status : status_meanings()) {
    page += fmt::format(".TP\n.B {}\n{}\n", status.status, roff(status.meaning));
  }
  return page;
}

}  // namespace herald::cli
