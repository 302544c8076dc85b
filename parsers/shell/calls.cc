#include "parsers/shell/calls.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_set>
#include <utility>

#include "parsers/shell/shell_reader.h"
#include "scanner/model/encoding.h"
#include "scanner/model/text.h"

namespace plumbline::shell {
namespace {

// Scripts inside of scripts: `sh -c "sh -c '...'"`.
constexpr int max_nesting = 3;
// What a call shows of its own text.
constexpr std::size_t max_text = 2000;

// What stands for the pieces that are not known, so that the grammar sees a word: two private characters around a
// number.
constexpr std::string_view mark_begin = "\xEE\x80\x80", mark_end = "\xEE\x80\x81";

/// The script as the grammar gets it.
struct Masked {
    std::string text;
    std::vector<Piece> filled_in;

    explicit Masked(const std::vector<Piece>& pieces) {
        for (const Piece& piece : pieces) {
            if (piece.filled_in) {
                text += std::string(mark_begin) + std::to_string(filled_in.size()) + std::string(mark_end);
                filled_in.push_back(piece);
            } else {
                text += without_marks(piece.text);
            }
        }
    }

    static std::string without_marks(std::string text) {
        for (const std::string_view mark : {mark_begin, mark_end}) {
            for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
                text.replace(at, mark.size(), "?");
        }
        return text;
    }

    /// A part of the text with its pieces back in place.
    Value value(std::string_view part) const {
        std::string known;
        Unknown made;
        const auto flush = [&] {
            if (!known.empty()) made.parts.push_back(Value::string(std::exchange(known, {})));
        };
        std::string all;
        while (!part.empty()) {
            const std::size_t begin = part.find(mark_begin);
            known += part.substr(0, begin);
            if (begin == std::string_view::npos) break;
            const std::size_t end = part.find(mark_end, begin);
            const std::string_view digits = part.substr(begin + mark_begin.size(), end - begin - mark_begin.size());
            const Piece& piece =
                filled_in[std::min<std::size_t>(std::stoul("0" + std::string(digits)), filled_in.size() - 1)];
            part = end == std::string_view::npos ? std::string_view() : part.substr(end + mark_end.size());
            if (piece.unknown.is_null()) {
                known += piece.text;
                continue;
            }
            if (!made.cause) {
                made.cause = piece.unknown.as_unknown().cause;
                made.refinement.prefix = made.parts.empty() ? known : std::string();
            }
            flush();
            made.parts.push_back(piece.unknown);
        }
        if (!made.cause) return Value::string(std::move(known));
        flush();
        made.type = Type::string();
        made.refinement.not_null = true;
        return Value::unknown(std::move(made));
    }
};

// --- places ---

/// Where the lines of a script stand in the file that holds it.
class Places {
  public:
    Places(const Value& script, std::string_view text, const SourceSet& sources) : lines_(split(text, '\n')) {
        std::deque<const Trace*> open = {script.trace().get()};
        // A script that went through locals and modules has a handful of steps.
        for (int i = 0; i < 50 && !open.empty(); ++i) {
            const Trace* step = open.front();
            open.pop_front();
            if (!step) continue;
            if (step->span.valid() && place_in(step->span, sources)) return;
            for (const TraceRef& from : step->from) open.push_back(from.get());
        }
        spans_.clear();
        fallback_ = script.origin();
    }

    /// Of a command that begins on that line of the script with this word.
    Span of(std::size_t line, std::string_view word) const {
        if (spans_.empty()) return fallback_;
        const Span span = spans_[std::min(line, spans_.size() - 1)];
        const std::string_view slice = source_.substr(span.begin, span.end - span.begin);
        const std::size_t at = word.empty() ? std::string_view::npos : slice.find(word);
        if (at == std::string_view::npos) return span;
        return {span.source, span.begin + static_cast<std::uint32_t>(at), span.end};
    }

