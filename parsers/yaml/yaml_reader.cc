#include "parsers/yaml/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>

#include "parsers/tree_builder.h"

namespace plumbline {
namespace {

// yaml-cpp recurses on nesting and gives up at 500 levels itself; manifests in the wild stay below 30.
constexpr std::size_t max_depth = 400;
// A file's aliases stand for this many nodes at most, together: what walks the values later visits each of them. The
// largest generated manifests have some 100,000; the "billion laughs" has 10^9 from ten lines.
constexpr std::uint64_t max_expanded_nodes = 1'000'000;
constexpr std::uint64_t bytes_per_node = 64;

class ViewBuffer : public std::streambuf {
  public:
    explicit ViewBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());  // streambuf's interface; never written to
        setg(begin, begin, begin + text.size());
    }
};

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string without_underscores(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c != '_') out += c;
    }
    return out;
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> candidates) {
    return std::find(candidates.begin(), candidates.end(), text) != candidates.end();
}

/// The value of a plain scalar by the core schema (YAML 1.2, 10.3.2) or YAML 1.1's type repository.
Value plain_scalar(std::string_view text, bool yaml_1_1, bool letters) {
    if (text.empty() || one_of(text, {"~", "null", "Null", "NULL"})) return Value::null();
    const char first = text[0];
    if (one_of(text, {"true", "True", "TRUE"})) return Value::boolean(true);
    if (one_of(text, {"false", "False", "FALSE"})) return Value::boolean(false);
    if (yaml_1_1) {
        if (one_of(text, {"yes", "Yes", "YES", "on", "On", "ON"})) return Value::boolean(true);
        if (one_of(text, {"no", "No", "NO", "off", "Off", "OFF"})) return Value::boolean(false);
    }
    if (letters && one_of(text, {"y", "Y"})) return Value::boolean(true);
    if (letters && one_of(text, {"n", "N"})) return Value::boolean(false);
    const bool numeric_start = (first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.';
    if (!numeric_start || text.size() > 400) return Value::string(std::string(text));
    const std::string digits = yaml_1_1 ? without_underscores(text) : std::string(text);
    std::string_view body = digits;
    const bool negative = body[0] == '-';
    if (body[0] == '-' || body[0] == '+') body.remove_prefix(1);
    const auto signed_number = [&](std::optional<Number> number) {
        return number ? Value::number(negative ? -*number : *number) : Value::string(std::string(text));
    };
    if (body == ".inf" || body == ".Inf" || body == ".INF") return Value::number(Number::infinity(negative));
    if (body.size() > 2 && body[0] == '0') {
        if (body[1] == 'x') return signed_number(Number::parse_integer(body.substr(2), 16));
        if (body[1] == 'o') return signed_number(Number::parse_integer(body.substr(2), 8));
        if (yaml_1_1 && body[1] == 'b') return signed_number(Number::parse_integer(body.substr(2), 2));
    }
    const bool all_digits = !body.empty() && body.find_first_not_of("0123456789") == std::string_view::npos;
    if (yaml_1_1 && all_digits && body.size() > 1 && body[0] == '0') {
        if (body.find_first_of("89") == std::string_view::npos) return signed_number(Number::parse_integer(body, 8));
        return Value::string(std::string(text));
    }
    if (body.empty() || body.find_first_not_of("0123456789.eE+-") != std::string_view::npos || body[0] == '+' ||
        body[0] == '-' || body.find_first_of("0123456789") == std::string_view::npos) {
        return Value::string(std::string(text));
    }
    // `.5` and `5.` are numbers in YAML, not in HCL's number syntax.
    std::string normal(body);
    if (normal[0] == '.') normal.insert(0, "0");
    const std::size_t point = normal.find('.');
    if (point != std::string::npos &&
        (point + 1 == normal.size() || normal[point + 1] < '0' || normal[point + 1] > '9')) {
        normal.insert(point + 1, "0");
    }
    return signed_number(Number::parse(normal));
}

class Handler : public YAML::EventHandler {
  public:
    Handler(const Source& source, std::uint32_t base, const YamlOptions& options, Diagnostics& diagnostics,
            YamlFile& file)
        : text_(source.text()),
          id_(source.id()),
          base_(base),
          options_(options),
          diagnostics_(diagnostics),
          builder_(diagnostics),
          file_(file) {
        builder_.merge_keys = true;
    }

    /// Offset of a mark in the source.
    std::uint32_t offset(const YAML::Mark& mark) const {
        return static_cast<std::uint32_t>(
            std::min<std::size_t>(base_ + static_cast<std::size_t>(std::max(mark.pos, 0)), text_.size()));
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        // yaml-cpp takes a character that starts no node (`,` or `]`) for an empty document and stays there for ever.
        if (last_document_ && *last_document_ == mark.pos) {
            if (!file_.documents.empty() && file_.documents.back().span.begin == offset(mark))
                file_.documents.pop_back();
            throw YAML::ParserException(mark, "nothing can start with this character");
        }
        last_document_ = mark.pos;
        builder_.reset();
        anchors_.clear();
        styles_.clear();
        start_ = offset(mark);
        last_end_ = start_;
        has_root_ = false;
    }
    void OnDocumentEnd() override {
        if (!has_root_) return;
        file_.documents.push_back({builder_.root(), {id_, start_, std::max(start_, last_end_)}});
    }
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const std::uint32_t at = offset(mark);
        finish(Value::null().traced(make_trace(Trace::Kind::literal, span(at, at))), span(at, at), anchor, {});
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const std::uint32_t at = offset(mark);
        std::uint32_t end = at;
        while (end < text_.size() && !is_blank(text_[end]) && !one_of(text_.substr(end, 1), {",", "]", "}"})) ++end;
        const auto found = anchors_.find(anchor);
        Value value = Value::null().traced(make_trace(Trace::Kind::literal, span(at, end)));
        std::uint64_t weight = 1;
        std::uint32_t height = 1;
        if (found != anchors_.end() && may_expand(found->second, span(at, end))) {
            weight = found->second.weight;
            height = found->second.height;
            value = found->second.value.traced(
                make_trace(Trace::Kind::anchor, span(at, end), "alias", {found->second.value.trace()}));
        }
        if (found == anchors_.end()) {
            // An anchor that does not exist at all was refused by yaml-cpp.
            diagnostics_.error("yaml-alias", "The alias refers to the node it stands in",
                               "Such a document has no end. Write the value out.", span(at, end));
            file_.complete = false;
        }
        last_end_ = std::max(last_end_, end);
        has_root_ = true;
        builder_.add(std::move(value), span(at, end), weight, height);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        const std::uint32_t at = skip_properties(offset(mark));
        const std::uint32_t end = scalar_end(at, value);
        scalars_.push_back(span(at, end));
        const char first = at < text_.size() ? text_[at] : '\0';
        const bool quoted = end > at && (first == '"' || first == '\'' || first == '|' || first == '>');
        Value parsed;
        // Terraform's reader takes a quoted text for what it is, also behind `!!null`.
        const bool text_anyway = options_.plain && quoted && tag == "tag:yaml.org,2002:null";
        if (text_anyway || tag == "!" || tag == "tag:yaml.org,2002:str" ||
            (tag != "?" && !tag.empty() && !is_core(tag)) || (quoted && !is_core(tag))) {
            parsed = Value::string(value);
        } else {
            parsed = options_.plain ? options_.plain(value)
                                    : plain_scalar(value, options_.yaml_1_1, options_.letter_booleans);
            // Keys are names in all other formats.
            if (!options_.plain && builder_.expects_key()) parsed = Value::string(value);
        }
        parsed = parsed.traced(make_trace(Trace::Kind::literal, span(at, end)));
        // Long texts weigh more, for who copies what an alias gives.
        finish(std::move(parsed), span(at, end), anchor, tag, 1 + value.size() / bytes_per_node);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        begin(mark, tag, anchor, style);
        builder_.begin_sequence(opened_);
    }
    void OnSequenceEnd() override { end(']'); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        begin(mark, tag, anchor, style);
        builder_.begin_mapping(opened_);
    }
    void OnMapEnd() override { end('}'); }

    const std::vector<Span>& scalars() const { return scalars_; }

  private:
    struct Anchor {
        Value value;
        std::uint64_t weight;
        std::uint32_t height;
    };
    struct Pending {
        std::string tag;
        YAML::anchor_t anchor;
        bool flow;
    };

    Span span(std::uint32_t begin, std::uint32_t end) const { return {id_, begin, end}; }
    static bool is_known_tag(std::string_view tag) {
        if (!tag.starts_with("tag:yaml.org,2002:")) return false;
        return one_of(tag.substr(18), {"str", "int", "float", "bool", "null", "map", "seq", "binary", "timestamp",
                                       "merge", "omap", "pairs"});
    }
    static bool is_core(std::string_view tag) {
        return tag.starts_with("tag:yaml.org,2002:") && tag != "tag:yaml.org,2002:str";
    }

    /// Whether the alias at `place` stays within the limits; reports the first that does not.
    bool may_expand(const Anchor& anchor, Span place) {
        const bool deep = builder_.depth() + anchor.height > max_depth;
        if (!deep) file_.expanded += anchor.weight;
        if (!deep && file_.expanded <= max_expanded_nodes) return true;
        if (!bomb_reported_) {
            diagnostics_.error(
                "yaml-alias-bomb",
                deep ? "Aliases nest deeper than 400 levels" : "Aliases expand to more than 1,000,000 nodes",
                "Aliases beyond this limit are left out. Write the document without nested aliases.", place);
        }
        bomb_reported_ = true;
        file_.complete = false;
        return false;
    }

    void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
        if (builder_.depth() >= max_depth) {
            throw YAML::ParserException(mark, "nested deeper than 400 levels");
        }
        opened_ = skip_properties(offset(mark));
        last_end_ = std::max(last_end_, opened_);
        styles_.push_back({tag, anchor, style == YAML::EmitterStyle::Flow});
    }
    void end(char close) {
        const Pending pending = styles_.back();
        styles_.pop_back();
        const std::uint32_t at = builder_.open_at();
        std::uint32_t finish_at = std::max(last_end_, at);
        if (pending.flow) {
            // Only blanks, commas and comments stand between the last element and the bracket.
            if (finish_at == at && finish_at < text_.size()) ++finish_at;
            bool comment = false;
            while (finish_at < text_.size() && (comment || text_[finish_at] != close)) {
                if (text_[finish_at] == '#') comment = true;
                if (text_[finish_at] == '\n') comment = false;
                ++finish_at;
            }
            if (finish_at < text_.size()) ++finish_at;
        }
        const Span whole = span(at, finish_at);
        Value value = builder_.end(whole);
        finish(std::move(value), whole, pending.anchor, pending.tag, builder_.last_weight(), builder_.last_height());
    }
    void finish(Value value, Span place, YAML::anchor_t anchor, const std::string& tag, std::uint64_t weight = 1,
                std::uint32_t height = 1) {
        last_end_ = std::max(last_end_, place.end);
        has_root_ = true;
        if (options_.tag && !tag.empty() && tag != "?" && tag != "!" && !is_known_tag(tag)) {
            value = options_.tag(tag, std::move(value), place);
        }
        if (anchor != 0) anchors_[anchor] = {value, weight, height};
        builder_.add(std::move(value), place, weight, height);
    }
    /// yaml-cpp marks a node at its tag or anchor; the scalar or bracket stands behind them.
    std::uint32_t skip_properties(std::uint32_t at) const {
        while (at < text_.size() && (text_[at] == '!' || text_[at] == '&')) {
            while (at < text_.size() && !is_blank(text_[at])) ++at;
            while (at < text_.size() && is_blank(text_[at])) ++at;
        }
        return at;
    }
    /// yaml-cpp does not say where a scalar ends.
    std::uint32_t scalar_end(std::uint32_t at, const std::string& value) const {
        std::size_t p = at;
        const char first = p < text_.size() ? text_[p] : '\0';
        if (first == '"') {
            for (++p; p < text_.size() && text_[p] != '"'; ++p) {
                if (text_[p] == '\\') ++p;
            }
            return static_cast<std::uint32_t>(std::min(p + 1, text_.size()));
        }
        if (first == '\'') {
            for (++p; p < text_.size(); ++p) {
                if (text_[p] != '\'') continue;
                if (p + 1 < text_.size() && text_[p + 1] == '\'') {
                    ++p;
                    continue;
                }
                break;
            }
            return static_cast<std::uint32_t>(std::min(p + 1, text_.size()));
        }
        if (first == '|' || first == '>') return block_scalar_end(p);
        for (char c : value) {
            if (p < text_.size() && text_[p] == c && c != ' ' && c != '\n') {
                ++p;
            } else if (c == ' ' || c == '\n') {  // a space, or folded line ends
                while (p < text_.size() && is_blank(text_[p])) ++p;
            } else {
                break;
            }
        }
        return static_cast<std::uint32_t>(p);
    }
    std::uint32_t block_scalar_end(std::size_t header) const {
        std::size_t explicit_indent = 0;
        std::size_t p = header + 1;
        for (; p < text_.size() && text_[p] != '\n'; ++p) {
            if (text_[p] >= '1' && text_[p] <= '9' && explicit_indent == 0) explicit_indent = 1;
            if (text_[p] == '#') {
                p = text_.find('\n', p);
                if (p == std::string_view::npos) p = text_.size();
                break;
            }
        }
        std::size_t end = p;
        std::size_t indent = std::string_view::npos;
        while (p < text_.size()) {
            const std::size_t line = p + 1;
            std::size_t next = text_.find('\n', line);
            if (next == std::string_view::npos) next = text_.size();
            std::size_t content = line;
            while (content < next && text_[content] == ' ') ++content;
            const bool blank = content >= next || (text_[content] == '\r' && content + 1 == next);
            if (!blank) {
                if (indent == std::string_view::npos) {
                    // An explicit indicator allows leading spaces; the parent's column is then the only bound.
                    indent = explicit_indent ? 1 : content - line;
                    if (content == line) break;
                }
                if (content - line < indent) break;
                end = next;
            }
            if (next >= text_.size()) break;
            p = next;
        }
        return static_cast<std::uint32_t>(std::min(end, text_.size()));
    }

    std::string_view text_;
    SourceId id_;
    std::uint32_t base_;
    const YamlOptions& options_;
    Diagnostics& diagnostics_;
    TreeBuilder builder_;
    YamlFile& file_;
    std::unordered_map<YAML::anchor_t, Anchor> anchors_;
    std::vector<Pending> styles_;
    std::vector<Span> scalars_;
    std::uint32_t start_ = 0, last_end_ = 0, opened_ = 0;
    std::optional<int> last_document_;
    bool has_root_ = false, bomb_reported_ = false;
};

