#include "reporters/json_writer.h"

#include <algorithm>

namespace plumbline {
namespace {

// Bytes collected before they go to the stream.
constexpr std::size_t buffer_size = 1 << 16;
constexpr char digits[] = "0123456789abcdef";

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const unsigned char first = byte(at);
    if (first < 0x80) return at < text.size() ? 1 : 0;
    if (first >= 0xC2 && first <= 0xDF) return follows(at + 1) ? 2 : 0;
    const unsigned char second = byte(at + 1);
    if (first >= 0xE0 && first <= 0xEF) {
        // Neither overlong forms nor surrogates.
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
        return follows(at + 1) && follows(at + 2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
        return follows(at + 1) && follows(at + 2) && follows(at + 3) ? 4 : 0;
    }
    return 0;
}

void JsonWriter::flush() {
    out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.clear();
}

void JsonWriter::finish() {
    buffer_ += '\n';
    flush();
}

void JsonWriter::separate() {
    if (buffer_.size() > buffer_size) flush();
    if (levels_.empty()) return;
    Level& level = levels_.back();
    if (!level.empty) buffer_ += ',';
    if (level.layout == Layout::lines) {
        buffer_ += '\n';
        buffer_.append(2 * levels_.size(), ' ');
    } else if (!level.empty) {
        buffer_ += ' ';
    }
    level.empty = false;
}

void JsonWriter::open(char bracket, Layout layout) {
    if (!levels_.empty() && levels_.back().layout == Layout::line) layout = Layout::line;
    buffer_ += bracket;
    levels_.push_back({layout});
}

void JsonWriter::close(char bracket) {
    const Level level = levels_.back();
    levels_.pop_back();
    if (level.layout == Layout::lines && !level.empty) {
        buffer_ += '\n';
        buffer_.append(2 * levels_.size(), ' ');
    }
    buffer_ += bracket;
}

void JsonWriter::write_key(std::string_view key) {
    separate();
    write_text(key);
    buffer_ += ": ";
}

void JsonWriter::write_text(std::string_view value) {
    const auto escape = [&](unsigned code) {
        buffer_ += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) buffer_ += digits[(code >> shift) & 15];
    };
    const auto is_plain = [&](char c) {
        return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && !(for_html_ && (c == '<' || c == '>' || c == '&'));
    };
    buffer_ += '"';
    for (std::size_t i = 0; i < value.size();) {
        const auto end = std::find_if_not(value.begin() + static_cast<std::ptrdiff_t>(i), value.end(), is_plain);
        const auto plain = static_cast<std::size_t>(end - value.begin()) - i;
        buffer_.append(value, i, plain);
        i += plain;
        if (i == value.size()) break;
        const auto byte = static_cast<unsigned char>(value[i]);
        if (byte == '"' || byte == '\\') {
            buffer_ += '\\';
            buffer_ += value[i++];
        } else if (byte == '\n') {
            buffer_ += "\\n";
            ++i;
        } else if (byte == '\t') {
            buffer_ += "\\t";
            ++i;
        } else if (byte <= 0x7F) {
            escape(byte);
            ++i;
        } else if (const std::size_t length = utf8_length(value, i); length == 0) {
            buffer_ += "\xEF\xBF\xBD";
            ++i;
        } else if (for_html_ && (value.substr(i, length) == "\u2028" || value.substr(i, length) == "\u2029")) {
            escape(value.substr(i, length) == "\u2028" ? 0x2028 : 0x2029);
            i += length;
        } else {
            buffer_.append(value, i, length);
            i += length;
        }
    }
    buffer_ += '"';
}

void JsonWriter::text(std::string_view key, std::string_view value) {
    write_key(key);
    write_text(value);
}

void JsonWriter::text_if(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
}

void JsonWriter::number(std::string_view key, std::uint64_t value) {
    write_key(key);
    buffer_ += std::to_string(value);
}

void JsonWriter::flag(std::string_view key, bool value) {
    write_key(key);
    buffer_ += value ? "true" : "false";
}

void JsonWriter::null(std::string_view key) {
    write_key(key);
    buffer_ += "null";
}

void JsonWriter::raw(std::string_view key, std::string_view value) {
    write_key(key);
    buffer_ += value;
}

void JsonWriter::text(std::string_view value) {
    separate();
    write_text(value);
}

void JsonWriter::number(std::uint64_t value) {
    separate();
    buffer_ += std::to_string(value);
}

}  // namespace plumbline
