#include "scanner/manual.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "reporters/registry.h"
#include "scanner/options.h"

namespace plumbline {
namespace {

/// What a flag takes: words to choose from, or a file.
struct Choice {
    std::vector<std::string> words;
    bool file = false;
};

Choice choice_of(const FlagHelp& flag) {
    if (flag.argument == "FMT") {
        Choice choice;
        for (const Reporter* reporter : reporters()) choice.words.emplace_back(reporter->name());
        return choice;
    }
    if (flag.argument == "LEVEL") {
        Choice choice{{"info", "low", "medium", "high", "critical"}};
        if (flag.name == "fail-on") choice.words.insert(choice.words.end(), {"new", "never"});
        return choice;
    }
    if (flag.argument == "WHEN") return {{"auto", "always", "never"}};
    return {{}, flag.argument == "FILE" || flag.argument == "DIR"};
}

std::string_view first_word(std::string_view name) {
    return name.substr(0, name.find(' '));
}

std::string_view second_word(std::string_view name) {
    const std::size_t space = name.find(' ');
    return space == std::string_view::npos ? std::string_view() : name.substr(space + 1);
}

std::vector<std::string_view> first_words() {
    std::vector<std::string_view> words;
    for (const CommandHelp& command : command_table())
        if (words.empty() || words.back() != first_word(command.name)) words.push_back(first_word(command.name));
    return words;
}

std::vector<std::string_view> subcommands_of(std::string_view group) {
    std::vector<std::string_view> words;
    for (const CommandHelp& command : command_table())
        if (first_word(command.name) == group && !second_word(command.name).empty())
            words.push_back(second_word(command.name));
    return words;
}

template <typename Words>
std::string joined(const Words& words) {
    std::string out;
    for (const auto& word : words) out.append(out.empty() ? "" : " ").append(word);
    return out;
}

std::string first_sentence(std::string_view help) {
    const std::size_t end = help.find(". ");
    std::string out(help.substr(0, end));
    if (out.ends_with('.')) out.pop_back();
    return out;
}

/// In single quotes of a shell; `inside` says how a quote is written there.
std::string shell_quoted(std::string_view text, std::string_view inside) {
    std::string out = "'";
    for (char c : text)
        if (c == '\'')
            out += inside;
        else
            out += c;
    return out + "'";
}

// ---- bash

std::string bash_completions() {
    std::string flags, values, groups;
    std::set<std::string> told;  // flags whose values are the same everywhere
    for (const CommandHelp& command : command_table()) {
        std::vector<std::string> names;
        for (const FlagHelp& flag : flag_table(command.name)) {
            names.push_back("--" + std::string(flag.name));
            if (flag.argument.empty() || !told.insert(std::string(flag.name)).second) continue;
            const Choice choice = choice_of(flag);
            values += "        --" + std::string(flag.name);
            if (flag.letter) values += std::string("|-") + flag.letter;
            values += ")\n            ";
            values += choice.words.empty()
                          ? choice.file ? "COMPREPLY=($(compgen -f -- \"$cur\")); compopt -o filenames 2>/dev/null"
                                        : "COMPREPLY=()"
                          : "COMPREPLY=($(compgen -W \"" + joined(choice.words) + "\" -- \"$cur\"))";
            values += "\n            return ;;\n";
        }
        flags += "        \"" + std::string(command.name) + "\") flags=\"" + joined(names) + "\" ;;\n";
    }
    for (std::string_view word : first_words()) {
        const std::vector<std::string_view> inner = subcommands_of(word);
        if (!inner.empty()) groups += "        " + std::string(word) + ") words=\"" + joined(inner) + "\" ;;\n";
    }
    return "# bash completion for plumbline; made by `plumbline completions bash`\n"
           "_plumbline() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words= flags= command\n"
           "    # `--flag=value` comes as three words\n"
           "    if [ \"$cur\" = \"=\" ]; then cur=\"\"; elif [ \"$prev\" = \"=\" ]; then prev=${COMP_WORDS[COMP_CWORD "
           "- 2]}; "
           "fi\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        COMPREPLY=($(compgen -W \"" +
           joined(first_words()) +
           " --help --version\" -- \"$cur\"))\n"
           "        return\n"
           "    fi\n"
           "    command=${COMP_WORDS[1]}\n"
           "    case $command in\n" +
           groups +
           "        completions) words=\"bash zsh fish\" ;;\n"
           "        help) words=\"" +
           joined(first_words()) +
           "\" ;;\n"
           "    esac\n"
           "    if [ -n \"$words\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
           "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "        return\n"
           "    fi\n"
           "    case $command in\n"
           "        completions | help) return ;;\n"
           "    esac\n"
           "    [ -z \"$words\" ] || command=\"$command ${COMP_WORDS[2]}\"\n"
           "    case $prev in\n" +
           values +
           "    esac\n"
           "    case $command in\n" +
           flags +
           "    esac\n"
           "    if [[ $cur == -* ]]; then\n"
           "        COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n"
           "    else\n"
           "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
           "        compopt -o filenames 2>/dev/null\n"
           "    fi\n"
           "}\n"
           "complete -F _plumbline plumbline\n";
}

// ---- zsh

/// A description between brackets of `_arguments`.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_flag(const FlagHelp& flag) {
    std::string action;
    if (!flag.argument.empty()) {
        const Choice choice = choice_of(flag);
        action = ":" + zsh_text(flag.argument) + ":";
        if (!choice.words.empty())
            action += "(" + joined(choice.words) + ")";
        else if (choice.file)
            action += "_files";
        else
            action += " ";
    }
    const std::string about = "[" + zsh_text(flag.help) + "]" + action;
    std::string out = " " + shell_quoted("*--" + std::string(flag.name) + about, "'\\''");
    if (flag.letter) out += " " + shell_quoted(std::string("*-") + flag.letter + about, "'\\''");
    return out;
}

std::string zsh_completions() {
    std::string out =
        "#compdef plumbline\n# made by `plumbline completions zsh`\n_plumbline() {\n    local -a commands\n    "
        "commands=(\n";
    std::string_view last;
    for (const CommandHelp& command : command_table()) {
        const std::string_view word = first_word(command.name);
        if (word != last)
            out += "        " +
                   shell_quoted(std::string(word) + ":" + zsh_text(first_sentence(command.help)), "'\\''") + "\n";
        last = word;
    }
    out +=
        "    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        return\n    fi\n"
        "    local command=$words[2]\n    case $command in\n";
    for (std::string_view word : first_words()) {
        const std::vector<std::string_view> inner = subcommands_of(word);
        if (inner.empty()) continue;
        out += "        " + std::string(word) + ")\n            if (( CURRENT == 3 )); then\n                compadd " +
               joined(inner) +
               "\n                return\n            fi\n            command=\"$command $words[3]\"\n            "
               "shift words; (( CURRENT-- )) ;;\n";
    }
    out += "    esac\n    shift words; (( CURRENT-- ))\n    case $command in\n";
    for (const CommandHelp& command : command_table()) {
        out += "        \"" + std::string(command.name) + "\") _arguments";
        for (const FlagHelp& flag : flag_table(command.name)) out += zsh_flag(flag);
        out += command.name == "completions" ? " '1:shell:(bash zsh fish)'" : " '*:path:_files'";
        out += " ;;\n";
    }
    return out +
           "    esac\n}\nif [ \"$funcstack[1]\" = _plumbline ]; then _plumbline; else compdef _plumbline plumbline; "
           "fi\n";
}

// ---- fish

std::string fish_completions() {
    std::string out = "# fish completion for plumbline; made by `plumbline completions fish`\n";
    const auto line = [&](const std::string& condition, const std::string& rest) {
        out += "complete -c plumbline -n " + shell_quoted(condition, "\\'") + " " + rest + "\n";
    };
    std::string_view last;
    for (const CommandHelp& command : command_table()) {
        const std::string word(first_word(command.name)), inner(second_word(command.name));
        if (word != last)
            line("__fish_use_subcommand", "-f -a " + word + " -d " + shell_quoted(first_sentence(command.help), "\\'"));
        last = first_word(command.name);
        std::string condition = "__fish_seen_subcommand_from " + word;
        if (!inner.empty()) {
            line(condition + "; and not __fish_seen_subcommand_from " + joined(subcommands_of(word)),
                 "-f -a " + inner + " -d " + shell_quoted(first_sentence(command.help), "\\'"));
            condition += "; and __fish_seen_subcommand_from " + inner;
        }
        if (word == "completions") line(condition, "-f -a 'bash zsh fish'");
        for (const FlagHelp& flag : flag_table(command.name)) {
            std::string rest = "-l " + std::string(flag.name);
            if (flag.letter) rest += std::string(" -s ") + flag.letter;
            if (!flag.argument.empty()) {
                const Choice choice = choice_of(flag);
                rest += choice.file ? " -r -F" : " -x";
                if (!choice.words.empty()) rest += " -a " + shell_quoted(joined(choice.words), "\\'");
            }
            line(condition, rest + " -d " + shell_quoted(flag.help, "\\'"));
        }
    }
    return out;
}

// ---- manual

/// Text as roff: nothing in it is a request or an escape.
std::string roff(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if (c == '\'')
            out += "\\(aq";
        else if (c == '`')
            continue;  // code spans; the page has fonts of its own for names
        else if (out.empty() && c == '.')
            out += "\\&.";
        else
            out += c;
    }
    return out;
}

