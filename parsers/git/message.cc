#include "parsers/git/message.h"

#include <algorithm>
#include <array>

#include "scanner/model/text.h"

namespace plumbline::git {
namespace {

// A message longer than this is data; what hosts write stands at its start and its end.
constexpr std::size_t longest_message = std::size_t{256} << 10;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

/// The digits at the start of a text; empty for none or for more than a number of a pull request has.
std::string_view leading_digits(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length])) ++length;
    return length > 0 && length <= 12 ? text.substr(0, length) : std::string_view();
}

/// The digits after `before`, which must occur; the text after them goes to `rest`.
std::string_view digits_after(std::string_view text, std::string_view before, std::string_view* rest = nullptr) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos) return {};
    const std::string_view digits = leading_digits(text.substr(at + before.size()));
    if (rest && !digits.empty()) *rest = text.substr(at + before.size() + digits.size());
    return digits;
}

/// The text between the first pair of these characters.
std::string_view between(std::string_view text, char open, char close) {
    const std::size_t begin = text.find(open);
    const std::size_t end = begin == std::string_view::npos ? begin : text.find(close, begin + 1);
    return end == std::string_view::npos ? std::string_view() : text.substr(begin + 1, end - begin - 1);
}

/// The key of a trailer line; empty when the line is none.
std::string_view trailer_key(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return {};
    const std::string_view key = line.substr(0, colon);
    // Phabricator writes `Reviewed By` and `Differential Revision`.
    if (key == "Reviewed By" || key == "Differential Revision") return key;
    const bool plain =
        is_word(key.front()) && std::all_of(key.begin(), key.end(), [](char c) { return is_word(c) || c == '-'; });
    // `https://...` is no trailer.
    return plain && !line.substr(colon).starts_with("://") ? key : std::string_view();
}

