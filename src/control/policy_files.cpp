#include "control/policy_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "bundle/bundle.h"
#include "policy/policy_reader.h"

namespace burin {
namespace fs = std::filesystem;
namespace {

/// Directories replaced by their files.
Result<std::vector<std::string>> collect_policy_files(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const auto& path : paths) {
    std::error_code ec;
    const fs::file_status status = fs::status(path, ec);
    if (ec || !fs::exists(status)) return fail(ErrorCode::NotFound, "no policy file or directory " + path);
    if (!fs::is_directory(status)) {
      out.push_back(path);
      continue;
    }
    std::vector<std::string> here;
    for (const auto& entry : fs::directory_iterator(path, ec)) {
      const std::string ext = entry.path().extension();
      if ((ext == ".yaml" || ext == ".yml") && entry.is_regular_file(ec)) here.push_back(entry.path().string());
    }
    if (ec) return fail(ErrorCode::Io, "cannot read directory " + path + ": " + ec.message());
    if (here.empty()) return fail(ErrorCode::NotFound, "no *.yaml or *.yml in directory " + path);
    std::ranges::sort(here);
    out.insert(out.end(), here.begin(), here.end());
  }
  return out;
}

}  // namespace

PolicyFile read_policy_text(const std::string& path, std::string text, const Variables& variables) {
  PolicyFile file;
  file.path = path;
  file.text = std::move(text);
  const VariableLookup lookup = [&](const std::string& name) -> std::optional<std::string> {
    std::optional<std::string> value;
    if (const auto it = variables.find(name); it != variables.end())
      value = it->second;
    else if (const char* found = std::getenv(name.c_str()))
      value = found;
    if (value) file.used.emplace(name, *value);
    return value;
  };
  file.policy = read_policy(path, file.text, lookup, file.diagnostics);
  return file;
}

Result<PolicyFile> read_policy_file(const std::string& path, const Variables& variables) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail_errno(ErrorCode::NotFound, "cannot open policy " + path, errno);
  if (looks_like_bundle(path))
    return fail(ErrorCode::Io, path + " is a bundle, which `burin run` takes alone; its policies are not read here");
  // One byte more than allowed, so that the reader sees that it is too large without our reading all of it.
  std::string text(kMaxPolicyBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(ErrorCode::Io, "cannot read policy " + path);
  text.resize(static_cast<std::size_t>(in.gcount()));
  text.shrink_to_fit();
  return read_policy_text(path, std::move(text), variables);
}

Result<std::vector<PolicyFile>> read_policy_files(const std::vector<std::string>& paths, const Variables& variables) {
  TRY(const auto found, collect_policy_files(paths));
  std::vector<PolicyFile> files;
  for (const auto& path : found) {
    TRY(auto file, read_policy_file(path, variables));
    files.push_back(std::move(file));
  }
  check_names(files);
  return files;
}

void check_names(std::vector<PolicyFile>& files) {
  std::map<std::string, std::string> seen;
  for (auto& file : files) {
    if (file.policy.name.empty()) continue;
    const auto [it, fresh] = seen.try_emplace(file.policy.name, file.path);
    if (!fresh)
      file.diagnostics.error("duplicate-policy", {file.path, 1, 1, 1},
                             "policy name \"" + file.policy.name + "\" is already used by " + it->second,
                             "give each policy its own metadata.name");
  }
}

void set_mode(std::vector<PolicyFile>& files, std::optional<PolicyMode> mode) {
  if (!mode) return;
  for (auto& file : files) file.policy.options.mode = *mode;
}

bool render_mistakes(const std::vector<PolicyFile>& files, bool color, std::string& rendered) {
  bool usable = true;
  for (const auto& file : files) {
    rendered += render(file.diagnostics, file.text, color);
    usable = usable && !file.diagnostics.has_errors();
  }
  return usable;
}

bool wants_max_data(const PolicyFile& file) {
  const auto any = [](const std::vector<PolicyArg>& list) { return std::ranges::any_of(list, &PolicyArg::max_data); };
  return std::ranges::any_of(file.policy.hooks, [&](const Hook& h) { return any(h.args) || any(h.data); });
}

}  // namespace burin
