// One argument type: how it is captured in C and how its bytes are decoded, side by side.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/value.h"

namespace burin {

/// What an operator can look at in an argument of this type.
enum class TypeClass {
  Nothing,
  Socket,        ///< struct w_sock
  Sockaddr,      ///< struct w_sockaddr
  SockaddrUn,    ///< family in the field, path as text
  Packet,        ///< struct w_skb
  SignedInt,     ///< the field is the number
  UnsignedInt,   ///< the field is the number
  Text,          ///< string, filename, data_loc, net_device: text
  Bytes,         ///< char_buf: text that may hold NULs
  Path,          ///< file, path, fd, dentry, linux_binprm: path as text, st_mode in the field
  Capabilities,  ///< a set of capabilities: the field is a u64
  Syscall,       ///< struct w_syscall: number and ABI
};
/// True when the argument has a text slot whose bytes string operators look at.
bool is_text(TypeClass type);

/// How many bytes the field takes in the record, under which C type.
struct WireShape {
  std::string_view c_type;  ///< declared by the prelude
  std::uint32_t size = 0;   ///< 0: the argument is not sent (nop)
  std::uint32_t align = 1;
  /// Bytes of text it may have (templates/text.h), 0 = none. The text is captured into a slot of the hook's scratch
  /// memory, where filters look at it, and copied behind the record's fixed part when the event is sent; the field then
  /// begins with the struct burin_wvar that names it.
  std::uint32_t text_max = 0;
};

/// The C names a capture statement works on. It may also use `s` (struct burin_scratch *: s->path is a path buffer) and
/// `ctx`.
struct CaptureSite {
  std::string dst;   ///< lvalue of the field in the record ("r->a0")
  std::string src;   ///< u64 expression: the value of the parameter
  std::string text;  ///< pointer to the struct burin_text of the argument; empty when shape.text_max is 0
  /// Statement to run when the value could not be read; the event then has error_arg and no filter on it holds. Not
  /// used by types with text, where an unread slot says the same.
  std::string fault;
  std::string size;       ///< u64 expression: the length parameter of a char_buf; empty: none
  bool user = false;      ///< pointers lead to user memory
  bool in_place = false;  ///< `src` is where the value itself lies, not a pointer to it: an array in a record
};

struct ArgType {
  std::string_view name;      ///< as a policy writes it
  std::string_view summary;   ///< one line, for `burin list types` and the reference
  std::string_view json_key;  ///< key inside an args[] element ("sock_arg")
  TypeClass type_class = TypeClass::Nothing;
  WireShape shape;
  std::vector<std::string> needs_layout;  ///< members without which it cannot be captured from a pointer
  std::string (*capture)(const CaptureSite&) = nullptr;
  /// `field` has shape.size bytes; `record` is the whole record, for texts. False when a text is out of bounds.
  bool (*decode)(std::span<const std::byte> field, std::span<const std::byte> record, Value& out) = nullptr;
  std::vector<std::string> wants_layout{};  ///< members that are read too where they are known
  /// C text that `capture` needs: structs and functions, written once into a unit that has such an argument. A piece
  /// that several types share is one and the same array.
  std::vector<const char*> support{};
  /// Types that may have `maxData`: C statements that tell `d` (struct burin_data *, templates/data.h) where the bytes
  /// are, and the C text which they need; null: the type has no maxData.
  std::string (*locate)(const CaptureSite&) = nullptr;
  const char* locate_support = nullptr;
};

/// All types, in the order of the reference page.
std::span<const ArgType> all_types();
/// Null when there is none of that name.
const ArgType* find_type(std::string_view name);
/// Every structure member that some type can use.
std::vector<std::string> type_layout_members();

}  // namespace burin
