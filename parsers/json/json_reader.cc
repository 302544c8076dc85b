#include "parsers/json/json_reader.h"

#include <iterator>
#include <nlohmann/json.hpp>

#include "parsers/tree_builder.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

constexpr std::size_t max_depth = 1000;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view whole_file = "The file was not read.";
// nlohmann quotes the whole token at fault, which may be as long as the file.
constexpr std::size_t max_reason = 160;

int hex_at(std::string_view text, std::size_t at) {
    int code = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        const char c = i < text.size() ? text[i] : '\0';
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return -1;
        code = code * 16 + digit;
    }
    return code;
}

/// Half of a surrogate pair alone is no character: it reads as U+FFFD, as in Go's reader and in browsers. The text
/// keeps its length, so that places stay right; empty when nothing is to change.
std::string without_lone_surrogates(std::string_view text) {
    std::string out;
    for (std::size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
        if (at + 1 >= text.size() || text[at + 1] != 'u') {
            at += 2;
            continue;
        }
        const int code = hex_at(text, at + 2);
        const bool high = code >= 0xD800 && code < 0xDC00, low = code >= 0xDC00 && code < 0xE000;
        const bool paired = high && text.substr(at + 6).starts_with("\\u") && hex_at(text, at + 8) >= 0xDC00 &&
                            hex_at(text, at + 8) < 0xE000;
        if ((high && !paired) || low) {
            if (out.empty()) out = text;
            out.replace(at + 2, 4, "fffd");
        }
        at += paired ? 12 : 6;
    }
    return out;
}

/// Counts the bytes the lexer took; nlohmann's events carry no positions.
class CountingIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}
    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        ++at_;
        ++*count_;
        return *this;
    }
    CountingIterator operator++(int) {
        CountingIterator before = *this;
        ++*this;
        return before;
    }
    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
    bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

  private:
    const char* at_;
    std::size_t* count_;
};

class Handler : public nlohmann::json_sax<nlohmann::json> {
  public:
    /// `lost`: what a fault costs, as a sentence.
    Handler(const Source& source, std::size_t base, const std::size_t& count, std::string lost,
            Diagnostics& diagnostics)
        : text_(source.text()),
          id_(source.id()),
          base_(base),
          count_(count),
          lost_(std::move(lost)),
          diagnostics_(diagnostics),
          builder_(diagnostics),
          last_(base) {}

    bool null() override { return scalar(Value::null(), false); }
    bool boolean(bool value) override { return scalar(Value::boolean(value), false); }
    bool number_integer(number_integer_t value) override {
        return scalar(Value::number(Number(static_cast<std::int64_t>(value))), true);
    }
    bool number_unsigned(number_unsigned_t value) override {
        return scalar(Value::number(Number::from_unsigned(value)), true);
    }
    bool number_float(number_float_t, const string_t& text) override {
        const std::optional<Number> number = Number::parse(text);
        return scalar(number ? Value::number(*number) : Value::string(text), true);
    }
    bool string(string_t& value) override { return scalar(Value::string(std::move(value)), false); }
    bool binary(binary_t&) override { return false; }
    bool key(string_t& value) override { return scalar(Value::string(std::move(value)), false); }
    bool start_object(std::size_t) override { return open(false); }
    bool start_array(std::size_t) override { return open(true); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& fault) override {
        std::string reason = fault.what();
        // A literal that should not stand there is at fault from its start on; the lexer is behind it.
        const std::size_t unexpected = reason.find("unexpected ");
        const bool literal =
            unexpected != std::string::npos && reason.find(" literal", unexpected) < reason.find(';', unexpected);
        const std::size_t at = std::min(literal ? token_start() : base_ + (count_ > 0 ? count_ - 1 : 0), text_.size());
        const std::size_t colon = reason.find("syntax error");
        reason = colon == std::string::npos ? "syntax error" : cut(reason.substr(colon), max_reason);
        diagnostics_.error(
            "json-syntax", "This is not valid JSON: " + reason, lost_ + " Correct it here.",
            {id_, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(std::min(at + 1, text_.size()))});
        return false;
    }

    const Value& root() const { return builder_.root(); }
    /// Where the last token ended.
    std::size_t end() const { return last_; }

