#include "app/cli/prompt_media.h"

#include <algorithm>
#include <string_view>

namespace app::cli {
namespace {

using Kind = PromptPiece::Kind;

// A kind of media: how a prompt names its place, and the option that gives it.
struct Medium {
    Kind kind;
    std::string_view place;
    std::string_view option;
    std::size_t given;
};

std::string counted(std::size_t count, const std::string& noun)
{
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::vector<PromptPiece> cut(const std::string& prompt, const std::vector<Medium>& media)
{
    std::vector<PromptPiece> pieces;
    std::size_t begin = 0;
    for (;;) {
        std::size_t nearest = std::string::npos;
        const Medium* found = nullptr;
        for (const Medium& medium : media) {
            const std::size_t place =
                medium.given > 0 ? prompt.find(medium.place, begin) : std::string::npos;
            if (place < nearest) {
                nearest = place;
                found = &medium;
            }
        }
        if (found == nullptr)
            break;
        pieces.push_back({Kind::Text, prompt.substr(begin, nearest - begin)});
        pieces.push_back({found->kind, {}});
        begin = nearest + found->place.size();
    }
    pieces.push_back({Kind::Text, prompt.substr(begin)});
    return pieces;
}

}  // namespace

engine::Result<std::vector<PromptPiece>> cutPrompt(const std::string& prompt, std::size_t pictures,
                                                   std::size_t sounds)
{
    const std::vector<Medium> media{{Kind::Picture, "<image>", "--image", pictures},
                                    {Kind::Sound, "<audio>", "--audio", sounds}};
    std::vector<PromptPiece> pieces = cut(prompt, media);
    std::vector<PromptPiece> before;
    for (const Medium& medium : media) {
        const auto places = static_cast<std::size_t>(
            std::count_if(pieces.begin(), pieces.end(),
                          [&](const PromptPiece& piece) { return piece.kind == medium.kind; }));
        if (places == 0)
            before.insert(before.end(), medium.given, {medium.kind, {}});
        else if (places != medium.given)
            return engine::Error{engine::ErrorCode::InvalidInput,
                                 "The prompt has " + counted(places, "place") + " for " +
                                     std::string(medium.place) + ", and " +
                                     std::string(medium.option) + " is given " +
                                     counted(medium.given, "time") + "."};
    }
    pieces.insert(pieces.begin(), before.begin(), before.end());
    return pieces;
}

std::vector<engine::Part> toParts(const std::vector<PromptPiece>& pieces,
                                  const std::vector<engine::SoftTokens>& pictures,
                                  const std::vector<std::vector<engine::SoftTokens>>& sounds)
{
    std::vector<engine::Part> parts;
    auto picture = pictures.begin();
    auto sound = sounds.begin();
    for (const PromptPiece& piece : pieces) {
        if (piece.kind == Kind::Text)
            parts.emplace_back(piece.text);
        if (piece.kind == Kind::Picture)
            parts.emplace_back(*picture++);
        if (piece.kind == Kind::Sound) {
            parts.insert(parts.end(), sound->begin(), sound->end());
            ++sound;
        }
    }
    return parts;
}

}  // namespace app::cli
