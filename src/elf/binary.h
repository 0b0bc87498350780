// An executable or library on disk: where its functions and its USDT probes are, and how it is told from another.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/usdt_arg.h"

namespace burin {

/// One place of a USDT probe. Several notes may have the same provider and name.
struct UsdtProbe {
  std::string provider, name;
  std::uint64_t offset = 0;            ///< of the probe's instruction, in the file
  std::uint64_t semaphore_offset = 0;  ///< of its semaphore, in the file; 0: it has none
  std::string spec;                    ///< arguments as the note has them ("-4@%edi 8@-16(%rbp)")
};

/// A function of the symbol tables.
struct BinarySymbol {
  std::string name;
  std::uint64_t address = 0;
};

class Binary {
 public:
  /// Opens an ELF file of this machine's kind. NotFound, or Unsupported with the reason.
  static Result<Binary> open(const std::string& path);
  Binary(Binary&&) noexcept;
  Binary& operator=(Binary&&) noexcept;
  ~Binary();

  /// Functions of .symtab and .dynsym with an address, sorted by name, each name once.
  std::vector<BinarySymbol> functions() const;
  /// Offset in the file of the function; versions ("malloc@@GLIBC_2.2.5") are looked through.
  Result<std::uint64_t> offset_of(std::string_view function) const;
  /// Offset in the file of what is loaded at this address of the file's own address space.
  Result<std::uint64_t> offset_at(std::uint64_t address) const;
  /// The function that this offset is in; empty when no symbol says.
  std::string function_at(std::uint64_t offset) const;
  /// True when the offset lies in code.
  bool is_code(std::uint64_t offset) const;
  /// All USDT probes, in the order of their notes. An error: the notes are damaged.
  Result<std::vector<UsdtProbe>> usdt_probes() const;
  /// Lower-case hexadecimal digits; empty when it has none.
  std::string build_id() const;

 private:
  struct Impl;
  explicit Binary(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The words of a probe's argument specification; an error names the word that was not understood.
Result<std::vector<UsdtArg>> parse_usdt_args(std::string_view spec);

/// Digest of a file, lower-case hexadecimal. `algorithm`: sha1, sha256, sha384, sha512.
Result<std::string> file_digest(const std::string& path, std::string_view algorithm);

}  // namespace burin
