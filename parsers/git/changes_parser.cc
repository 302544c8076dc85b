#include "parsers/git/changes_parser.h"

#include "parsers/git_host/host_file.h"

namespace plumbline {
namespace {

constexpr std::string_view platform = "git-history";
constexpr std::string_view usual_name = "plumbline-changes.json";

/// `{"__unknown__": true, "why": "..."}` as the unknown it stands for, one level down: that deep the records hold them.
Value with_unknowns(const Value& mapping) {
    git_host::Body body(mapping);
    for (const Member& member : mapping.members()) {
        const Member* mark = member.value.find("__unknown__");
        if (!mark) continue;
        const std::string why(git_host::text_at(member.value, "why"));
        body.set(member.name, Value::unknown(Type::dynamic(), make_cause(why, member.span)), member.span);
    }
    return body.build();
}

class ChangesParser : public git_host::FileParser {
  public:
    std::string_view name() const override { return platform; }
    bool wants(std::string_view path) const override { return file_name(path) == usual_name; }
    bool accepts(const Source& source) const override { return wants(source.path()); }
    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        return git_host::read_json_file(source, diagnostics);
    }
    RootResult evaluate(const Root& root, const Inputs&, const FileSystem&, SourceSet&) const override {
        const git_host::HostFile& file = file_of(root);
        RootResult result;
        result.graph.root = root.path;
        if (const Member* branch = git_host::given(file.root, "branch"))
            add(file, branch->value, branch->span, "git_branch",
                "branch." + std::string(git_host::text_at(branch->value, "name")), result.graph);
        if (const Member* changes = git_host::given(file.root, "changes")) {
            for (const Value& change : changes->value.elements())
                add(file, change, change.origin(), "git_change", std::string(git_host::text_at(change, "commit")),
                    result.graph);
        }
        return result;
    }

  private:
    static void add(const git_host::HostFile& file, const Value& record, Span span, std::string_view type,
                    std::string address, Graph& graph) {
        if (!record.is_mapping()) return;
        git_host::Body body(with_unknowns(record));
        if (const Member* lacks = git_host::given(record, "lacks"))
            body.set("lacks", with_unknowns(lacks->value), lacks->span);
        Resource resource;
        resource.body = body.build();
        resource.address = std::move(address);
        resource.type = type;
        resource.platform = platform;
        resource.header = git_host::first_line(*file.source, span);
        resource.block = span;
        graph.add(std::move(resource));
    }
};

}  // namespace

const Parser& git_changes_parser() {
    static const ChangesParser parser;
    return parser;
}

}  // namespace plumbline
