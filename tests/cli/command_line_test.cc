#include "tools/herald/command_line.h"

#include <gmock/gmock.h>

#include <vector>

namespace herald::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Result<Parsed> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "herald");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

CommandLine line(std::vector<const char*> words) {
  const auto parsed = parse(std::move(words));
  EXPECT_TRUE(parsed) << parsed.error().what;
  return std::get<CommandLine>(parsed.value());
}

Error mistake(std::vector<const char*> words) {
  const auto parsed = parse(std::move(words));
  if (parsed) return {Errc::disk, "no mistake"};
  EXPECT_THAT(parsed.error().what, Not(HasSubstr("\n")));
  EXPECT_THAT(parsed.error().what, Not(testing::StartsWith("herald")));
  return parsed.error();
}

std::string printed(std::vector<const char*> words) {
  return std::get<Printed>(parse(std::move(words)).value()).text;
}

TEST(CommandLine, RunHasItsDefaults) {
  const CommandLine run = line({"run", "sale.json"});
  EXPECT_EQ(run.verb, Verb::run);
  EXPECT_EQ(run.subject, "sale.json");
  EXPECT_EQ(run.config, "conf/herald.toml");
  EXPECT_EQ(run.log_level, LogLevel::warn);
  EXPECT_FALSE(run.json);
  EXPECT_FALSE(run.audience);
  EXPECT_FALSE(run.report_file);
  EXPECT_FALSE(run.outcomes_file);
  EXPECT_EQ(run.progress, ProgressMode::automatic);
}

TEST(CommandLine, RunTakesAllItsOptions) {
  const CommandLine run = line({"run", "sale.json", "--audience", "t.txt", "--report", "r.json",
                                "--outcomes=o.jsonl", "--progress", "plain"});
  EXPECT_EQ(run.audience, "t.txt");
  EXPECT_EQ(run.report_file, "r.json");
  EXPECT_EQ(run.outcomes_file, "o.jsonl");
  EXPECT_EQ(run.progress, ProgressMode::plain);
}

TEST(CommandLine, CommonOptionsStandBeforeOrAfterTheVerb) {
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"--config", "x.toml", "--json", "--log-level", "debug", "report", "sale"},
           {"report", "sale", "--config", "x.toml", "--json", "--log-level", "debug"},
           {"report", "--config", "x.toml", "--json", "sale", "--log-level=debug"},
           {"--json", "report", "--config=x.toml", "--log-level", "debug", "sale"}}) {
    const CommandLine report = line(words);
    EXPECT_EQ(report.verb, Verb::report);
    EXPECT_EQ(report.subject, "sale");
    EXPECT_EQ(report.config, "x.toml");
    EXPECT_TRUE(report.json);
    EXPECT_EQ(report.log_level, LogLevel::debug);
  }
  EXPECT_EQ(line({"ledger", "dump", "--config", "x.toml"}).config, "x.toml");
}

TEST(CommandLine, OtherVerbs) {
  EXPECT_EQ(line({"check", "sale.json"}).verb, Verb::check);
  EXPECT_EQ(line({"jwt", "demo"}).verb, Verb::jwt);
  EXPECT_EQ(line({"jwt", "demo"}).subject, "demo");
  const CommandLine outcomes = line({"outcomes", "sale", "--all", "--format", "tsv"});
  EXPECT_EQ(outcomes.verb, Verb::outcomes);
  EXPECT_TRUE(outcomes.all);
  EXPECT_EQ(outcomes.format, OutcomeFormat::tsv);
  EXPECT_EQ(line({"outcomes", "sale"}).format, OutcomeFormat::jsonl);
  EXPECT_FALSE(line({"outcomes", "sale"}).all);
  const CommandLine dump = line({"ledger", "dump", "--tokens", "t.txt"});
  EXPECT_EQ(dump.verb, Verb::ledger_dump);
  EXPECT_EQ(dump.tokens, "t.txt");
}

TEST(CommandLine, MistakesAreUsageErrors) {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{},
                                             {"walk"},
                                             {"run"},
                                             {"run", "a.json", "b.json"},
                                             {"run", "a.json", "--fast"},
                                             {"run", "a.json", "--config"},
                                             {"run", "a.json", "--progress", "dots"},
                                             {"run", "a.json", "--report", "a", "--report", "b"},
                                             {"report", "sale", "--log-level", "loud"},
                                             {"report", "sale", "--audience", "t.txt"},
                                             {"outcomes", "sale", "--format", "xml"},
                                             {"ledger"},
                                             {"ledger", "drop"}}) {
    EXPECT_EQ(mistake(words).code, Errc::usage);
    const bool of_verb = !words.empty() && words.front() != std::string("walk");
    const std::string verb = of_verb ? std::string(words.front()) + ' ' : "";
    EXPECT_THAT(mistake(words).what, testing::EndsWith("; see herald " + verb + "--help"));
  }
  EXPECT_THAT(mistake({"run", "a.json", "--progress", "dots"}).what,
              HasSubstr("dots is none of auto|bar|plain|none"));
  EXPECT_THAT(mistake({"ledger", "dump", "--tokens"}).what,
              testing::EndsWith("; see herald ledger dump --help"));
  EXPECT_THAT(mistake({"ledger"}).what, HasSubstr("dump"));
  EXPECT_THAT(mistake({"ledger", "drop"}).what, HasSubstr("dump"));
  EXPECT_THAT(mistake({"--config"}).what, testing::EndsWith("; see herald --help"));
  EXPECT_EQ(mistake({}).what,
            "which verb? run, resume, resend-ambiguous, check, status, pause, cancel, report, "
            "outcomes, explain, ledger dump, fsck, jwt, completion, man; see herald --help");
  EXPECT_THAT(mistake({"walk"}).what, HasSubstr("\"walk\" is no verb"));
}

