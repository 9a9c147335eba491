// Completions for bash, zsh and fish, made of the same words as --help.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "tools/herald/usage.h"

namespace herald::cli {
namespace {

// In single quotes, whatever the text holds.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

// "ledger dump" is two words on the line: the first is the verb, the second its only subject.
std::string first_word(const std::string& name) { return name.substr(0, name.find(' ')); }
std::string second_word(const std::string& name) {
  const std::size_t space = name.find(' ');
  return space == std::string::npos ? std::string{} : name.substr(space + 1);
}

std::vector<std::string> verbs_of(const Usage& usage) {
  std::vector<std::string> verbs;
  for (const VerbUsage& verb : usage.verbs) {
    if (std::find(verbs.begin(), verbs.end(), first_word(verb.name)) == verbs.end()) {
      verbs.push_back(first_word(verb.name));
    }
  }
  return verbs;
}

std::vector<std::string> names_of(const std::vector<OptionUsage>& options) {
  std::vector<std::string> names;
  for (const OptionUsage& option : options) names.push_back(option.name);
  return names;
}

std::string bash_value(const OptionUsage& option) {
  if (option.takes_file()) return "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
  return fmt::format("mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\")",
                     quoted(joined(option.words)));
}

// What may stand where a verb's subject does.
std::string bash_subject(const VerbUsage& verb) {
  if (const std::string second = second_word(verb.name); !second.empty()) {
    return fmt::format("mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\")", quoted(second));
  }
  if (verb.subject == "JOB")
    return "mapfile -t COMPREPLY < <(compgen -f -X '!*.json' -- \"$word\"; compgen -d -- "
           "\"$word\")";
  return fmt::format("mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\")",
                     quoted(joined(verb.subject_words)));
}

std::string zsh_option(const OptionUsage& option) {
  std::string text = option.name + '[';
  for (const char c : option.help) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') text += '\\';
    text += c;
  }
  text += ']';
  if (option.takes_file()) return quoted(text + ":file:_files");
  if (!option.value.empty())
    return quoted(fmt::format("{}:value:({})", text, joined(option.words)));
  return quoted(text);
}

std::string zsh_subject(const VerbUsage& verb) {
  if (const std::string second = second_word(verb.name); !second.empty()) {
    return fmt::format(" '1:what:({})'", second);
  }
  if (verb.subject.empty()) return "";
  if (verb.subject == "JOB") return " '1:job:_files -g \"*.json\"'";
  return fmt::format(" '1:{}:({})'", verb.subject, joined(verb.subject_words));
}

std::string fish_option(std::string_view condition, const OptionUsage& option) {
  std::string line = fmt::format("complete -c herald{} -l {} -d {}", condition,
                                 option.name.substr(2), quoted(option.help));
  if (option.takes_file()) return line + " -r -F\n";
  if (!option.value.empty()) line += fmt::format(" -x -a {}", quoted(joined(option.words)));
  return line + '\n';
}

}  // namespace

std::string bash_completion(const Usage& usage) {
  std::string script =
      "# bash completion for herald; made by `herald completion bash`\n"
      "_herald() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= i\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    case ${COMP_WORDS[i]} in\n";
  script += fmt::format("      {}) verb=${{COMP_WORDS[i]}}; break ;;\n    esac\n  done\n",
                        fmt::join(verbs_of(usage), "|"));
  script += "  case $before in\n";
  std::vector<std::string> done;
  const auto add_value = [&](const OptionUsage& option) {
    if (option.value.empty() || std::find(done.begin(), done.end(), option.name) != done.end()) {
      return;
    }
    done.push_back(option.name);
    script += fmt::format("    {}) {}; return ;;\n", option.name, bash_value(option));
  };
  for (const OptionUsage& option : usage.common) add_value(option);
  for (const VerbUsage& verb : usage.verbs) {
    for (const OptionUsage& option : verb.options) add_value(option);
  }
  const std::string common = joined(names_of(usage.common));
  script += "  esac\n  case $verb in\n";
  for (const VerbUsage& verb : usage.verbs) {
    script += fmt::format(
        "    {})\n      if [[ $word == -* ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\")\n      else\n"
        "        {}\n      fi ;;\n",
        first_word(verb.name),
        quoted(joined(names_of(verb.options)) + (verb.options.empty() ? "" : " ") + common),
        bash_subject(verb));
  }
  script += fmt::format(
      "    *) mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\") ;;\n  esac\n}}\n"
      "complete -o filenames -F _herald herald\n",
      quoted(joined(verbs_of(usage)) + ' ' + common));
  return script;
}

std::string zsh_completion(const Usage& usage) {
  std::string common;
  for (const OptionUsage& option : usage.common) common += "\n    " + zsh_option(option);
  std::string script =
      "#compdef herald\n# zsh completion for herald; made by `herald completion zsh`\n"
      "_herald() {\n  local -a common=(" +
      common +
      "\n  )\n  local curcontext=$curcontext state line\n"
      "  _arguments -C $common '1:verb:->verb' '*::argument:->argument'\n"
      "  case $state in\n    verb)\n      local -a verbs=(\n";
  for (const std::string& word : verbs_of(usage)) {
    const auto verb = std::find_if(usage.verbs.begin(), usage.verbs.end(),
                                   [&](const auto& each) { return first_word(each.name) == word; });
    script += fmt::format("        {}\n", quoted(fmt::format("{}:{}", word, verb->help)));
  }
  script += "      )\n      _describe verb verbs ;;\n    argument)\n      case $line[1] in\n";
  for (const VerbUsage& verb : usage.verbs) {
    script += fmt::format("        {}) _arguments $common", first_word(verb.name));
    for (const OptionUsage& option : verb.options) script += ' ' + zsh_option(option);
    script += zsh_subject(verb) + " ;;\n";
  }
  // From a folder of $fpath the file is the function's first call; sourced, it only declares it.
  return script +
         "      esac ;;\n  esac\n}\n"
         "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n  _herald \"$@\"\n"
         "else\n  compdef _herald herald\nfi\n";
}

std::string fish_completion(const Usage& usage) {
  std::string script =
      "# fish completion for herald; made by `herald completion fish`\n"
      "complete -c herald -f\n";
  for (const OptionUsage& option : usage.common) script += fish_option("", option);
  std::vector<std::string> told;
  for (const VerbUsage& verb : usage.verbs) {
    const std::string word = first_word(verb.name);
    script += fmt::format("complete -c herald -n __fish_use_subcommand -a {} -d {}\n", word,
                          quoted(verb.help));
    const std::string condition =
        fmt::format(" -n {}", quoted("__fish_seen_subcommand_from " + word));
    if (const std::string second = second_word(verb.name); !second.empty()) {
      script += fmt::format("complete -c herald{} -a {}\n", condition, second);
    }
    if (verb.subject == "JOB") script += fmt::format("complete -c herald{} -F\n", condition);
    if (!verb.subject_words.empty()) {
      script += fmt::format("complete -c herald{} -a {}\n", condition,
                            quoted(joined(verb.subject_words)));
    }
    for (const OptionUsage& option : verb.options) script += fish_option(condition, option);
  }
  return script;
}

}  // namespace herald::cli
