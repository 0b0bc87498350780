// Policy files on disk -> policies, with all diagnostics of all files.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "diag/diagnostic.h"
#include "model/policy.h"

namespace burin {

/// Variables given by --set; the environment is asked after them.
using Variables = std::map<std::string, std::string>;

struct PolicyFile {
  std::string path;
  std::string text;
  Policy policy;
  Diagnostics diagnostics;  ///< errors: the policy must not be used
  Variables used;           ///< the variables that the text names and that had a value
};

/// Reads one file. Only a file that cannot be read is an error; mistakes in it are in `diagnostics`.
Result<PolicyFile> read_policy_file(const std::string& path, const Variables& variables);

/// The same for a text that is in memory; `path` is its name in messages.
PolicyFile read_policy_text(const std::string& path, std::string text, const Variables& variables);

/// The files named, as one set (check_names); a directory stands for its *.yaml and *.yml, by name, not below. Only a
/// path or a file that cannot be read is an error.
Result<std::vector<PolicyFile>> read_policy_files(const std::vector<std::string>& paths, const Variables& variables);

/// Two policies of one name: an error in the later file's diagnostics.
void check_names(std::vector<PolicyFile>& files);

/// The mode that the user wants of all of them, whatever their options say; nothing without one.
void set_mode(std::vector<PolicyFile>& files, std::optional<PolicyMode> mode);

/// Appends to `rendered` what is to be said of the files. False when one has errors: none may be used.
bool render_mistakes(const std::vector<PolicyFile>& files, bool color, std::string& rendered);

/// True when an argument of the policy has maxData: events of several hundred KB are to be expected.
bool wants_max_data(const PolicyFile& file);

}  // namespace burin