  private:
    /// Lines are matched in order by their text; one that is not found (it holds a filled-in value) is taken to stand
    /// behind the one before. False where hardly any is found: the script is written elsewhere.
    bool place_in(Span whole, const SourceSet& sources) {
        source_ = sources.get(whole.source).text();
        const std::string_view slice = source_.substr(whole.begin, whole.end - whole.begin);
        std::vector<Span> written;
        std::uint32_t at = whole.begin;
        for (const std::string_view line : split(slice, '\n')) {
            const auto size = static_cast<std::uint32_t>(line.size());
            written.push_back(trimmed({whole.source, at, at + size}));
            at += size + 1;
        }
        spans_.assign(lines_.size(), written.front());
        if (written.size() == 1) return true;  // one line holds it all
        std::size_t next = 0, found = 0, asked = 0;
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            const std::string_view line = trim(lines_[i]);
            if (!line.empty()) {
                ++asked;
                const std::size_t match = find(written, next, line.substr(0, 16));
                found += match < written.size() ? 1 : 0;
                if (match < written.size()) next = match;
            }
            spans_[i] = written[std::min(next, written.size() - 1)];
            next += i + 1 < lines_.size() ? 1 : 0;
        }
        return found * 2 >= asked;
    }

    std::size_t find(const std::vector<Span>& written, std::size_t from, std::string_view text) const {
        // What a template adds is short; further away it would be another line that looks alike.
        const std::size_t to = std::min(written.size(), from + 50);
        for (std::size_t i = from; i < to; ++i) {
            const std::string_view line = source_.substr(written[i].begin, written[i].end - written[i].begin);
            if (line.find(text) != std::string_view::npos) return i;
        }
        return written.size();
    }

    Span trimmed(Span span) const {
        while (span.begin < span.end && is_blank(source_[span.begin])) ++span.begin;
        while (span.end > span.begin && is_blank(source_[span.end - 1])) --span.end;
        return span;
    }
    static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