/// Comments are what starts with `#` after a blank and lies in no scalar.
void find_comments(const Source& source, std::vector<Span> scalars, YamlFile& file) {
    const std::string_view text = source.text();
    std::sort(scalars.begin(), scalars.end());
    std::size_t next_scalar = 0;
    std::size_t p = text.find('#');
    while (p != std::string_view::npos) {
        while (next_scalar < scalars.size() && scalars[next_scalar].end <= p) ++next_scalar;
        if (next_scalar < scalars.size() && scalars[next_scalar].begin <= p) {
            p = text.find('#', scalars[next_scalar].end);
            continue;
        }
        if (p == 0 || is_blank(text[p - 1])) {
            std::size_t end = text.find('\n', p);
            if (end == std::string_view::npos) end = text.size();
            const std::size_t next = end;
            if (end > p && text[end - 1] == '\r') --end;
            file.comments.push_back({source.id(), static_cast<std::uint32_t>(p), static_cast<std::uint32_t>(end)});
            p = text.find('#', next);
        } else {
            p = text.find('#', p + 1);
        }
    }
}

/// Start of the next document after a fault: a line that begins with `---`.
std::size_t next_document(std::string_view text, std::size_t from) {
    while (true) {
        const std::size_t at = text.find("\n---", from);
        if (at == std::string_view::npos) return at;
        const std::size_t after = at + 4;
        if (after >= text.size() || is_blank(text[after])) return at + 1;
        from = at + 1;
    }
}

}  // namespace

