#include "parsers/terraform/hcl_lexer.h"

#include <utf8proc.h>

#include <array>
#include <cstdlib>

namespace plumbline::hcl {
namespace {

constexpr std::array<std::uint8_t, 256> make_table() {
    std::array<std::uint8_t, 256> table{};
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = 3;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = 3;
    table['_'] = 3;
    for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = 2;
    table['-'] = 2;
    return table;
}
constexpr auto identifier_table = make_table();  // bit 0: starts, bit 1: continues

bool is_start(utf8proc_int32_t code) {
    switch (utf8proc_category(code)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_NL:
            return true;
        default:
            return false;
    }
}
bool is_continue(utf8proc_int32_t code) {
    switch (utf8proc_category(code)) {
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_PC:
            return true;
        default:
            break;
    }
    // Other_ID_Continue
    return is_start(code) || code == 0xB7 || code == 0x387 || (code >= 0x1369 && code <= 0x1371) || code == 0x19DA;
}

}  // namespace

std::size_t identifier_length(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) {
            if (!(identifier_table[byte] & (at == 0 ? 1 : 2))) break;
            ++at;
            continue;
        }
        utf8proc_int32_t code = 0;
        const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                           static_cast<utf8proc_ssize_t>(text.size() - at), &code);
        if (size <= 0 || !(at == 0 ? is_start(code) : is_continue(code))) break;
        at += static_cast<std::size_t>(size);
    }
    return at;
}

std::size_t multibyte_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead >= 0xF0 && lead < 0xF8 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (length == 0 || lead >= 0xF8 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    return length;
}

void Lexer::bad_character() {
    const auto byte = static_cast<unsigned char>(peek());
    if (at_end()) return;
    if (byte >= 0x80) {
        utf8proc_int32_t code = 0;
        if (utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data() + at_),
                             static_cast<utf8proc_ssize_t>(text_.size() - at_), &code) <= 0) {
            fail("Invalid character encoding",
                 "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.",
                 here());
        }
        if (code == 0x201C || code == 0x201D)
            fail("Invalid character",
                 "\"Curly quotes\" are not valid here. These can sometimes be inadvertently introduced when "
                 "sharing code via documents or discussion forums. It might help to replace the character with a "
                 "\"straight quote\".",
                 here());
        fail("Invalid character", "This character is not used within the language.", here());
    }
    if (std::strchr("`'@;$\\^~|&", peek()) != nullptr || byte < 0x20 || byte == 0x7F) {
        if (byte == '\'')
            fail("Invalid character", "Single quotes are not valid. Use double quotes (\") to enclose strings.",
                 here());
        if (byte == '`')
            fail("Invalid character",
                 "The \"`\" character is not valid. To create a multi-line string, use the \"heredoc\" syntax, "
                 "like \"<<EOT\".",
                 here());
        if (byte == ';')
            fail("Invalid character",
                 "The \";\" character is not valid. Use newlines to separate arguments and blocks, and commas to "
                 "separate items in collection values.",
                 here());
        if (byte == '\n') return;
        fail("Invalid character", "This character is not used within the language.", here());
    }
}

std::string to_nfc(std::string_view text) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        return std::string(text);
    utf8proc_uint8_t* made = nullptr;
    const auto size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                     &made, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    if (size < 0) return std::string(text);
    std::string out(reinterpret_cast<char*>(made), static_cast<std::size_t>(size));
    std::free(made);
    return out;
}

bool is_identifier(std::string_view text) {
    return !text.empty() && identifier_length(text) == text.size();
}

}  // namespace plumbline::hcl