    std::vector<std::string_view> lines_;
    std::string_view source_;
    std::vector<Span> spans_;
    Span fallback_;
};

// --- what a command is ---

std::string base_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_shell(std::string_view name) {
    return one_of(name, {"sh", "bash", "dash", "zsh", "ksh", "ash"});
}

bool is_assignment(std::string_view word) {
    const std::size_t equals = word.find('=');
    return equals != std::string_view::npos && equals > 0 &&
           word.substr(0, equals).find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// Programs that only start another one, with those of their options that have a value of their own, and how many
/// arguments come before the program.
struct Wrapper {
    std::string_view name, valued;
    int arguments;
};
constexpr Wrapper wrappers[] = {
    {"sudo", "-u -g -h -p -C -r -t -U --user --group --host", 0},
    {"doas", "-u -C", 0},
    {"env", "-u -C -S --unset --chdir", 0},
    {"exec", "-a", 0},
    {"command", "", 0},
    {"builtin", "", 0},
    {"nohup", "", 0},
    {"time", "-f -o", 0},
    {"nice", "-n --adjustment", 0},
    {"ionice", "-c -n -p", 0},
    {"setsid", "", 0},
    {"stdbuf", "-i -o -e", 0},
    {"timeout", "-k -s --signal --kill-after", 1},
    {"retry", "", 0},
    {"xargs", "-a -d -E -I -L -n -P -s", 0},
};

/// A command's words without what only starts it.
struct Call {
    std::optional<Word> name;
    std::vector<Word> arguments;
    std::vector<std::string> wrappers;
    std::vector<Assignment> assignments;
};

/// Takes off one wrapper; false when there is none, or nothing behind it.
bool unwrap(Call& call) {
    if (!call.name) return false;
    const std::string name = base_name(call.name->text);
    const auto* wrapper =
        std::find_if(std::begin(wrappers), std::end(wrappers), [&](const Wrapper& one) { return one.name == name; });
    if (wrapper == std::end(wrappers)) return false;
    std::vector<Assignment> given;
    std::size_t at = 0;
    int left = wrapper->arguments;
    for (; at < call.arguments.size(); ++at) {
        const std::string& word = call.arguments[at].text;
        if (word == "--") {
            ++at;
            break;
        }
        if (word.size() > 1 && word[0] == '-') {
            for (const std::string_view option : split(wrapper->valued, ' ')) at += word == option ? 1 : 0;
        } else if ((name == "sudo" || name == "env") && is_assignment(word)) {
            const std::size_t equals = word.find('=');
            Word value = call.arguments[at];
            value.text = word.substr(equals + 1);
            given.push_back({word.substr(0, equals), std::move(value)});
        } else if (left > 0) {
            --left;
        } else {
            break;
        }
    }
    if (at >= call.arguments.size()) return false;
    call.wrappers.push_back(name);
    call.assignments.insert(call.assignments.end(), given.begin(), given.end());
    call.name = call.arguments[at];
    call.arguments.erase(call.arguments.begin(), call.arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    return true;
}

Call unwrapped(const Command& command) {
    Call call{command.name, command.arguments, {}, command.assignments};
    while (unwrap(call)) {
    }
    return call;
}

/// The word that a shell takes as a script: `sh -c WORD`, `eval WORD...`.
const Word* script_word(const Call& call, std::string_view name) {
    if (name == "eval" && !call.arguments.empty()) return &call.arguments[0];
    if (!is_shell(name) && name != "su") return nullptr;
    for (std::size_t i = 0; i + 1 < call.arguments.size(); ++i) {
        const std::string& word = call.arguments[i].text;
        const bool options = word.size() > 1 && word[0] == '-' && word[1] != '-';
        if (options && word.back() == 'c') return &call.arguments[i + 1];
    }
    return nullptr;
}

// --- values ---

class Maker {
  public:
    Maker(const Masked& masked, const Places& places) : masked_(masked), places_(places) {}

    /// False when the script is too large to tell.
    bool add(std::string_view text, std::size_t first_line, int nesting) {
        const Script script = read_script(text);
        if (script.too_large) return false;
        std::vector<Call> calls;
        calls.reserve(script.commands.size());
        for (const Command& command : script.commands) calls.push_back(unwrapped(command));
        std::size_t line = first_line, at = 0;
        for (std::size_t i = 0; i < calls.size(); ++i) {
            const Command& command = script.commands[i];
            if (command.begin < at) {
                line = first_line;
                at = 0;
            }
            if (nesting == 0) {
                line += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                                                            text.begin() + static_cast<std::ptrdiff_t>(command.begin),
                                                            '\n'));
                at = command.begin;
            }
            one(script, calls, i, text, line);
            if (nesting < max_nesting) inner(command, calls[i], line, nesting);
        }
        return true;
    }

    Value take() { return Value::tuple(std::move(made_)); }

  private:
    std::string name_of(const Call& call) const { return call.name ? base_name(call.name->text) : std::string(); }

    void one(const Script& script, const std::vector<Call>& calls, std::size_t id, std::string_view text,
             std::size_t line) {
        const Command& command = script.commands[id];
        const Call& call = calls[id];
        const std::string_view written = text.substr(command.begin, command.end - command.begin);
        const std::string_view first =
            call.name ? std::string_view(call.name->text) : written.substr(0, written.find('='));
        const Span span =
            places_.of(line, first.find(mark_begin) == std::string_view::npos ? first : std::string_view());
        const TraceRef trace = make_trace(Trace::Kind::literal, span);
        std::vector<Member> members;
        const auto set = [&](std::string member, Value value) {
            members.push_back({std::move(member), value.trace() ? std::move(value) : value.traced(trace), span});
        };
        if (call.name) set("name", masked_.value(base_name(call.name->text)));
        std::vector<Value> arguments, assignments, redirects, started_by;
        for (const Word& word : call.arguments) arguments.push_back(masked_.value(word.text).traced(trace));
        for (const Assignment& item : call.assignments)
            assignments.push_back(Value::object({{"name", Value::string(item.name).traced(trace), span},
                                                 {"value", masked_.value(item.value.text).traced(trace), span}})
                                      .traced(trace));
        std::string input;
        for (const Redirect& item : command.redirects) {
            if (item.op.starts_with("<<")) {
                input += item.target.text;
                continue;
            }
            std::vector<Member> redirect = {{"operator", Value::string(item.op).traced(trace), span},
                                            {"target", masked_.value(item.target.text).traced(trace), span}};
            if (item.descriptor)
                redirect.push_back({"descriptor", Value::number(Number(*item.descriptor)).traced(trace), span});
            redirects.push_back(Value::object(std::move(redirect)).traced(trace));
        }
        for (const std::string& wrapper : call.wrappers) started_by.push_back(Value::string(wrapper).traced(trace));
        set("arguments", Value::tuple(std::move(arguments)));
        set("assignments", Value::tuple(std::move(assignments)));
        set("redirects", Value::tuple(std::move(redirects)));
        set("started_by", Value::tuple(std::move(started_by)));
        if (!input.empty()) set("input", masked_.value(input));
        set("reads_from", names(calls, sources_of(script, call, id), trace));
        set("feeds", names(calls, command.behind, trace));
        set("text", masked_.value(cut(std::string(written), max_text)));
        made_.push_back(Value::object(std::move(members)).traced(trace));
    }

    /// The commands whose output this one reads, or runs: by pipes, `<(...)`, `<<<`, and what a shell is given to run.
    std::vector<std::size_t> sources_of(const Script& script, const Call& call, std::size_t id) const {
        const Command& command = script.commands[id];
        std::vector<std::size_t> found = command.before;
        const auto add = [&](const std::vector<std::size_t>& ids) {
            found.insert(found.end(), ids.begin(), ids.end());
        };
        for (const Word& word : call.arguments) add(word.named);
        for (const Redirect& item : command.redirects) {
            if (!item.op.starts_with("<")) continue;
            add(item.target.named);
            add(item.target.substituted);
        }
        if (!call.name) return found;
        const std::string name = base_name(call.name->text);
        if (const Word* code = script_word(call, name)) {
            add(code->substituted);
            if (name == "eval") {
                for (const Word& word : call.arguments) add(word.substituted);
            }
        }
        // `$(curl ...)` as a command of its own runs what it prints.
        add(call.name->substituted);
        return found;
    }

    Value names(const std::vector<Call>& calls, const std::vector<std::size_t>& ids, const TraceRef& trace) const {
        std::vector<Value> out;
        std::unordered_set<std::string> seen;
        for (const std::size_t id : ids) {
            std::string name = name_of(calls[id]);
            if (name.empty() || !seen.insert(name).second) continue;
            out.push_back(masked_.value(name).traced(trace));
        }
        return Value::tuple(std::move(out));
    }

    /// What a shell is given to run is part of the script.
    void inner(const Command& command, const Call& call, std::size_t line, int nesting) {
        if (!call.name) return;
        const std::string name = base_name(call.name->text);
        if (const Word* code = script_word(call, name)) {
            std::string text = code->text;
            for (std::size_t i = 1; name == "eval" && i < call.arguments.size(); ++i)
                text += " " + call.arguments[i].text;
            add(text, line, nesting + 1);
        } else if (is_shell(name)) {
            for (const Redirect& item : command.redirects) {
                if (item.op.starts_with("<<")) add(item.target.text, line, nesting + 1);
            }
        }
    }

    const Masked& masked_;
    const Places& places_;
    std::vector<Value> made_;
};

/// Whether the text, or the commands in it, are for a shell. Without a first line that says so, cloud-init and the
/// hosts take it for one only when it begins with `#!`; people leave that out in templates, so anything that is not
/// clearly something else counts.
bool is_shell_text(std::string_view text) {
    const std::string_view start = trim(text.substr(0, std::min<std::size_t>(text.size(), 4096)));
    if (start.empty()) return false;
    if (start.starts_with("#!")) {
        const std::string_view line = start.substr(0, start.find('\n'));
        for (std::string_view word : split(line.substr(2), ' ')) {
            const std::string name = base_name(trim(word));
            if (name.empty() || name == "env" || name.starts_with("-")) continue;
            return is_shell(name);
        }
        return false;
    }
    for (const std::string_view other :
         {"#include", "#upstart-job", "#part-handler", "#cloud-boothook", "<powershell>", "<script>",
          "Content-Type:", "MIME-Version:", "{", "[settings", "version:", "<?xml"}) {
        if (start.starts_with(other)) return false;
    }
    return true;
}

constexpr std::string_view cloud_config = "#cloud-config";

/// An item of `runcmd` as the shell gets it: a text in quotes without them; a list of words (`[curl, -o, f,
/// "http://x"]`) is one command.
std::string command_of(std::string_view item) {
    std::string out(item);
    const auto last = out.find_last_not_of(" \t\r");
    if (last == std::string::npos) return out;
    const char open = out.front(), close = out[last];
    if (last > 0 && (open == '"' || open == '\'') && close == open) {
        out[0] = out[last] = ' ';
        if (open == '"') {
            for (std::size_t at = out.find("\\\""); at != std::string::npos; at = out.find("\\\"", at))
                out.erase(at, 1);
        }
    } else if (open == '[' && close == ']') {
        out[0] = out[last] = ' ';
        char quote = '\0';
        for (char& c : out) {
            if (quote == '\0' && (c == '"' || c == '\''))
                quote = c;
            else if (c == quote)
                quote = '\0';
            else if (quote == '\0' && c == ',')
                c = ' ';
        }
    }
    return out;
}

/// What a cloud-config runs, as a script with the same lines: the items of `bootcmd` and `runcmd`, all else blank.
/// Reads what people write there: an item a line, or a block scalar below a dash (cloudinit.readthedocs.io, "Runcmd").
std::string cloud_commands(std::string_view text) {
    std::string out;
    bool listed = false;                    // inside of one of the two lists
    std::size_t block = std::string::npos;  // indentation of the dash whose block scalar is open
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
        const std::string_view written = line.substr(indent);
        const bool empty = trim(written).empty();
        if (block != std::string::npos && !empty && indent <= block) block = std::string::npos;
        if (block != std::string::npos) {
            out += line;
        } else if (indent == 0 && !empty && !written.starts_with('#') && !written.starts_with('-')) {
            const std::string_view key = trim(written);
            listed = key == "runcmd:" || key == "bootcmd:";
        } else if (listed && written.starts_with("- ")) {
            const std::string_view item = trim(written.substr(2));
            if (item.starts_with('|') || item.starts_with('>'))
                block = indent;
            else
                out += command_of(item);
        } else if (listed && !empty && !written.starts_with('#')) {
            out += line;  // an item's next line
        }
        if (end < text.size()) out += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

/// Pieces of an unknown text; nullopt where nothing is known of it.
std::optional<std::vector<Piece>> pieces_of(const Value& script) {
    std::vector<Piece> pieces;
    for (const Value& part : script.as_unknown().parts) {
        if (part.is_string())
            pieces.push_back({part.as_string(), false, {}});
        else if (part.is_unknown())
            pieces.push_back({{}, true, part});
    }
    if (pieces.empty()) return std::nullopt;
    return pieces;
}

/// The member at a path of names; blocks and lists are looked into at their first element.
const Member* member_at(const Value& body, std::string_view path) {
    const Value* at = &body;
    const Member* found = nullptr;
    for (const std::string_view name : split(path, '.')) {
        if (at->is_sequence() && !at->elements().empty()) at = &at->elements()[0];
        found = at->find(name);
        if (!found) return nullptr;
        at = &found->value;
    }
    return found;
}

Value calls_of(const Masked& masked, const std::string& text, const Value& script, const SourceSet& sources) {
    const Places places(script, masked.text, sources);
    Maker maker(masked, places);
    if (!maker.add(text, 0, 0))
        return Value::unknown({}, make_cause("the script is too large to be read", script.origin()));
    return maker.take().traced(script.trace());
}

/// The same for what starts a machine.
Value start_up_calls(const std::vector<Piece>& pieces, const Value& script, const SourceSet& sources) {
    const Masked masked(pieces);
    const bool is_cloud_config = trim(masked.text).starts_with(cloud_config);
    return calls_of(masked, is_cloud_config ? cloud_commands(masked.text) : masked.text, script, sources);
}

}  // namespace

Value calls_of(const std::vector<Piece>& pieces, const Value& script, const SourceSet& sources) {
    const Masked masked(pieces);
    return calls_of(masked, masked.text, script, sources);
}

Value calls_of(const Value& script, const SourceSet& sources) {
    const Value text = decoded(script);
    if (text.is_string())
        return is_shell_text(text.as_string()) ? start_up_calls({{text.as_string(), false, {}}}, text, sources)
                                               : Value();
    if (!text.is_unknown()) return {};
    const auto pieces = pieces_of(text);
    if (!pieces) return Value::unknown({}, text.as_unknown().cause).traced(text.trace());
    if (!pieces->front().filled_in && !is_shell_text(pieces->front().text)) return {};
    return start_up_calls(*pieces, text, sources);
}

Value with_calls(Value meta, const Value& body, std::span<const Attribute> attributes, const SourceSet& sources) {
    std::vector<Value> all;
    Value unknown;
    Span place;
    TraceRef trace;
    for (const Attribute& attribute : attributes) {
        const Member* member = member_at(body, attribute.name);
        if (!member || member->value.is_null()) continue;
        const Value calls = calls_of(member->value, sources);
        if (calls.is_null()) continue;
        place = place.valid() ? place : member->span;
        trace = trace ? trace : member->value.trace();
        if (calls.is_unknown()) unknown = calls;
        for (const Value& call : calls.elements()) {
            std::vector<Member> members(call.members().begin(), call.members().end());
            members.push_back(
                {"attribute", Value::string(std::string(attribute.name)).traced(call.trace()), member->span});
            all.push_back(Value::object(std::move(members)).traced(call.trace()));
        }
    }
    if (!place.valid()) return meta;
    std::vector<Member> members(meta.members().begin(), meta.members().end());
    members.push_back({"calls", unknown.is_unknown() ? unknown : Value::tuple(std::move(all)).traced(trace), place});
    return Value::object(std::move(members)).traced(meta.trace());
}

}  // namespace plumbline::shell
