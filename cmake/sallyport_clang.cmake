# Toolchain of the presets "fuzz" and "tidy": the Clang that the project's tools are taken from
# (deploy/llvm.sh), or the next newer one.
find_program(CMAKE_CXX_COMPILER NAMES clang++-19 clang++-20 clang++-21 clang++-22 clang++ REQUIRED)
