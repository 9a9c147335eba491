// The manual page and the completions, against what the program takes and what the shells say.
#include "tools/herald/usage.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "tests/cli/temporary_directory.h"
#include "tools/herald/command_line.h"
#include "tools/herald/exit_status.h"

namespace herald::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

bool have(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

class Shells : public TemporaryDirectory {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    return write(name, text).string();
  }
  // What the script prints, and "exit N" unless it ends with 0.
  std::string output_of(const std::string& shell, const std::string& script) {
    const std::string out = (directory_ / "out").string();
    const int status = std::system(
        fmt::format("{} {} >{} 2>&1 </dev/null", shell, file("script", script), out).c_str());
    return read("out") + (status == 0 ? "" : fmt::format("exit {}", status));
  }
  std::string bash_completes(const std::string& words) {
    const std::string script = file("completion", bash_completion(usage()));
    return output_of("bash", fmt::format("source {}\nCOMP_WORDS=({})\n"
                                         "COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n_herald\n"
                                         "echo \"${{COMPREPLY[@]}}\"\n",
                                         script, words));
  }
};

const VerbUsage& verb(const Usage& usage, const std::string& name) {
  for (const VerbUsage& each : usage.verbs) {
    if (each.name == name) return each;
  }
  ADD_FAILURE() << "there is no verb " << name;
  return usage.verbs.front();
}

TEST(UsageTest, HasTheVerbsWithTheirSubjectsAndOptions) {
  const Usage all = usage();
  std::vector<std::string> names;
  for (const VerbUsage& each : all.verbs) names.push_back(each.name);
  EXPECT_THAT(names, Contains("run"));
  EXPECT_THAT(names, Contains("ledger dump"));
  EXPECT_THAT(names, testing::Not(Contains("ledger")));
  EXPECT_EQ(verb(all, "run").subject, "JOB");
  EXPECT_THAT(verb(all, "completion").subject_words, ElementsAre("bash", "zsh", "fish"));
  const auto& options = verb(all, "run").options;
  const auto progress = std::find_if(options.begin(), options.end(), [](const OptionUsage& each) {
    return each.name == "--progress";
  });
  ASSERT_NE(progress, options.end());
  EXPECT_THAT(progress->words, ElementsAre("auto", "bar", "plain", "none"));
}

TEST(UsageTest, EveryVerbAndOptionIsTakenByTheProgram) {
  const Usage all = usage();
  for (const VerbUsage& each : all.verbs) {
    std::vector<std::string> words{"herald"};
    std::istringstream name{each.name};
    for (std::string word; name >> word;) words.push_back(word);
    if (!each.subject.empty()) {
      words.push_back(each.subject_words.empty() ? "subject" : each.subject_words.front());
    }
    std::vector<OptionUsage> options = each.options;
    options.insert(options.end(), all.common.begin(), all.common.end());
    for (const OptionUsage& option : options) {
      if (option.name == "--help" || option.name == "--version") continue;
      words.push_back(option.name);
      if (option.value.empty()) continue;
      words.push_back(option.takes_file() ? "a-file" : option.words.front());
    }
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    const auto parsed = parse_command_line(static_cast<int>(argv.size()), argv.data());
    EXPECT_TRUE(parsed) << each.name << ": " << (parsed ? "" : parsed.error().what);
  }
}

TEST(UsageTest, ManualHasEveryWordAndStatus) {
  const std::string page = manual_page(usage());
  for (const VerbUsage& each : usage().verbs) {
    std::string name = each.name;  // as roff wants it
    for (std::size_t at = 0; (at = name.find('-', at)) != name.npos; at += 2) name.insert(at, "\\");
    EXPECT_THAT(page, HasSubstr(".B herald " + name));
  }
  EXPECT_THAT(page, HasSubstr("\\-\\-config"));
  for (const StatusMeaning& status : status_meanings()) {
    EXPECT_THAT(page, HasSubstr(fmt::format(".B {}\n", status.status)));
  }
}

TEST_F(Shells, GroffFindsNothingWrongInTheManual) {
  if (!have("groff")) GTEST_SKIP() << "there is no groff";
  const std::string page = file("herald.1", manual_page(usage()));
  EXPECT_EQ(output_of("sh", fmt::format("groff -ww -man -Tascii {} 2>&1 >/dev/null", page)), "");
}

TEST_F(Shells, BashCompletesVerbsOptionsAndValues) {
  if (!have("bash")) GTEST_SKIP() << "there is no bash";
  EXPECT_EQ(bash_completes("herald ru"), "run\n");
  EXPECT_EQ(bash_completes("herald run --prog"), "--progress\n");
  EXPECT_EQ(bash_completes("herald run --progress pl"), "plain\n");
  EXPECT_EQ(bash_completes("herald ledger ''"), "dump\n");
  EXPECT_EQ(bash_completes("herald completion z"), "zsh\n");
  EXPECT_EQ(bash_completes("herald --json outcomes --a"), "--all\n");
}

TEST_F(Shells, BashCompletesJobFilesWithSpacesInTheirNames) {
  if (!have("bash")) GTEST_SKIP() << "there is no bash";
  file("my job.json", "{}");
  file("other.txt", "");
  const std::string prefix = directory_.string() + "/";
  EXPECT_EQ(bash_completes("herald run " + prefix + "my"), prefix + "my job.json\n");
  EXPECT_EQ(bash_completes("herald run " + prefix + "oth"), "\n");
}

TEST_F(Shells, ZshTakesItsScriptFromAFile) {
  if (!have("zsh")) GTEST_SKIP() << "there is no zsh";
  const std::string script = file("_herald", zsh_completion(usage()));
  EXPECT_EQ(
      output_of("zsh -f", fmt::format("zsh -n {0} && autoload -Uz compinit && compinit -D && "
                                      "source {0} && echo $_comps[herald] $+functions[_herald]",
                                      script)),
      "_herald 1\n");
}

// Loaded so, the file's own body is the first call.
TEST_F(Shells, ZshTakesItsScriptFromItsFolders) {
  if (!have("zsh")) GTEST_SKIP() << "there is no zsh";
  file("_herald", zsh_completion(usage()));
  EXPECT_EQ(output_of("zsh -f", fmt::format("fpath=({} $fpath)\n"
                                            "autoload -Uz compinit && compinit -u -D\n"
                                            "echo $_comps[herald]\n"
                                            "_arguments() {{ print called; return 1 }}\n"
                                            "_herald\n",
                                            directory_.string())),
            "_herald\ncalled\n");
}

TEST_F(Shells, FishCompletesVerbsAndValues) {
  if (!have("fish")) GTEST_SKIP() << "there is no fish";
  const std::string script = file("herald.fish", fish_completion(usage()));
  EXPECT_THAT(output_of("env HOME=" + directory_.string() + " fish",
                        fmt::format("source {}\ncomplete -C 'herald ru'\n"
                                    "complete -C 'herald run --progress pl'\n",
                                    script)),
              testing::AllOf(HasSubstr("run\t"), HasSubstr("plain")));
}

}  // namespace
}  // namespace herald::cli
