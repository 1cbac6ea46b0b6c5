#pragma once

#include <string_view>
#include <vector>

#include "engine/file/model_files.h"
#include "engine/result.h"
#include "engine/text/model_proto.h"

namespace engine::text {

// The pieces of a model's files, typed as the engine needs them whatever the files say: every
// marker is CONTROL, runs of newlines, tabs and spaces and HTML tags are USER_DEFINED and spelled
// with ▁, one piece is UNKNOWN, 256 are BYTE, and the scores are finite (spec 01 §6.3). Fails with
// InvalidFile, or UnsupportedModel if it is no BPE vocabulary with byte fallback.
Result<std::vector<Piece>> readVocabulary(const file::ModelFiles& files);

// The same from the content of a tokenizer.model, and from a GGUF's metadata. Their messages lack
// the file's name and a full stop.
Result<std::vector<Piece>> vocabularyFromProto(std::string_view bytes);
Result<std::vector<Piece>> vocabularyFromMetadata(const file::Metadata& metadata);

}  // namespace engine::text
