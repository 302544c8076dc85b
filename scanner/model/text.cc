#include "scanner/model/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace plumbline {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours, the slips of typing (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(before, above);
        std::swap(above, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

std::string hex4(std::uint32_t code) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out = "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[(code >> shift) & 15];
    return out;
}

bool is_bidi_control(std::int32_t c) {
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
}

utf8proc_ssize_t next_code_point(std::string_view text, std::size_t at, utf8proc_int32_t& code) {
    return utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                            static_cast<utf8proc_ssize_t>(text.size() - at), &code);
}

}  // namespace

std::string_view did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    if (word.size() > 200) return best;
    for (std::string_view candidate : candidates) {
        if (candidate.size() > word.size() + best_distance || word.size() > candidate.size() + best_distance) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
    const std::string_view near = did_you_mean(word, candidates);
    return near.empty() ? std::string() : " Did you mean \"" + std::string(near) + "\"?";
}

std::string printable(std::string_view text, bool keep_lines) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x20 && byte < 0x7F) {
            out += text[i++];
            continue;
        }
        if (byte == '\n' && keep_lines) {
            out += text[i++];
            continue;
        }
        utf8proc_int32_t code = 0;
        const utf8proc_ssize_t size = next_code_point(text, i, code);
        if (size <= 0) {
            static constexpr char digits[] = "0123456789abcdef";
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 15];
            ++i;
            continue;
        }
        if (code < 0x20 || (code >= 0x7F && code < 0xA0) || is_bidi_control(code) || code == 0x2028 || code == 0x2029) {
            if (code == '\n')
                out += "\\n";
            else if (code == '\t')
                out += "\\t";
            else if (code == '\r')
                out += "\\r";
            else
                out += hex4(static_cast<std::uint32_t>(code));
        } else {
            out.append(text, i, static_cast<std::size_t>(size));
        }
        i += static_cast<std::size_t>(size);
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size();) {
        utf8proc_int32_t code = 0;
        const utf8proc_ssize_t size = next_code_point(text, i, code);
        if (size <= 0) {
            ++width;
            ++i;
            continue;
        }
        width += static_cast<std::size_t>(std::max(0, utf8proc_charwidth(code)));
        i += static_cast<std::size_t>(size);
    }
    return width;
}

std::string cut(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    std::string out;
    std::size_t used = 0;
    for (std::size_t i = 0; i < text.size();) {
        utf8proc_int32_t code = 0;
        utf8proc_ssize_t size = next_code_point(text, i, code);
        const std::size_t columns = size <= 0 ? 1 : static_cast<std::size_t>(std::max(0, utf8proc_charwidth(code)));
        if (size <= 0) size = 1;
        if (used + columns + 1 > width) break;
        out.append(text, i, static_cast<std::size_t>(size));
        used += columns;
        i += static_cast<std::size_t>(size);
    }
    return out + "…";
}

bool glob_match(std::string_view pattern, std::string_view text) {
    // Greedy with one point to return to for each kind of star: `**` may also give way to a later `*`.
    std::size_t p = 0, t = 0;
    std::size_t star_p = std::string_view::npos, star_t = 0, deep_p = std::string_view::npos, deep_t = 0;
    bool whole_folders = false;  // what the last `**` takes ends in a `/`
    while (true) {
        if (p < pattern.size() && pattern[p] == '*') {
            const bool deep = p + 1 < pattern.size() && pattern[p + 1] == '*';
            if (deep) {
                p += 2;
                // `**/x` also matches `x` itself, and `a/x`, but not `ax`.
                whole_folders = p < pattern.size() && pattern[p] == '/' && (t == 0 || text[t - 1] == '/');
                if (whole_folders) ++p;
                deep_p = p;
                deep_t = t;
                star_p = std::string_view::npos;
            } else {
                star_p = ++p;
                star_t = t;
            }
            continue;
        }
        if (t == text.size() && p == pattern.size()) return true;
        if (t < text.size() && p < pattern.size() && (pattern[p] == text[t] || (pattern[p] == '?' && text[t] != '/'))) {
            ++p;
            ++t;
            continue;
        }
        if (star_p != std::string_view::npos && star_t < text.size() && text[star_t] != '/') {
            p = star_p;
            t = ++star_t;
            continue;
        }
        if (deep_p != std::string_view::npos && deep_t < text.size()) {
            ++deep_t;
            while (whole_folders && deep_t < text.size() && text[deep_t - 1] != '/') ++deep_t;
            if (whole_folders && text[deep_t - 1] != '/') return false;
            p = deep_p;
            t = deep_t;
            star_p = std::string_view::npos;
            continue;
        }
        return false;
    }
}

std::string fingerprint_of(std::span<const std::string_view> parts) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    const auto feed = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3ULL; };
    for (std::string_view part : parts) {
        for (char c : part) feed(static_cast<unsigned char>(c));
        feed(0);  // so that ("ab", "c") and ("a", "bc") differ
    }
    static constexpr char digits[] = "0123456789abcdef";
    std::string out(16, '0');
    for (std::size_t i = 0; i < 16; ++i) out[i] = digits[(hash >> (60 - 4 * i)) & 15];
    return out;
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        if (static_cast<unsigned char>(text[i]) < 0x80) {
            ++i;
            continue;
        }
        utf8proc_int32_t code = 0;
        const utf8proc_ssize_t size = next_code_point(text, i, code);
        if (size <= 0) return false;
        i += static_cast<std::size_t>(size);
    }
    return true;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
    std::string out;
    for (const std::string& part : parts) {
        if (&part != &parts.front()) out += separator;
        out += part;
    }
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::string quoted(std::string_view text) {
    return '"' + printable(text) + '"';
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0 | code >> 6);
        byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        byte(0xE0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    } else {
        byte(0xF0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3F));
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    }
}

}  // namespace plumbline
