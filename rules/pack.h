#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scanner/model/value.h"

namespace plumbline {

/// Values in the form the build packs into the program: YAML at 5 MB/s would cost the pre-commit hook its budget. A
/// pack is a list of values that are decoded one by one, so that only what a scan touches costs time. Layout: u32
/// count, then u32 end offsets, then the values (tag byte, LEB128 lengths, bytes). Little endian. Places (traces and
/// spans) are left out, unknowns cannot be packed.
class PackWriter {
  public:
    void add(const Value& value);
    std::string finish() const;

  private:
    std::string bytes_;
    std::string ends_;
    std::uint32_t count_ = 0;
};

/// Reads a pack made by this same build: its form is trusted.
class PackReader {
  public:
    explicit PackReader(std::string_view pack) : pack_(pack) {}
    std::size_t size() const;
    Value value(std::size_t index) const;

  private:
    std::string_view pack_;
};

}  // namespace plumbline
