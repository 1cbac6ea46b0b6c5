#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

// A nested sub-model of a MatFormer file (spec 01 §7): how many neurons each layer's feed-forward
// network has, and which layers are left out. A value; what a file offers and what a size costs is
// for Model to say.
struct ModelSize {
    std::string name;                          // what people call it: "half", "E2.98B layer"
    std::vector<std::uint32_t> ffnWidths;      // one for each layer of the file, skipped or not
    std::vector<std::uint32_t> skippedLayers;  // numbers of the file's layers
};

// A size and what it means.
struct SizeInfo {
    ModelSize size;
    // Counted as the published sizes are: without the embedding tables, and with the keys' and
    // values' projections of layers that borrow theirs, whether the file has them or not.
    std::uint64_t parameters = 0;
    double share = 1.0;  // of the whole model's parameters, (0, 1]
    // Of the weights on the device, those that it uses. All of them stay there at every size.
    std::uint64_t weightBytes = 0;
    // Of matrices, read for each token that is generated; at most, as what a sparse gate cuts is
    // not.
    std::uint64_t weightBytesPerToken = 0;
    double publishedMmlu = 0.0;  // percent, of the pre-trained model; 0: not published
    std::string refusal;         // why it cannot be used, in a sentence; then nothing is counted
};

// The sizes that a file offers.
struct ModelSizes {
    bool isNested = false;
    // Where it is not nested, a sentence that says so; or what is wrong with the list that came
    // with the file. Empty if all is well.
    std::string hint;
    // The whole model first, then the smaller ones by their parameters, then those that are
    // refused.
    std::vector<SizeInfo> sizes;
    double smallestShare = 1.0;  // fractions from here to 1 can be asked for
};

}  // namespace engine
