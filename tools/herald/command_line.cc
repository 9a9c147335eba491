#include "tools/herald/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "tools/herald/text.h"
#include "tools/herald/usage.h"

namespace herald::cli {
namespace {

// Verbs that scripts may already name: they get a plain answer rather than "unknown".
constexpr std::array kLaterVerbs{"serve", "revoke"};

// The value of an option that takes one of a few words.
template <class Value>
struct Choice {
  std::string_view word;
  Value value;
};

constexpr std::array kLogLevels{
    Choice<LogLevel>{"error", LogLevel::error}, Choice<LogLevel>{"warn", LogLevel::warn},
    Choice<LogLevel>{"info", LogLevel::info}, Choice<LogLevel>{"debug", LogLevel::debug}};
constexpr std::array kProgressModes{Choice<ProgressMode>{"auto", ProgressMode::automatic},
                                    Choice<ProgressMode>{"bar", ProgressMode::bar},
                                    Choice<ProgressMode>{"plain", ProgressMode::plain},
                                    Choice<ProgressMode>{"none", ProgressMode::none}};
constexpr std::array kShells{Choice<Shell>{"bash", Shell::bash}, Choice<Shell>{"zsh", Shell::zsh},
                             Choice<Shell>{"fish", Shell::fish}};
constexpr std::array kFormats{Choice<OutcomeFormat>{"jsonl", OutcomeFormat::jsonl},
                              Choice<OutcomeFormat>{"tsv", OutcomeFormat::tsv}};

template <class Value, std::size_t kCount>
CLI::Option* add_choice(CLI::App& app, const std::string& name,
                        const std::array<Choice<Value>, kCount>& choices, Value& out,
                        const std::string& help) {
  std::string words;
  for (const auto& choice : choices) {
    words += (words.empty() ? "" : "|") + std::string(choice.word);
  }
  const auto take = [&out, &choices, name, words](const std::string& word) {
    for (const auto& choice : choices) {
      if (choice.word == word) {
        out = choice.value;
        return;
      }
    }
    throw CLI::ValidationError(name, fmt::format("{} is none of {}", one_line(word), words));
  };
  return app.add_option_function<std::string>(name, take, help)->type_name(words);
}

CLI::App* add_verb(CLI::App& app, const char* name, const char* help) {
  // Fallthrough: the common options may stand behind the verb.
  return app.add_subcommand(name, help)->fallthrough();
}

void add_subject(CLI::App& verb, CommandLine& line, const char* name, const char* help) {
  verb.add_option(name, line.subject, help)->required()->type_name("");
}

void add_common(CLI::App& app, CommandLine& line) {
  app.add_option("--config", line.config, "Configuration file; default conf/herald.toml")
      ->type_name("FILE");
  add_choice(app, "--log-level", kLogLevels, line.log_level,
             "What is said on standard error; default warn");
  app.add_flag("--json", line.json, "Machine-readable output");
  app.set_version_flag("--version", "herald " HERALD_VERSION, "Print the version");
  app.set_help_flag("-h,--help", "Print this, or what a verb does");
}

struct Verbs {
  CLI::App* run;
  CLI::App* resume;
  CLI::App* resend_ambiguous;
  CLI::App* check;
  CLI::App* jwt;
  CLI::App* status;
  CLI::App* pause;
  CLI::App* cancel;
  CLI::App* outcomes;
  CLI::App* report;
  CLI::App* explain;
  CLI::App* ledger;
  CLI::App* fsck;
  CLI::App* completion;
  CLI::App* man;
};

void add_job(CLI::App& verb, CommandLine& line) {
  add_subject(verb, line, "JOB", "The job, a JSON file");
  verb.add_option("--audience", line.audience, "Read the tokens from here, not from the job's file")
      ->type_name("FILE|-");
}

void add_progress(CLI::App& verb, CommandLine& line) {
  add_choice(verb, "--progress", kProgressModes, line.progress,
             "How to show progress; default auto: a bar on a terminal, else a line every 10 s");
}

CLI::App* add_run(CLI::App& app, CommandLine& line) {
  CLI::App* run = add_verb(app, "run", "Run one campaign to its end and print the report");
  add_job(*run, line);
  run->add_option("--report", line.report_file, "Write the report here, as JSON")
      ->type_name("FILE");
  run->add_option("--outcomes", line.outcomes_file,
                  "Write the records that were not simply accepted here, as JSON Lines")
      ->type_name("FILE");
  add_progress(*run, line);
  return run;
}

Verbs add_verbs(CLI::App& app, CommandLine& line) {
  Verbs verbs{};
  verbs.run = add_run(app, line);
  verbs.resume = add_verb(app, "resume", "Go on with what stopped before its end");
  verbs.resume->add_option("CAMPAIGN", line.subject, "Its id; without one, all that are unfinished")
      ->type_name("");
  add_progress(*verbs.resume, line);
  verbs.resend_ambiguous =
      add_verb(app, "resend-ambiguous", "Send what is ambiguous again, with a new charge each");
  add_subject(*verbs.resend_ambiguous, line, "CAMPAIGN", "Its id");
  add_progress(*verbs.resend_ambiguous, line);
  verbs.check = add_verb(app, "check", "Validate a job and forecast it, without sending");
  add_job(*verbs.check, line);
  verbs.status = add_verb(app, "status", "Show how a campaign gets on, or list all campaigns");
  verbs.status->add_option("CAMPAIGN", line.subject, "Its id; none: all of them")->type_name("");
  verbs.pause = add_verb(app, "pause", "Stop a running campaign; its state is kept");
  add_subject(*verbs.pause, line, "CAMPAIGN", "Its id");
  verbs.cancel = add_verb(app, "cancel", "End a campaign for good: what is unsent stays unsent");
  add_subject(*verbs.cancel, line, "CAMPAIGN", "Its id");
  verbs.report = add_verb(app, "report", "Print the report of a campaign");
  add_subject(*verbs.report, line, "CAMPAIGN", "Its id");
  verbs.outcomes = add_verb(app, "outcomes", "Print how the records of a campaign ended");
  add_subject(*verbs.outcomes, line, "CAMPAIGN", "Its id");
  verbs.outcomes->add_flag("--all", line.all, "The simply accepted ones, too");
  add_choice(*verbs.outcomes, "--format", kFormats, line.format, "Default jsonl");
  verbs.explain = add_verb(app, "explain", "Say why a device did or did not get its messages");
  add_subject(*verbs.explain, line, "TOKEN",
              "The device's token, or - to read it from standard input");
  verbs.ledger = add_verb(app, "ledger", "Read the quota ledger")->require_subcommand(1);
  CLI::App* dump = add_verb(*verbs.ledger, "dump", "Print what is charged, tab-separated");
  dump->add_option("--tokens", line.tokens, "Name the devices of these tokens, one a line")
      ->type_name("FILE");
  verbs.fsck = add_verb(app, "fsck", "Check the whole data directory, without changing it");
  verbs.jwt = add_verb(app, "jwt", "Print a bearer token, to try a request by hand");
  add_subject(*verbs.jwt, line, "APP", "Its name in the configuration");
  verbs.completion = add_verb(app, "completion", "Print a shell's completions of these words");
  add_choice(*verbs.completion, "SHELL", kShells, line.shell, "Whose")->required();
  verbs.man = add_verb(app, "man", "Print the manual page (herald man | man -l -)");
  for (const char* later : kLaterVerbs) {
    // An empty group hides a verb; whatever follows it is taken.
    app.add_subcommand(later)->group("")->prefix_command()->set_help_flag();
  }
  return verbs;
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
}

Result<Parsed> finish(const CLI::App& app, const Verbs& verbs, CommandLine& line) {
  for (const char* later : kLaterVerbs) {
    if (app.got_subcommand(later)) {
      return Error{Errc::unsupported,
                   fmt::format("{}: this version does not have it yet; see herald --help", later)};
    }
  }
  if (app.get_subcommands().empty()) {
    std::string names;
    for (const VerbUsage& verb : usage().verbs) names += (names.empty() ? "" : ", ") + verb.name;
    return Error{Errc::usage, fmt::format("which verb? {}; see herald --help", names)};
  }
  const std::array parsed{
      std::pair{verbs.resume, Verb::resume},
      std::pair{verbs.resend_ambiguous, Verb::resend_ambiguous},
      std::pair{verbs.check, Verb::check},
      std::pair{verbs.jwt, Verb::jwt},
      std::pair{verbs.status, Verb::status},
      std::pair{verbs.pause, Verb::pause},
      std::pair{verbs.cancel, Verb::cancel},
      std::pair{verbs.outcomes, Verb::outcomes},
      std::pair{verbs.report, Verb::report},
      std::pair{verbs.explain, Verb::explain},
      std::pair{verbs.ledger, Verb::ledger_dump},
      std::pair{verbs.fsck, Verb::fsck},
      std::pair{verbs.completion, Verb::completion},
      std::pair{verbs.man, Verb::man},
  };
  for (const auto& [verb, value] : parsed) {
    if (verb->parsed()) line.verb = value;
  }
  const std::array of_campaigns{verbs.report, verbs.outcomes, verbs.resume, verbs.resend_ambiguous,
                                verbs.status, verbs.pause,    verbs.cancel};
  const bool names_campaign = std::any_of(
      of_campaigns.begin(), of_campaigns.end(),
      [](const CLI::App* verb) { return verb->parsed() && verb->count("CAMPAIGN") > 0; });
  if (names_campaign && !is_id(line.subject)) {
    return Error{Errc::usage, fmt::format("\"{}\" is no campaign id; they are 1 to 64 of "
                                          "A-Z a-z 0-9 . _ -",
                                          one_line(line.subject))};
  }
  for (const auto& [option, file] :
       {std::pair{"--report", line.report_file}, std::pair{"--outcomes", line.outcomes_file}}) {
    if (file != "-") continue;
    return Error{Errc::usage, fmt::format("{} -: standard output has the report already (as JSON "
                                          "with --json): name a file",
                                          option)};
  }
  return line;
}

constexpr const char* kSummary =
    "Sends push campaigns to HarmonyOS devices through Huawei Push Kit.";

std::vector<std::string> words_of(const std::string& value) {
  std::vector<std::string> words;
  if (value.rfind("FILE", 0) == 0) return words;
  for (std::size_t begin = 0; begin < value.size();) {
    const std::size_t end = std::min(value.find('|', begin), value.size());
    words.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::vector<OptionUsage> options_of(const CLI::App& app) {
  std::vector<OptionUsage> options;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_group().empty()) continue;
    const bool is_flag = option->get_items_expected_max() == 0;
    const std::string value = is_flag ? "" : option->get_type_name();
    options.push_back(
        {"--" + option->get_lnames().front(), value, option->get_description(), words_of(value)});
  }
  return options;
}

void add_usage(std::vector<VerbUsage>& verbs, const CLI::App& verb, const std::string& before) {
  const std::string name = before + verb.get_name();
  const auto inner = verb.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* each : inner) add_usage(verbs, *each, name + ' ');
  if (!inner.empty()) return;
  VerbUsage usage{name, verb.get_description(), "", "", {}, options_of(verb)};
  std::erase_if(usage.options, [](const OptionUsage& option) { return option.name == "--help"; });
  for (const CLI::Option* option : verb.get_options()) {
    if (!option->get_positional()) continue;
    usage.subject = option->get_single_name();
    usage.subject_help = option->get_description();
    usage.subject_words = words_of(option->get_type_name());
  }
  verbs.push_back(std::move(usage));
}

}  // namespace

