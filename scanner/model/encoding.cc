#include "scanner/model/encoding.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

std::optional<std::string> decode_base64(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    std::size_t digits = 0;
    for (char c : text) {
        if (c == '\n' || c == '\r' || c == '=') continue;
        const int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                          : c >= 'a' && c <= 'z' ? c - 'a' + 26
                          : c >= '0' && c <= '9' ? c - '0' + 52
                          : c == '+'             ? 62
                          : c == '/'             ? 63
                                                 : -1;
        if (digit < 0) return std::nullopt;
        ++digits;
        bits = (bits << 6) | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>((bits >> count) & 0xFF);
        }
    }
    // Short words (`true`, `abcd`) are base64 too by their letters; nobody encodes so little.
    if (digits < 8) return std::nullopt;
    return out;
}

bool is_readable(std::string_view text) {
    return is_utf8(text) && std::all_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t';
           });
}

}  // namespace

Value decoded(const Value& value) {
    if (value.is_unknown() && !value.as_unknown().document.empty()) return value.as_unknown().document[0];
    if (!value.is_string()) return value;
    const auto text = decode_base64(value.as_string());
    return text && is_readable(*text) ? Value::string(*text).traced(value.trace()).with_marks(value.marks()) : value;
}

}  // namespace plumbline
