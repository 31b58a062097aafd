# shellcheck shell=bash
# Sourced by scripts: which LLVM the tools come from. Version 19, which Debian 12 and newer, and Ubuntu 24.04, have in their
# main archives; where it is gone, the oldest newer one. cmake/sallyport_clang.cmake tries the same versions.
LLVM_VERSIONS=(19 20 21 22)

# llvm_tool NAME: the installed program, as clang-tidy-19. Fails when there is none.
llvm_tool() {
    local version
    for version in "${LLVM_VERSIONS[@]}"; do
        command -v "$1-$version" && return
    done
    echo "$1 is not installed (deploy/install-dependencies --tests)" >&2
    return 1
}

# llvm_packages TEST…: the Debian packages that tests/run needs, of the first version for all of which TEST succeeds.
llvm_packages() {
    local version package packages
    for version in "${LLVM_VERSIONS[@]}"; do
        packages=("clang-$version" "clang-tidy-$version" "clang-format-$version" "libclang-rt-$version-dev" "llvm-$version")
        for package in "${packages[@]}"; do
            "$@" "$package" >/dev/null 2>&1 || continue 2
        done
        echo "${packages[*]}"
        return
    done
    return 1
}
