// C types of the kernel -> argument types of policies.
#pragma once
#include <cstdint>
#include <string>

#include "model/btf_path.h"

struct btf;

namespace burin {

/// "struct file *", for people.
std::string btf_type_text(const btf* types, std::uint32_t id);

/// Fills size, sign, in_place, type and c_type for a value of this type. `type` stays empty when no argument type fits.
void describe_value(const btf* types, std::uint32_t id, BtfPath& out);

}  // namespace burin
