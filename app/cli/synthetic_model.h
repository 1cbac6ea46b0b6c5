#pragma once

#include <filesystem>
#include <string>

#include "engine/result.h"

namespace app::cli {

// A model file with made-up weights, for measuring how fast a shape is. It lies in the folder for
// temporary files and is removed with this, or earlier: what has mapped it may go on reading.
class SyntheticModel {
public:
    // `name` is a shape and the type of every matrix, as in "e2b:q4_0": the published sizes of
    // Gemma 3n, or the same layers made narrow, "e2b-narrow". The weights follow from the name.
    // Fails with InvalidInput for another name and with InvalidFile where there is no room.
    static engine::Result<SyntheticModel> write(const std::string& name);

    ~SyntheticModel();
    SyntheticModel(SyntheticModel&& other) noexcept;
    SyntheticModel& operator=(SyntheticModel&& other) noexcept;

    const std::filesystem::path& path() const noexcept { return m_path; }

private:
    explicit SyntheticModel(std::filesystem::path path) noexcept;

    std::filesystem::path m_path;  // empty once moved from
};

}  // namespace app::cli
