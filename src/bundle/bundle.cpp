#include "bundle/bundle.h"

#include <fstream>

#include "base/bytes.h"
#include "compile/codec.h"
#include "compile/compiler.h"

namespace burin {
namespace {

constexpr std::string_view kSignature = "BURINBN\n";  // the version follows
constexpr std::size_t kMaxText = 16U << 20;           // a policy file, a pack, a name or value
constexpr std::size_t kMaxItems = 4096;               // policies, variables, units

constexpr std::uint8_t number_of(std::optional<PolicyMode> mode) {
  if (!mode) return 0;
  return *mode == PolicyMode::Enforce ? 1 : 2;
}

std::string body_of(const Bundle& bundle) {
  ByteWriter out;
  out.text(bundle.burin);
  out.text(bundle.pack);
  out.number(static_cast<std::uint32_t>(bundle.policies.size()));
  for (const auto& policy : bundle.policies) {
    out.text(policy.path);
    out.text(policy.text);
  }
  out.number(static_cast<std::uint32_t>(bundle.variables.size()));
  for (const auto& [name, value] : bundle.variables) {
    out.text(name);
    out.text(value);
  }
  out.number(number_of(bundle.mode));
  out.number(static_cast<std::uint32_t>(bundle.images->units().size()));
  for (const auto& unit : bundle.images->units()) {
    out.text(encode_source(unit.source));
    out.text(encode_image(unit.image));
  }
  return out.take();
}

Result<Bundle> read_body(std::string_view body, const std::string& name) {
  ByteReader in(body, name);
  Bundle out;
  out.burin = in.text(kMaxText);
  out.pack = in.text(kMaxText);
  const auto policies = in.count(kMaxItems, 2 * sizeof(std::uint32_t));
  for (std::uint32_t i = 0; i < policies && in.ok(); ++i) {
    std::string path = in.text(kMaxText);
    out.policies.push_back({std::move(path), in.text(kMaxText)});
  }
  const auto variables = in.count(kMaxItems, 2 * sizeof(std::uint32_t));
  for (std::uint32_t i = 0; i < variables && in.ok(); ++i) {
    std::string variable = in.text(kMaxText);
    out.variables.emplace(std::move(variable), in.text(kMaxText));
  }
  if (const auto mode = in.number<std::uint8_t>(); mode == number_of(PolicyMode::Enforce))
    out.mode = PolicyMode::Enforce;
  else if (mode == number_of(PolicyMode::Monitor))
    out.mode = PolicyMode::Monitor;
  else if (mode != number_of(std::nullopt))
    in.fail_with("policy mode " + std::to_string(mode));
  auto images = std::make_shared<ImageSet>();
  const auto units = in.count(kMaxItems, 2 * sizeof(std::uint32_t));
  for (std::uint32_t i = 0; i < units && in.ok(); ++i) {
    const std::string source_bytes = in.text(kMaxMessageBytes), image_bytes = in.text(kMaxMessageBytes);
    if (!in.ok()) break;
    TRY(ProgramSource source, decode_source(source_bytes));
    TRY(ProgramImage image, decode_image(image_bytes));
    images->add({std::move(source), std::move(image)});
  }
  TRY_OK(in.finish());
  out.images = std::move(images);
  return out;
}

}  // namespace

std::string encode_bundle(const Bundle& bundle) {
  const std::string body = body_of(bundle);
  ByteWriter out;
  out.raw(kSignature);
  out.number(static_cast<std::uint32_t>(kBundleVersion));
  out.number(static_cast<std::uint64_t>(body.size()));
  out.raw(content_checksum(body));
  out.raw(body);
  return out.take();
}

Result<Bundle> decode_bundle(std::string_view bytes, const std::string& name) {
  if (!bytes.starts_with(kSignature)) return fail(ErrorCode::Io, name + " is no bundle (`burin bundle` makes them)");
  ByteReader in(bytes, name);
  in.take(kSignature.size());
  const auto version = in.number<std::uint32_t>();
  const auto size = in.number<std::uint64_t>();
  const std::string_view checksum = in.take(kChecksumBytes);
  if (!in.ok()) return fail(ErrorCode::Io, name + " is truncated: it ends within its signature");
  if (version != kBundleVersion)
    return fail(ErrorCode::Io, name + " is a bundle of format " + std::to_string(version) +
                                   ", this burin reads format " + std::to_string(kBundleVersion) +
                                   ": make it anew with this burin");
  const std::size_t head = kSignature.size() + sizeof version + sizeof size + kChecksumBytes;
  const std::string_view body = bytes.substr(head);
  if (body.size() < size)
    return fail(ErrorCode::Io, name + " is truncated: " + std::to_string(size - body.size()) + " bytes are missing");
  if (body.size() > size || content_checksum(body) != checksum)
    return fail(ErrorCode::Io, name + " was altered: its checksum does not fit");
  return read_body(body, name);
}

Result<Bundle> read_bundle(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::Io, "cannot read the bundle " + file.string());
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  return decode_bundle(bytes, file.string());
}

bool looks_like_bundle(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string head(kSignature.size(), '\0');
  return in && in.read(head.data(), static_cast<std::streamsize>(head.size())) && head == kSignature;
}

}  // namespace burin
