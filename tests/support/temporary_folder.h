#pragma once

#include <filesystem>
#include <string>

#include <QTemporaryDir>

namespace tests {

// A folder that goes with everything in it when the object goes.
class TemporaryFolder {
public:
    std::filesystem::path path() const { return m_folder.path().toStdString(); }
    std::filesystem::path operator/(const std::string& name) const { return path() / name; }

private:
    QTemporaryDir m_folder;
};

}  // namespace tests
