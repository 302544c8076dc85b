#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scanner/model/value.h"

namespace plumbline {

/// Values in the form the build packs into the program: YAML at 5 MB/s would cost the pre-commit hook its budget. A
/// pack is a list of values that are decoded one by one, so that only what a scan touches costs time. Layout: u32
/// count, then u32 end offsets (from the first value's first byte), then the values: a tag byte (kind in the low four
/// bits, marks above them), LEB128 lengths, bytes. Little endian. Places (traces and spans) are left out.
class PackWriter {
  public:
    /// False, with nothing added, for what cannot be packed: an unknown anywhere inside, nesting deeper than 500
    /// levels, a number beyond 10^±20000, a pack that would outgrow 4 GB.
    [[nodiscard]] bool add(const Value& value);
    std::string finish() const;

  private:
    std::string bytes_;
    std::string ends_;
    std::uint32_t count_ = 0;
};

/// Reads a pack made by this same build: its form is trusted, bounds are asserted in debug builds.
class PackReader {
  public:
    /// `pack` must outlive the reader; values do not refer to it.
    explicit PackReader(std::string_view pack) : pack_(pack) {}
    std::size_t size() const;
    /// Precondition: `index < size()`.
    Value value(std::size_t index) const;
    /// The same value as it is packed, for a `PackCursor`; a view of the pack.
    std::string_view bytes(std::size_t index) const;

  private:
    std::uint32_t end_of(std::size_t index) const;

    std::string_view pack_;
};

/// Reads one packed value piece by piece without making `Value`s: texts are views of the pack. Start-up reads every
/// rule's description, and copies of some 30,000 texts were a fifth of a hook's time. What is of another kind than
/// asked for is passed over.
class PackCursor {
  public:
    explicit PackCursor(std::string_view bytes) : rest_(bytes) {}
    /// Enters the object that follows: so many times `name` and a value.
    std::size_t members();
    /// Enters the tuple that follows: so many values.
    std::size_t elements();
    std::string_view name();
    std::string_view text();
    void skip();

  private:
    std::size_t enter(Value::Kind kind);

    std::string_view rest_;
};

}  // namespace plumbline
