#include "parsers/ignore_comment.h"

#include <algorithm>
#include <utility>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

using Reach = IgnoreComment::Reach;

std::string_view take_word(std::string_view& text) {
    text = trim(text);
    const std::size_t end = text.find_first_of(" \t\r\n");
    const std::string_view word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
    return word;
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.size(), text.find('\n'));
    const std::string_view line = text.substr(0, end);
    text = text.substr(end);
    return line;
}

void add_ids(std::string_view list, std::vector<std::string>& ids) {
    for (std::string_view id : split(list, ',')) {
        id = trim(id);
        if (!id.empty()) ids.emplace_back(id);
    }
}

/// `ID[:exp:DATE][:ws:NAME]`. The part in brackets after an id narrows it to attribute values there; the place of the
/// comment already does here.
Suppression peer_ignore(std::string_view word) {
    Suppression made;
    const auto parts = split(word, ':');
    std::string_view id = parts.empty() ? std::string_view() : parts[0];
    id = id.substr(0, id.find('['));
    if (!id.empty()) made.rules.emplace_back(id);
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
        if (parts[i] == "exp") made.expires = std::string(parts[i + 1]);
    }
    return made;
}

/// `text` is what follows "skip": "=ID:reason", with blanks around the equals sign and in the reason.
Suppression skip(std::string_view text) {
    Suppression made;
    text = trim(text);
    if (!text.starts_with('=')) return made;
    text = trim(text.substr(1));
    const std::size_t colon = text.find(':');
    std::string_view ids = text.substr(0, colon);
    if (colon != std::string_view::npos) made.reason = std::string(trim(text.substr(colon + 1)));
    // Without a colon the ids end at the first blank.
    if (colon == std::string_view::npos) ids = ids.substr(0, ids.find_first_of(" \t"));
    add_ids(ids, made.rules);
    return made;
}

IgnoreComment kics(std::string_view what) {
    IgnoreComment comment;
    comment.reach = Reach::file;
    if (what.starts_with("disable=")) {
        add_ids(what.substr(8), comment.made.rules);
        return comment;
    }
    if (what == "ignore-line" || what == "ignore-block") comment.reach = Reach::following;
    if (comment.reach == Reach::following || what == "ignore") comment.made.rules = {"*"};
    return comment;
}

}  // namespace

std::vector<IgnoreComment> ignore_comments(std::string_view text) {
    std::vector<IgnoreComment> out;
    // Every exception has one of these words; most comments have none.
    if (text.find("ignore") == std::string_view::npos && text.find("skip") == std::string_view::npos &&
        text.find("kics-scan") == std::string_view::npos)
        return out;
    while (!text.empty()) {
        const std::string_view word = take_word(text);
        IgnoreComment comment;
        if (word.starts_with("trivy:ignore:") || word.starts_with("tfsec:ignore:")) {
            comment = {Reach::near, peer_ignore(word.substr(13))};
        } else if (word == "plumbline:ignore") {
            std::string_view line = take_line(text);
            add_ids(take_word(line), comment.made.rules);
            comment.made.reason = std::string(trim(line));
        } else if (word.starts_with("checkov:skip") || word.starts_with("bridgecrew:skip") ||
                   word.starts_with("cortex:skip")) {
            const std::string rest = std::string(word.substr(word.find("skip") + 4)) + std::string(take_line(text));
            comment = {Reach::resource, skip(rest)};
        } else if (word == "kics-scan") {
            comment = kics(take_word(text));
        }
        comment.made.kind = "comment";
        if (!comment.made.rules.empty()) out.push_back(std::move(comment));
    }
    return out;
}

}  // namespace plumbline
