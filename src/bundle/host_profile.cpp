#include "bundle/host_profile.h"

namespace burin {

std::string encode_profile(const HostProfile& profile, const std::vector<std::string>& members) {
  const KernelIdentity kernel{profile.host.release, profile.host.arch, profile.host.build_id};
  return encode_pack(kernel, profile.layout, members, encode_host(profile.host, profile.answers));
}

Result<HostProfile> decode_profile(std::string_view text, const std::string& name) {
  TRY(LayoutPack pack, decode_pack(text, name));
  if (pack.host.empty())
    return fail(ErrorCode::Unsupported,
                name +
                    " has structure layouts only, nothing of the host: make it anew on that host, as root, with "
                    "`burin layout pack`");
  HostProfile out;
  if (auto read = decode_host(pack.host, out.host, out.answers); !read)
    return in_context(std::move(read).error(), "reading " + name);
  out.host.release = pack.kernel.release;
  out.host.arch = pack.kernel.arch;
  out.host.build_id = pack.kernel.build_id;
  out.layout = std::move(pack.table);
  return out;
}

}  // namespace burin
