#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// The candidate that a person most likely meant, by edit distance (at most a third of the word); empty when none is
/// near.
std::string_view did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// ` Did you mean "x"?` or nothing, to append to a message.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

/// Makes text from an input safe to print: control characters (terminal escapes among them), bidirectional overrides
/// and invalid UTF-8 become visible escapes `\u001b`. Line feeds are kept only when `keep_lines`.
std::string printable(std::string_view text, bool keep_lines = false);

/// Columns a terminal uses for valid UTF-8 (wide and combining characters counted).
std::size_t display_width(std::string_view text);

/// Cuts to at most `width` columns, with `…` where something is left out.
std::string cut(std::string_view text, std::size_t width);

/// `*` matches within a path part, `**` over parts, `?` one character, `{a,b}` no. Case-sensitive. Linear in both.
bool glob_match(std::string_view pattern, std::string_view text);

/// 64-bit FNV-1a as 16 hexadecimal digits: for fingerprints, where speed and stability count and no one attacks.
std::string fingerprint_of(std::span<const std::string_view> parts);

/// Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);
/// Appends the UTF-8 of a code point up to U+10FFFF.
void append_utf8(std::string& out, std::uint32_t code);

std::string join(std::span<const std::string> parts, std::string_view separator);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);   ///< ASCII only
std::string quoted(std::string_view text);  ///< in double quotes, printable

}  // namespace plumbline
