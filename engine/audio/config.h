#pragma once

#include <array>
#include <cstdint>

#include "engine/file/model_files.h"
#include "engine/kernels/audio.h"
#include "engine/result.h"

namespace engine::audio {

// A sound encoder's numbers, each in range (spec 03).
struct AudioConfig {
    std::uint32_t melBins = 0;
    std::array<kernels::FrontConvShape, 2> front;
    std::uint32_t hiddenSize = 0;
    std::uint32_t layers = 0;
    std::uint32_t heads = 0;
    std::uint32_t headDim = 0;
    std::uint32_t ffnWidth = 0;
    std::uint32_t convTaps = 0;
    std::uint32_t window = 0;  // frames that attention sees, the query's own included
    float logitCap = 0.0F;
    float residualWeight = 0.0F;  // of a feed-forward network
    float clip = 0.0F;            // of activations, on either side of zero
    float rmsNormEpsilon = 0.0F;
    float groupNormEpsilon = 0.0F;
    std::uint32_t reduction = 0;  // frames of which one becomes a row

    std::uint32_t textHiddenSize = 0;  // elements of a row
    std::uint32_t vocabularySize = 0;  // ids with an embedding of their own; the last pads
    std::uint32_t endOfAudioRow = 0;   // the row of <end_of_audio> among them
    std::uint32_t softTokensPerClip = 0;

    // Mel frames of which one becomes a row.
    std::uint32_t melFramesPerRow() const noexcept
    {
        return front[0].strideFrames * front[1].strideFrames * reduction;
    }
};

// Reads a Hugging Face folder's config.json or a GGUF file's metadata; widths that the latter does
// not know, or knows wrongly, come from the tensors. Fails with InvalidFile or UnsupportedModel,
// naming the key or the tensor.
Result<AudioConfig> readAudioConfig(const file::ModelFiles& files);

}  // namespace engine::audio
