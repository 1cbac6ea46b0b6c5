#pragma once

#include <string>
#include <vector>

#include "engine/decoder/config.h"
#include "engine/file/model_files.h"
#include "engine/file/tensor_source.h"
#include "engine/result.h"

namespace engine::decoder {

using file::MatrixSource;
using file::VectorSource;

// Names as in spec 01 §3.1; what an architecture does not have is not present.
struct LayerSources {
    MatrixSource qProj, kProj, vProj, oProj;
    MatrixSource gateProj, upProj, downProj;
    bool isSparse = false;  // the gate cuts most neurons
    VectorSource qNorm, kNorm;
    VectorSource inputNorm, postAttentionNorm, preFeedforwardNorm, postFeedforwardNorm;
    // Gemma 3n
    MatrixSource laurelLeft, laurelRight;
    VectorSource postLaurelNorm;
    VectorSource altupRouter;           // [inputs × hidden]
    VectorSource altupRouterNorm;       // [hidden]
    VectorSource altupPredictionCoefs;  // [inputs² × inputs]
    VectorSource altupCorrectionCoefs;  // [inputs × inputs]
    VectorSource altupCorrectScale;     // [hidden]
    MatrixSource perLayerInputGate;     // [perLayerInputSize × hidden]
    MatrixSource perLayerProjection;    // [hidden × perLayerInputSize]
    VectorSource postPerLayerInputNorm;
};

struct DecoderSources {
    MatrixSource embedTokens;  // [vocabularySize × hidden], also the output head
    VectorSource finalNorm;
    std::vector<LayerSources> layers;
    // Gemma 3n
    MatrixSource embedTokensPerLayer;  // [text vocabulary (or more) × layers·perLayerInputSize]
    MatrixSource perLayerModelProjection;               // [layers·perLayerInputSize × hidden]
    VectorSource perLayerProjectionNorm;                // [perLayerInputSize]
    std::vector<MatrixSource> altupProjections;         // inputs - 1, each [hidden × hidden]
    std::vector<MatrixSource> altupUnembedProjections;  // inputs - 1
};

// Finds every tensor of the text model under either naming scheme and checks its shape and type,
// before a byte is uploaded. Keys and values of layers that borrow are optional and left out.
// Fails with InvalidFile: the first missing, misshapen or unknown tensor in one sentence.
Result<DecoderSources> planTensors(const DecoderConfig& config, const file::ModelFiles& files);

// All that planTensors() would complain of, one sentence each.
std::vector<std::string> tensorProblems(const DecoderConfig& config, const file::ModelFiles& files);

}  // namespace engine::decoder
