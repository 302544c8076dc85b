#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/value.h"
#include "scanner/options.h"

namespace plumbline {

// What the commands over the catalogue share in writing.

/// The --format of such a command, `text` where none was given; nullopt, after a message, where it is not one of
/// `allowed`.
std::optional<std::string_view> format_of(const Options& options, const std::vector<std::string_view>& allowed,
                                          std::ostream& err);

/// Values for JSON.
Value text(std::string_view value);
Value texts(const std::vector<std::string_view>& values);
/// A list with an item a line, so that it can be compared and read.
void write_list(const std::vector<Value>& items, std::ostream& out);

/// Printable, with commas between.
std::string joined(const std::vector<std::string_view>& items);

}  // namespace plumbline
