#include "scanner/explain.h"

#include <algorithm>
#include <optional>

#include "scanner/discover.h"
#include "scanner/model/text.h"
#include "scanner/session.h"

namespace plumbline {
namespace {

std::string place_text(Span span, const Session& session) {
    if (!span.valid()) return "";
    const LineCol at = session.sources.begin_of(span);
    return session.place.shown(session.sources[span.source].path()) + ":" + std::to_string(at.line) + ":" +
           std::to_string(at.column);
}

std::string verdict_text(const Finding& finding, const Session& session) {
    std::string out = std::string(to_string(finding.judgement.verdict)) + ": " + finding.judgement.message;
    if (finding.judgement.verdict == Verdict::undecided && !finding.judgement.undecided_by.empty())
        out += " (" + finding.judgement.undecided_by + ")";
    const std::string place = place_text(finding.judgement.subject, session);
    return printable(out) + (place.empty() ? "" : "\n  at " + printable(place)) + "\n";
}

std::string explain_one(const RuleInfo& rule, const Resource& resource, const Graph& graph, const Session& session) {
    std::optional<Finding> finding;
    const std::vector<ExplainedStep> steps =
        session.catalogue.rules->explain(rule.id, resource, graph, session.sources, finding);
    const std::string place = place_text(resource.header, session);
    std::string out = printable(resource.address) + (place.empty() ? "" : "  " + printable(place)) + "\n";
    if (!graph.environments.empty()) out += "environment " + printable(graph.environments.front()) + "\n";
    if (steps.empty() && !finding)
        return out + "The rule does not judge " + printable(resource.type) + " (" + printable(resource.platform) +
               ").\n";
    for (const ExplainedStep& step : steps) {
        out += std::string(2 + 2 * static_cast<std::size_t>(std::max(step.depth, 0)), ' ') + printable(step.answer) +
               "  " + printable(step.text);
        const std::string at = place_text(step.place, session);
        out += (at.empty() ? "" : "  [" + printable(at) + "]") + "\n";
    }
    return finding ? out + verdict_text(*finding, session) : out;
}

}  // namespace

int explain(Session& session) {
    const std::string& word = session.options.arguments[0];
    const std::string& address = session.options.arguments[1];
    const std::vector<std::string> paths(session.options.arguments.begin() + 2, session.options.arguments.end());
    const auto finish = [&](int code) {
        print_diagnostics(shown_diagnostics(session), session.sources, session.options.verbosity, session.err);
        return code;
    };
    if (!open_session(session, paths)) return finish(2);
    load_rules(session);
    const RuleInfo* rule = session.catalogue.rules->find(word);
    if (!rule) {
        std::vector<std::string_view> words;
        for (const RuleInfo& info : session.catalogue.rules->infos()) words.push_back(info.id);
        session.err << "plumbline explain: there is no rule " << quoted(word) << "." << suggestion(word, words) << "\n";
        return finish(2);
    }
    const Work work = session.work();
    const auto found =
        discover(*session.file_system, session.place.paths, session.options.exclude, session.diagnostics);
    const ParsedFiles files = parse(work, read(work, found), {});
    const std::vector<Root> roots = group(work, files);
    struct Answer {
        std::string text;
        std::vector<std::string> addresses;
        Diagnostics diagnostics;
    };
    std::vector<Answer> answers(evaluations_of(roots, session.environments).size());
    evaluate(work, roots, session.environments, [&](std::size_t i, RootResult& result) {
        Answer& answer = answers[i];
        // Several resources may be reported under one address: what SAM makes of one. The rule is about some of them.
        const Resource* other = nullptr;
        for (const Resource& resource : result.graph.resources()) {
            answer.addresses.push_back(resource.shown_address());
            if (resource.address != address && resource.shown_address() != address) continue;
            if (session.catalogue.rules->judges(rule->id, resource))
                answer.text += (answer.text.empty() ? "" : "\n") + explain_one(*rule, resource, result.graph, session);
            else if (!other)
                other = &resource;
        }
        if (answer.text.empty() && other) answer.text = explain_one(*rule, *other, result.graph, session);
        answer.diagnostics = std::move(result.diagnostics);
    });
    std::string text;
    std::vector<std::string_view> addresses;
    for (Answer& answer : answers) {
        if (!answer.text.empty() && text.find(answer.text) == std::string::npos)
            text += (text.empty() ? "" : "\n") + answer.text;
        addresses.insert(addresses.end(), answer.addresses.begin(), answer.addresses.end());
        session.diagnostics.append(std::move(answer.diagnostics));
    }
    if (text.empty()) {
        session.err << "plumbline explain: there is no resource " << quoted(address) << " in what was read."
                    << suggestion(address, addresses) << "\n";
        return finish(2);
    }
    session.out << printable(rule->id) << ": " << printable(rule->title) << "\n" << text;
    return finish(0);
}

}  // namespace plumbline