TEST(CommandLine, StandardOutputIsNoFileForResults) {
  EXPECT_EQ(mistake({"run", "a.json", "--report", "-"}).code, Errc::usage);
  EXPECT_THAT(mistake({"run", "a.json", "--report", "-"}).what,
              AllOf(HasSubstr("--report -: standard output has the report"), HasSubstr("--json")));
  EXPECT_THAT(mistake({"run", "a.json", "--outcomes", "-"}).what, HasSubstr("--outcomes -:"));
}

TEST(CommandLine, CampaignIdsAreChecked) {
  for (const char* id : {"", "a b", "../x", "a\nb"}) {
    EXPECT_EQ(mistake({"report", id}).code, Errc::usage) << id;
    EXPECT_EQ(mistake({"outcomes", id}).code, Errc::usage) << id;
  }
  EXPECT_EQ(mistake({"resume", "a b"}).code, Errc::usage);
  for (const char* verb : {"status", "pause", "cancel"}) {
    EXPECT_EQ(mistake({verb, "../x"}).code, Errc::usage) << verb;
    EXPECT_EQ(line({verb, "sale", "--json"}).subject, "sale");
  }
  EXPECT_EQ(line({"status"}).subject, "");  // all
  EXPECT_EQ(line({"status"}).verb, Verb::status);
  EXPECT_EQ(mistake({"pause"}).code, Errc::usage);
  EXPECT_EQ(line({"cancel", "sale"}).verb, Verb::cancel);
  EXPECT_EQ(line({"resume"}).subject, "");  // all
  EXPECT_EQ(mistake({"resend-ambiguous"}).code, Errc::usage);
  EXPECT_EQ(line({"resend-ambiguous", "sale", "--progress", "none"}).verb, Verb::resend_ambiguous);
  const std::string longest(64, 'a');
  EXPECT_EQ(line({"report", longest.c_str()}).subject, longest);
  EXPECT_EQ(mistake({"report", (longest + 'a').c_str()}).code, Errc::usage);
}

TEST(CommandLine, VerbsOfLaterVersionsSaySoAndAreNotListed) {
  const std::string help = printed({"--help"});
  for (const char* verb : {"revoke", "serve"}) {
    EXPECT_EQ(mistake({verb}).code, Errc::unsupported) << verb;
    EXPECT_THAT(mistake({verb, "sale", "--listen", "x", "--help"}).what,
                AllOf(testing::StartsWith(verb), HasSubstr("does not have it yet")));
    EXPECT_THAT(help, Not(HasSubstr(std::string("  ") + verb)));
  }
  EXPECT_EQ(line({"run", "a.json", "--audience", "-"}).audience, "-");
}

TEST(CommandLine, HelpListsTheVerbsAndAVerbItsOptions) {
  EXPECT_THAT(
      printed({"--help"}),
      AllOf(HasSubstr("run"), HasSubstr("check"), HasSubstr("jwt"), HasSubstr("outcomes"),
            HasSubstr("report"), HasSubstr("ledger"), HasSubstr("fsck"), HasSubstr("--config")));
  EXPECT_THAT(printed({"run", "--help"}), AllOf(HasSubstr("--audience"), HasSubstr("--outcomes"),
                                                HasSubstr("auto|bar|plain|none")));
  EXPECT_THAT(printed({"ledger", "dump", "--help"}), HasSubstr("--tokens"));
}

TEST(CommandLine, ShortHelpIsHelp) {
  EXPECT_EQ(printed({"-h"}), printed({"--help"}));
  EXPECT_EQ(printed({"run", "-h"}), printed({"run", "--help"}));
}

TEST(CommandLine, VersionStandsBeforeOrAfterTheVerb) {
  EXPECT_THAT(printed({"--version"}), testing::MatchesRegex("herald [0-9.]+\n"));
  EXPECT_EQ(printed({"run", "--version"}), printed({"--version"}));
}

}  // namespace
}  // namespace herald::cli