std::vector<std::vector<std::string_view>> paragraphs(std::string_view text) {
    std::vector<std::vector<std::string_view>> result(1);
    for (std::string_view line : split(text, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (trim(line).empty()) {
            if (!result.back().empty()) result.emplace_back();
        } else {
            result.back().push_back(line);
        }
    }
    if (result.back().empty()) result.pop_back();
    return result;
}

struct Share {
    std::size_t trailers = 0, others = 0;
};
Share share_of(const std::vector<std::string_view>& paragraph) {
    Share share;
    for (const std::string_view line : paragraph) {
        if ((line.front() == ' ' || line.front() == '\t') && share.trailers > 0) continue;  // folded
        if (trailer_key(line).empty())
            ++share.others;
        else
            ++share.trailers;
    }
    return share;
}

/// A line of dashes, which GitHub puts before the trailers of a squash.
bool is_rule(const std::vector<std::string_view>& paragraph) {
    return paragraph.size() == 1 && paragraph[0].size() >= 3 &&
           paragraph[0].find_first_not_of('-') == std::string_view::npos;
}

void read_trailers(const std::vector<std::string_view>& paragraph, std::vector<Trailer>& out) {
    bool open = false;
    for (const std::string_view line : paragraph) {
        if (open && (line.front() == ' ' || line.front() == '\t')) {
            (out.back().value += ' ') += trim(line);
            continue;
        }
        const std::string_view key = trailer_key(line);
        open = !key.empty();
        if (open) out.push_back({std::string(key), std::string(trim(line.substr(key.size() + 1)))});
    }
}

std::string_view trailer(const std::vector<Trailer>& trailers, std::string_view key) {
    const auto found = std::find_if(trailers.begin(), trailers.end(),
                                    [&](const Trailer& item) { return lower(item.key) == lower(key); });
    return found == trailers.end() ? std::string_view() : std::string_view(found->value);
}

void set(MessageFacts& facts, std::string_view host, std::string_view pull_request, std::string_view sign) {
    facts.host = host;
    facts.pull_request = pull_request;
    facts.sign = sign;
}

std::string subject_sign(std::string_view subject) {
    return "the subject " + quoted(cut(subject, 80));
}

/// Hosts that write the whole subject.
bool read_subject(std::string_view subject, MessageFacts& facts) {
    std::string_view rest;
    if (subject.starts_with("Merge pull request #")) {
        const std::string_view number = digits_after(subject, "#", &rest);
        if (number.empty()) return false;
        // GitHub: `from owner/branch`. Bitbucket Server: `in PROJECT/repository from branch to main`.
        const bool bitbucket = rest.starts_with(" in ");
        set(facts, bitbucket ? "bitbucket" : "github", number, subject_sign(subject));
        if (const std::size_t from = rest.find(" from "); from != std::string_view::npos) {
            std::string_view branch = rest.substr(from + 6);
            if (bitbucket)
                branch = branch.substr(0, branch.find(" to "));
            else if (const std::size_t slash = branch.find('/'); slash != std::string_view::npos)
                branch.remove_prefix(slash + 1);
            facts.source_branch = branch;
        }
        return true;
    }
    if (subject.starts_with("Merge pull request '")) {  // Gitea, Forgejo
        const std::string_view number = digits_after(subject, "' (#", &rest);
        if (number.empty()) return false;
        set(facts, "gitea", number, subject_sign(subject));
        if (const std::size_t from = rest.find(" from "); from != std::string_view::npos) {
            facts.source_branch = rest.substr(from + 6);
            if (const std::size_t into = facts.source_branch.rfind(" into "); into != std::string::npos)
                facts.source_branch.resize(into);
        }
        return true;
    }
    for (const std::string_view start : {"Merge #", "Auto merge of #"}) {  // bors
        const std::string_view number =
            subject.starts_with(start) ? leading_digits(subject.substr(start.size())) : std::string_view();
        if (number.empty()) continue;
        set(facts, "github", number, subject_sign(subject));
        return true;
    }
    if (subject.starts_with("Merged PR ")) {
        const std::string_view number = digits_after(subject, "Merged PR ", &rest);
        if (number.empty() || !rest.starts_with(':')) return false;
        set(facts, "azure-devops", number, subject_sign(subject));
        return true;
    }
    if (subject.starts_with("Merged in ")) {
        const std::string_view number = digits_after(subject, " (pull request #");
        if (number.empty()) return false;
        set(facts, "bitbucket", number, subject_sign(subject));
        facts.source_branch = subject.substr(10, subject.find(" (pull request #") - 10);
        return true;
    }
    if (subject.starts_with("Pull request #")) {
        const std::string_view number = digits_after(subject, "#", &rest);
        if (number.empty() || !rest.starts_with(':')) return false;
        set(facts, "bitbucket", number, subject_sign(subject));
        return true;
    }
    return false;
}

/// `See merge request group/project!12` on a line of its own; newer ones end in a full stop.
std::string_view gitlab_number(std::string_view message) {
    constexpr std::string_view start = "See merge request ";
    for (std::string_view line : split(message, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.starts_with(start)) continue;
        const std::size_t mark = line.rfind('!');
        if (mark == std::string_view::npos || line.substr(start.size()).find(' ') != std::string_view::npos) continue;
        std::string_view rest;
        const std::string_view number = digits_after(line.substr(mark), "!", &rest);
        if (!number.empty() && (rest.empty() || rest == ".")) return number;
    }
    return {};
}

/// `(#12)` or `(!12)` at the subject's end.
std::string_view suffix_number(std::string_view subject, char mark) {
    const std::size_t open = subject.rfind('(');
    if (open == std::string_view::npos || open == 0 || !subject.ends_with(')') || subject[open + 1] != mark) return {};
    std::string_view rest;
    const std::string_view number = digits_after(subject.substr(open), std::string_view(&mark, 1), &rest);
    return rest == ")" ? number : std::string_view();
}

/// The last part of an address that is a number: `https://host/c/project/+/123`.
std::string_view last_number(std::string_view url) {
    while (url.ends_with('/')) url.remove_suffix(1);
    const std::string_view last = url.substr(url.rfind('/') + 1);
    const std::string_view number = leading_digits(last);
    return number.size() == last.size() ? number : std::string_view();
}

void read_trailer_marks(MessageFacts& facts) {
    facts.change_id = trailer(facts.trailers, "Change-Id");
    if (const std::string_view url = trailer(facts.trailers, "Reviewed-on"); !url.empty() && facts.host.empty()) {
        const bool gerrit = url.find("/pulls/") == std::string_view::npos;
        set(facts, gerrit ? "gerrit" : "gitea", last_number(url), "the trailer Reviewed-on");
        facts.squash_mark = !gerrit;
    }
    if (const std::string_view url = trailer(facts.trailers, "Differential Revision");
        !url.empty() && facts.host.empty()) {
        set(facts, "phabricator", url.substr(url.rfind('/') + 1), "the trailer Differential Revision");
        facts.squash_mark = true;
    }
    if (!facts.change_id.empty() && facts.host.empty()) set(facts, "gerrit", "", "the trailer Change-Id");
}

/// What the subject of a merge says that git itself, GitLab or Gerrit wrote: `Merge branch 'x' into 'main'`.
void read_merged_branch(MessageFacts& facts) {
    for (const std::string_view start : {"Merge branch '", "Merge remote-tracking branch '", "Merge branches '"}) {
        if (!std::string_view(facts.subject).starts_with(start)) continue;
        facts.source_branch = between(facts.subject, '\'', '\'');
        if (facts.sign.empty()) facts.sign = subject_sign(facts.subject);
        return;
    }
}

void read_revert(std::string_view message, MessageFacts& facts) {
    for (const std::string_view start : {"This reverts commit ", "This reverts merge request !"}) {
        const std::size_t at = message.find(start);
        if (at == std::string_view::npos) continue;
        const std::string_view rest = message.substr(at + start.size());
        if (start.ends_with('!')) {
            facts.reverts_pull_request = leading_digits(rest);
            continue;
        }
        const std::size_t length =
            static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_hex) - rest.begin());
        if (length >= 7 && length <= 64) facts.reverts = rest.substr(0, length);
    }
    if (facts.reverts.empty() && facts.reverts_pull_request.empty() && facts.subject.starts_with("Revert \"")) {
        // GitHub's button: `Reverts owner/repository#12`.
        for (std::string_view line : split(message, '\n')) {
            const std::size_t mark = line.rfind('#');
            if (line.starts_with("Reverts ") && mark != std::string_view::npos)
                facts.reverts_pull_request = leading_digits(line.substr(mark + 1));
        }
    }
}

}  // namespace