Usage usage() {
  CommandLine line;
  CLI::App app(kSummary, "herald");
  add_common(app, line);
  add_verbs(app, line);
  Usage usage{kSummary, options_of(app), {}};
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!verb->get_group().empty()) add_usage(usage.verbs, *verb, "");
  }
  return usage;
}

namespace {

// What CLI11 found wrong, and whose help says better.
Error mistake(const CLI::App& app, const CLI::ParseError& error) {
  const auto verbs = app.get_subcommands();
  // CLI11 misses the verb before it looks at what stands there instead.
  if (const auto unknown = app.remaining(); verbs.empty() && !unknown.empty()) {
    return {Errc::usage, fmt::format("\"{}\" is no verb and no option; see herald --help",
                                     one_line(unknown.front()))};
  }
  if (verbs.empty()) return {Errc::usage, fmt::format("{}; see herald --help", error.what())};
  const CLI::App* verb = verbs.front();
  std::string name = verb->get_name();
  const auto inner = verb->get_subcommands([](const CLI::App*) { return true; });
  if (!inner.empty() && verb->get_subcommands().empty()) {
    std::string names;
    for (const CLI::App* each : inner) names += (names.empty() ? "" : ", ") + each->get_name();
    return {Errc::usage,
            fmt::format("{0}: which of its verbs? {1}; see herald {0} --help", name, names)};
  }
  if (!inner.empty()) name += ' ' + verb->get_subcommands().front()->get_name();
  return {Errc::usage, fmt::format("{}; see herald {} --help", one_line(error.what()), name)};
}

}  // namespace

Result<Parsed> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app(kSummary, "herald");
  add_common(app, line);
  const Verbs verbs = add_verbs(app, line);
  app.require_subcommand(0, 1);  // none has a better answer below
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Printed{app.help()};
  } catch (const CLI::CallForVersion&) {
    return Printed{app.version() + '\n'};
  } catch (const CLI::ParseError& error) {
    return mistake(app, error);
  }
  return finish(app, verbs, line);
}

}  // namespace herald::cli
