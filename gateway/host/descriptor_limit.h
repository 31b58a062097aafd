#pragma once

#include <cstddef>
#include <cstdint>

#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

/// What a process with clients needs beside one descriptor for each of them: connections whose
/// circuit is not known yet, those that have got their last word, links, files.
inline constexpr std::size_t descriptors_beside_clients = 1400;
/// Descriptors that clients do not get, so that links, status requests and files have some even
/// when clients have used up all others.
inline constexpr int descriptors_reserved = 64;

/// Raises the limit of this process on its descriptors, and of the children that it starts, to what
/// it may have. Returns the limit.
std::uint64_t raise_descriptor_limit() noexcept;

/// Throws StartError if so many clients do not fit into `limit`. `place` is that of
/// limits.sessions.
void require_descriptors(std::size_t clients, std::uint64_t limit, const policy::Place& place);

/// A client's connection with this number or a higher one has to be refused: descriptors get the
/// lowest number that is free, so all others are in use.
int first_reserved_descriptor() noexcept;

}  // namespace sallyport::gateway