  private:
    /// The first byte of the token that ends at or before the lexer's position: what follows the last token but blanks
    /// and separators.
    std::size_t token_start() const {
        std::size_t at = last_;
        while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t' || text_[at] == '\r' || text_[at] == '\n' ||
                                     text_[at] == ',' || text_[at] == ':')) {
            ++at;
        }
        return at;
    }
    Span span(std::size_t begin, std::size_t end) const {
        return {id_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
    bool scalar(Value value, bool number) {
        const std::size_t begin = token_start();
        std::size_t end = base_ + count_;
        if (number) {  // the lexer has read one byte ahead, or stands at the end of the text
            end = begin;
            while (end < text_.size() && std::string_view("+-.0123456789eE").find(text_[end]) != std::string_view::npos)
                ++end;
        }
        last_ = end;
        builder_.add(value.traced(make_trace(Trace::Kind::literal, span(begin, end))), span(begin, end));
        return true;
    }
    bool open(bool sequence) {
        const std::size_t begin = token_start();
        last_ = begin + 1;
        if (builder_.depth() >= max_depth) {
            diagnostics_.error("json-depth", "This JSON is nested deeper than 1,000 levels", lost_,
                               span(begin, begin + 1));
            return false;
        }
        if (sequence)
            builder_.begin_sequence(static_cast<std::uint32_t>(begin));
        else
            builder_.begin_mapping(static_cast<std::uint32_t>(begin));
        return true;
    }
    bool close() {
        last_ = token_start() + 1;
        const Span whole = span(builder_.open_at(), last_);
        Value value = builder_.end(whole);
        builder_.add(std::move(value), whole);
        return true;
    }

    std::string_view text_;
    SourceId id_;
    std::size_t base_;
    const std::size_t& count_;
    std::string lost_;
    Diagnostics& diagnostics_;
    TreeBuilder builder_;
    std::size_t last_;
};

/// The value that begins at `at`, which becomes its end; `alone`: nothing may follow it. `lost`: see Handler.
std::optional<Value> read_value(const Source& source, std::string_view text, std::size_t& at, bool alone,
                                const std::string& lost, Diagnostics& diagnostics) {
    const auto refuse = [&](std::size_t place, const char* reason) {
        const auto begin = static_cast<std::uint32_t>(place);
        diagnostics.error("json-syntax", "This is not valid JSON: " + std::string(reason), lost + " Correct it here.",
                          {source.id(), begin, begin + 1});
        return std::nullopt;
    };
    // nlohmann passes over a byte order mark wherever it starts to read.
    if (text.substr(at).starts_with(byte_order_mark)) return refuse(at, "a byte order mark stands inside of the text");
    std::size_t count = 0;
    Handler handler(source, at, count, lost, diagnostics);
    const CountingIterator begin(text.data() + at, &count);
    const CountingIterator end(text.data() + text.size(), &count);
    // nlohmann throws only what its adapter for the allocator throws; parse errors go to the handler.
    if (!nlohmann::json::sax_parse(begin, end, &handler, nlohmann::json::input_format_t::json, alone))
        return std::nullopt;
    at = handler.end();
    // nlohmann takes a NUL for the end of the text, so that anything could hide behind one.
    const std::size_t more = alone ? text.find_first_not_of(" \t\r\n", at) : std::string_view::npos;
    if (more != std::string_view::npos) return refuse(more, "something stands behind the value");
    return handler.root();
}

}  // namespace

std::optional<Value> read_json(const Source& source, Diagnostics& diagnostics) {
    const std::string replaced = without_lone_surrogates(source.text());
    const std::string_view text = replaced.empty() ? source.text() : std::string_view(replaced);
    std::size_t at = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    return read_value(source, text, at, true, std::string(whole_file), diagnostics);
}

std::vector<Value> read_json_stream(const Source& source, Diagnostics& diagnostics) {
    const std::string replaced = without_lone_surrogates(source.text());
    const std::string_view text = replaced.empty() ? source.text() : std::string_view(replaced);
    std::vector<Value> values;
    std::size_t at = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    while ((at = text.find_first_not_of(" \t\r\n", at)) != std::string_view::npos) {
        const std::string lost(values.empty() ? whole_file
                                              : "What begins here was not read; what stands before it was.");
        std::optional<Value> value = read_value(source, text, at, false, lost, diagnostics);
        if (!value) break;
        values.push_back(std::move(*value));
    }
    return values;
}

}  // namespace plumbline
