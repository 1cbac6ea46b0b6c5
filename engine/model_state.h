#pragma once

#include <memory>
#include <optional>

#include "engine/decoder/config.h"
#include "engine/decoder/per_layer_embeddings.h"
#include "engine/decoder/weights.h"
#include "engine/device.h"
#include "engine/file/model_files.h"
#include "engine/model.h"
#include "engine/size_catalogue.h"
#include "engine/text/tokenizer.h"

namespace engine {

// What a loaded model is made of. Private to the engine: sessions read it.
struct Model::State {
    std::shared_ptr<Device> device;  // outlives the arenas below it
    ModelInfo info;
    file::ModelFiles files;  // keeps the mapping that the per-layer embeddings lie in
    decoder::DecoderConfig config;
    decoder::Weights weights;
    std::optional<decoder::PerLayerEmbeddings> perLayerEmbeddings;
    std::optional<text::Tokenizer> tokenizer;
    std::optional<SizeCatalogue> sizes;
    std::shared_ptr<const VisionEncoder> vision;
    std::shared_ptr<const AudioEncoder> audio;
};

}  // namespace engine
