#include "app/evaluation/setup.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "app/evaluation/digest.h"
#include "engine/device.h"

namespace app::evaluation {
namespace {

namespace fs = std::filesystem;
using engine::Result;

Result<std::string> readText(const fs::path& path)
{
    std::error_code error;
    std::ifstream file(path, std::ios::binary);
    if (!file || fs::is_directory(path, error))
        return engine::Error{engine::ErrorCode::InvalidInput,
                             path.string() + " cannot be read; choose a file of text."};
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (text.empty())
        return engine::Error{engine::ErrorCode::InvalidInput,
                             path.string() + " is empty; choose a file of text."};
    return text;
}

Result<Identity> identify(const engine::Model& model, const Request& request, const Plan& plan,
                          const Subject& subject, const std::stop_token& stop)
{
    Identity identity;
    std::vector<fs::path> examples = mediaOf(plan.examples);
    if (!request.examples.empty())
        examples.insert(examples.begin(), request.examples);
    ENGINE_TRY(identity.examples, digestOf(examples, stop));
    ENGINE_TRY(identity.model, digestOf(filesOf(request.model, model.info()), stop));
    if (!request.text.empty()) {
        ENGINE_TRY(identity.text, digestOf({request.text}, stop));
    }
    identity.device = subject.device();
    for (const SizeFacts& size : subject.sizes())
        identity.sizes.push_back(size.name);
    identity.mostTokens = request.mostTokens;
    return identity;
}

}  // namespace

Result<Material> readMaterial(const Request& request)
{
    Material material;
    if (!request.examples.empty() || request.text.empty()) {
        ENGINE_TRY(material.examples, readExamples(request.examples));
    }
    if (!request.text.empty()) {
        ENGINE_TRY(material.text, readText(request.text));
    }
    return material;
}

Result<std::unique_ptr<Run>> prepare(const std::shared_ptr<const engine::Model>& model,
                                     const Request& request, Material material,
                                     const std::stop_token& stop)
{
    Plan plan{std::move(material.examples)};
    if (!material.text.empty()) {
        ENGINE_TRY(plan.windows, windowsOf(*model, material.text));
    }
    ENGINE_TRY(auto subject,
               makeSubject(model, {request.sizes, request.mostTokens, request.session}));
    std::optional<Journal> journal;
    if (!request.journal.empty()) {
        ENGINE_TRY(const Identity identity, identify(*model, request, plan, *subject, stop));
        ENGINE_TRY(journal, Journal::open(request.journal, identity));
    }
    return std::make_unique<Run>(std::move(plan), std::move(subject), std::move(journal));
}

}  // namespace app::evaluation
