// A bundle: policies, the host they are for, and their compiled programs in one file. A host runs it without compiler,
// BCC or kernel headers.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compile/image_set.h"
#include "model/policy.h"

namespace burin {

/// One policy file as it was when the bundle was made.
struct BundledPolicy {
  std::string path;  ///< for messages
  std::string text;
};

/// All that a start needs besides the daemon. A value; the images are shared and immutable.
struct Bundle {
  std::string burin;  ///< version of the burin that made it
  std::string pack;   ///< of the host that it is for (bundle/host_profile.h)
  std::vector<BundledPolicy> policies;
  /// Values of the variables that the policies name (--set, environment) when the bundle was made.
  std::map<std::string, std::string> variables;
  /// What --policy-mode said; the images are of this mode.
  std::optional<PolicyMode> mode;
  std::shared_ptr<const ImageSet> images;  ///< the base programs and one unit a policy
};

/// Version of the format; a reader reads this one only.
inline constexpr unsigned kBundleVersion = 2;

/// The file's bytes: signature, version, length and checksum (XXH3, 128 bits) of what follows.
std::string encode_bundle(const Bundle& bundle);

/// Error{Io} with the reason: not a bundle, another version, truncated, altered. `name` is for messages. Images are
/// checked as those of the compiler are.
Result<Bundle> decode_bundle(std::string_view bytes, const std::string& name);

/// Reads the file. Error{Io} too.
Result<Bundle> read_bundle(const std::filesystem::path& file);

/// True when the file begins as a bundle does, whatever follows. False when it cannot be read.
bool looks_like_bundle(const std::filesystem::path& file);

}  // namespace burin
