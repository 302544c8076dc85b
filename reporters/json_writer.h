#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plumbline {

/// Writes JSON as it goes, members in the order given, so that a report of any size costs no memory and equal reports
/// are equal bytes. Containers made with `lines` hold one member per line; everything inside the others stands on one
/// line: compact, and still good to read and to diff. Texts are made valid: broken UTF-8 becomes U+FFFD.
class JsonWriter {
  public:
    enum class Layout : std::uint8_t { line, lines };
    /// `for_html`: also escapes `<`, `>`, `&` and the two line separators, so that the text may stand inside a script
    /// element.
    explicit JsonWriter(std::ostream& out, bool for_html = false) : out_(out), for_html_(for_html) {}
    JsonWriter(const JsonWriter&) = delete;
    JsonWriter& operator=(const JsonWriter&) = delete;
    ~JsonWriter() { flush(); }

    /// A container as a member of an object (with `key`) or as an element or the whole document (without).
    template <class Body>
    void object(std::string_view key, Body body, Layout layout = Layout::line) {
        write_key(key);
        open('{', layout);
        body();
        close('}');
    }
    template <class Body>
    void object(Body body, Layout layout = Layout::line) {
        separate();
        open('{', layout);
        body();
        close('}');
    }
    template <class Body>
    void array(std::string_view key, Body body, Layout layout = Layout::line) {
        write_key(key);
        open('[', layout);
        body();
        close(']');
    }
    template <class Body>
    void array(Body body, Layout layout = Layout::line) {
        separate();
        open('[', layout);
        body();
        close(']');
    }

    void text(std::string_view key, std::string_view value);
    /// Leaves the member out when `value` is empty.
    void text_if(std::string_view key, std::string_view value);
    void number(std::string_view key, std::uint64_t value);
    void flag(std::string_view key, bool value);
    void null(std::string_view key);
    /// A number already written out, as `9.5`.
    void raw(std::string_view key, std::string_view value);
    void text(std::string_view value);
    void number(std::uint64_t value);
    /// An array of texts.
    template <class Texts>
    void texts(std::string_view key, const Texts& values) {
        array(key, [&] {
            for (const auto& value : values) text(std::string_view(value));
        });
    }
    template <class Texts>
    void texts_if(std::string_view key, const Texts& values) {
        if (!values.empty()) texts(key, values);
    }
    /// A line feed at the document's end, and everything to the stream.
    void finish();

  private:
    void write_key(std::string_view key);
    void write_text(std::string_view value);
    void separate();
    void open(char bracket, Layout layout);
    void close(char bracket);
    void flush();

    struct Level {
        Layout layout;
        bool empty = true;
    };
    std::ostream& out_;
    bool for_html_;
    std::string buffer_;
    std::vector<Level> levels_;
};

/// Length in bytes of the UTF-8 sequence at `at`; 0 when it is broken there.
std::size_t utf8_length(std::string_view text, std::size_t at);

}  // namespace plumbline
