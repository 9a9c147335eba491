// What a call may say, as data: --help, the manual page and the shells' completions are all made
// of it, so they cannot disagree.
#pragma once

#include <string>
#include <vector>

namespace herald::cli {

struct OptionUsage {
  std::string name;   // "--config"
  std::string value;  // "FILE", "auto|bar|plain|none"; empty: a flag
  std::string help;
  std::vector<std::string> words;  // the values there are; empty: any

  bool takes_file() const { return value.rfind("FILE", 0) == 0; }
};

struct VerbUsage {
  std::string name;  // "run", "ledger dump"
  std::string help;
  std::string subject;  // "JOB"; empty: none
  std::string subject_help;
  std::vector<std::string> subject_words;  // the values there are; empty: any
  std::vector<OptionUsage> options;
};

struct Usage {
  std::string summary;
  std::vector<OptionUsage> common;  // before or after the verb
  std::vector<VerbUsage> verbs;
};

Usage usage();

std::string manual_page(const Usage& usage);  // roff, section 1

std::string bash_completion(const Usage& usage);
std::string zsh_completion(const Usage& usage);
std::string fish_completion(const Usage& usage);

}  // namespace herald::cli
