#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// Comma-separated values as RFC 4180 has them, but with bare line feeds. Control characters are made visible, and a
/// cell that a spreadsheet would take for a formula (`=`, `+`, `-`, `@` in front) gets a `'`: names in scanned files
/// are not to be trusted.
class CsvWriter {
  public:
    explicit CsvWriter(std::ostream& out) : out_(out) {}
    void row(const std::vector<std::string>& cells);

  private:
    std::ostream& out_;
};

/// For fixed words and numbers in rows.
std::string cell(std::string_view text);
std::string cell(std::uint64_t number);

}  // namespace plumbline