std::vector<Trailer> trailers_of(std::string_view message) {
    if (message.size() > longest_message) message = message.substr(message.size() - longest_message);
    const auto all = paragraphs(message);
    if (all.size() < 2) return {};  // the subject is none
    std::size_t first = all.size();
    while (first > 1) {
        const auto& paragraph = all[first - 1];
        const Share share = share_of(paragraph);
        const bool last = first == all.size();
        const bool counts =
            is_rule(paragraph) || (share.trailers > 0 && (last ? share.trailers >= share.others : share.others == 0));
        if (!counts) break;
        --first;
    }
    std::vector<Trailer> out;
    for (std::size_t i = first; i < all.size(); ++i) read_trailers(all[i], out);
    return out;
}

NameAndEmail read_name_and_email(std::string_view text) {
    const std::size_t open = text.find('<');
    const std::size_t close = open == std::string_view::npos ? open : text.find('>', open);
    if (close == std::string_view::npos) {
        text = trim(text);
        if (text.find('@') != std::string_view::npos && text.find(' ') == std::string_view::npos)
            return {{}, std::string(text)};
        return {std::string(text), {}};
    }
    return {std::string(trim(text.substr(0, open))), std::string(trim(text.substr(open + 1, close - open - 1)))};
}

MessageFacts read_message(std::string_view message) {
    message = message.substr(0, longest_message);
    while (!message.empty() && (message.front() == '\n' || message.front() == '\r')) message.remove_prefix(1);
    MessageFacts facts;
    facts.subject = trim(message.substr(0, message.find('\n')));
    facts.trailers = trailers_of(message);
    read_subject(facts.subject, facts);
    if (const std::string_view number = gitlab_number(message); facts.host.empty() && !number.empty())
        set(facts, "gitlab", number, "the line \"See merge request !" + std::string(number) + "\"");
    read_trailer_marks(facts);
    if (facts.pull_request.empty()) {
        for (const char mark : {'#', '!'}) {
            const std::string_view number = suffix_number(facts.subject, mark);
            if (number.empty()) continue;
            set(facts, mark == '#' ? "github" : "gitlab", number, subject_sign(facts.subject));
            facts.squash_mark = true;
        }
    }
    read_merged_branch(facts);
    read_revert(message, facts);
    return facts;
}

}  // namespace plumbline::git