YamlFile read_yaml(const Source& source, const YamlOptions& options, Diagnostics& diagnostics) {
    YamlFile file;
    const std::string_view text = source.text();
    std::vector<Span> scalars;
    std::size_t base = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    while (base < text.size()) {
        ViewBuffer buffer(text.substr(base));
        std::istream stream(&buffer);
        Handler handler(source, static_cast<std::uint32_t>(base), options, diagnostics, file);
        std::size_t resume = std::string_view::npos;
        try {
            YAML::Parser parser(stream);
            while (parser.HandleNextDocument(handler)) {
            }
        } catch (const YAML::Exception& fault) {
            file.complete = false;
            const std::uint32_t at = handler.offset(fault.mark);
            diagnostics.error(
                "yaml-syntax", "This is not valid YAML: " + fault.msg,
                "The document that holds this line was not read; the other documents of the file were.",
                {source.id(), at, std::min<std::uint32_t>(at + 1, static_cast<std::uint32_t>(text.size()))});
            resume = next_document(text, std::max<std::size_t>(at, base + 1) - 1);
        }
        scalars.insert(scalars.end(), handler.scalars().begin(), handler.scalars().end());
        if (resume == std::string_view::npos || resume <= base) break;
        base = resume;
    }
    find_comments(source, std::move(scalars), file);
    return file;
}

}  // namespace plumbline