std::string roff_command(const CommandHelp& command) {
    std::string out = ".SS " + roff(std::string("plumbline ") + std::string(command.name)) +
                      (command.arguments.empty() ? "" : " " + roff(command.arguments)) + "\n" + roff(command.help) +
                      "\n";
    for (const FlagHelp& flag : flag_table(command.name)) {
        out += ".TP\n.B ";
        if (flag.letter) out += roff(std::string("-") + flag.letter + ", ");
        out += roff("--" + std::string(flag.name));
        if (!flag.argument.empty()) out += " \\fI" + roff(flag.argument) + "\\fP";
        out += "\n" + roff(flag.help) + ".\n";
    }
    return out;
}

}  // namespace

std::string completions(std::string_view shell) {
    if (shell == "bash") return bash_completions();
    if (shell == "zsh") return zsh_completions();
    if (shell == "fish") return fish_completions();
    return "";
}

std::string man_page(std::string_view version) {
    std::string out =
        ".TH PLUMBLINE 1 \"\" \"plumbline " + roff(version) +
        "\" \"User Commands\"\n.SH NAME\nplumbline \\- policy as code: judges what infrastructure files "
        "would build\n.SH SYNOPSIS\n.B plumbline\n.I COMMAND\n[\\fIOPTIONS\\fP] "
        "[\\fIARGUMENTS\\fP]\n.SH DESCRIPTION\n"
        "Reads Terraform, CloudFormation, Kubernetes manifests, GitHub and GitLab workflows and settings, "
        "evaluates them to the values that would be applied, and judges them against rules. Each verdict "
        "comes with its line, its value and the controls that it is evidence for. Nothing that is read is "
        "executed, and nothing is sent anywhere.\n.SH COMMANDS\n";
    for (const CommandHelp& command : command_table()) out += roff_command(command);
    out += ".SH FORMATS\n";
    for (const Reporter* reporter : reporters())
        out += ".TP\n.B " + roff(reporter->name()) + "\n" + roff(reporter->description()) + "\n";
    out +=
        ".SH EXIT STATUS\n.TP\n0\nnothing to report\n.TP\n1\nfailures at or above \\-\\-fail\\-on\n.TP\n2\nusage "
        "error, or "
        "something could not be read or parsed and there was no failure to report\n.TP\n3\na bug in plumbline\n"
        ".SH ENVIRONMENT\n.TP\n.B TF_VAR_name, TF_WORKSPACE\nvariables and workspace, as terraform takes them\n.TP\n.B "
        "PLUMBLINE_POLICY\na central policy, as with \\-\\-policy\n.TP\n.B NO_COLOR\nno colors where \\-\\-color is "
        "auto\n.TP\n.B "
        "GIT_INDEX_FILE, GIT_DIR, GIT_WORK_TREE\nthe index and the repository, as git names them to its hooks\n"
        ".SH FILES\n.TP\n.I .plumbline/config.yaml\nsettings of a tree; plumbline init writes one\n.TP\n.I "
        ".plumbline/waivers.yaml\nexceptions; plumbline waive adds one\n";
    return out;
}

}  // namespace plumbline
