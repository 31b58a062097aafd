#include "gateway/host/startup_memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace sallyport::gateway {
namespace {

bool has_relocated_code(const dl_phdr_info& object) noexcept {
    for (const auto* header = object.dlpi_phdr; header != object.dlpi_phdr + object.dlpi_phnum;
         ++header) {
        if (header->p_type != PT_DYNAMIC) continue;
        const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + header->p_vaddr);
        for (; entry->d_tag != DT_NULL; ++entry) {
            if (entry->d_tag == DT_TEXTREL) return true;
            if (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0) return true;
        }
    }
    return false;
}

/// Segments that cannot be written have the content of their file, so nothing is lost.
int release_segments(dl_phdr_info* object, std::size_t, void*) noexcept {
    if (has_relocated_code(*object)) return 0;
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (const auto* header = object->dlpi_phdr; header != object->dlpi_phdr + object->dlpi_phnum;
         ++header) {
        if (header->p_type != PT_LOAD || (header->p_flags & PF_W) != 0) continue;
        const std::uintptr_t begin = (object->dlpi_addr + header->p_vaddr) & ~(page - 1);
        const std::uintptr_t end = object->dlpi_addr + header->p_vaddr + header->p_memsz;
        ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

}  // namespace

void release_startup_memory() noexcept {
    ::malloc_trim(0);
    ::dl_iterate_phdr(release_segments, nullptr);
}

}  // namespace sallyport::gateway
