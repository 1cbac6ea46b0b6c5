#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "engine/decoder/config.h"
#include "engine/decoder/slicer.h"
#include "engine/file/model_files.h"
#include "engine/result.h"
#include "engine/size.h"

namespace engine {

// The sizes of one model: those that are published for its shape, those that its metadata or a
// sizes.json beside it lists, and those between them. What Model says of sizes comes from here.
class SizeCatalogue {
public:
    // A list that is no good is no error: the hint says what is wrong with it.
    SizeCatalogue(const file::ModelFiles& files, const decoder::DecoderConfig& config,
                  const decoder::DecoderSources& sources);

    const ModelSizes& sizes() const noexcept { return m_sizes; }
    const decoder::Slicer& slicer() const noexcept { return m_slicer; }

    // See Model.
    Result<SizeInfo> describe(const ModelSize& size) const;
    Result<SizeInfo> ofFraction(double fraction) const;
    Result<SizeInfo> find(std::string_view text) const;
    Result<SizeInfo> fromFile(const std::filesystem::path& path, std::string_view name) const;

private:
    void addPublished(const decoder::DecoderConfig& config);
    void addListed(const file::ModelFiles& files);
    void add(const ModelSize& size, double mmlu);
    void finish(const decoder::DecoderConfig& config);

    decoder::Slicer m_slicer;
    decoder::Slice m_whole;
    std::uint64_t m_wholeParameters = 0;
    ModelSizes m_sizes;
    // Between neighbours lie the sizes for fractions: from small to large, each contains the one
    // before, and the last is the whole.
    std::vector<decoder::Slice> m_ladder;
};

}  // namespace engine
