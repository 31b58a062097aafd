# What a package for Debian has beyond what is installed, and how it wants its files: compressed without a date.
set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
foreach(top "${root}/usr" "${root}")
    if(IS_DIRECTORY "${top}/share/doc/sallyport")
        set(usr "${top}")
        break()
    endif()
endforeach()
set(doc "${usr}/share/doc/sallyport")
file(COPY_FILE "${CPACK_SALLYPORT_SOURCE}/deploy/debian/copyright" "${doc}/copyright")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # of SOURCE_DATE_EPOCH, if that is set
file(WRITE "${doc}/changelog.Debian"
    "sallyport (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
    "  * What changed is in changelog.gz.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
file(COPY "${CPACK_SALLYPORT_SOURCE}/deploy/debian/overrides/sallyport" DESTINATION "${usr}/share/lintian/overrides"
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(COPY_FILE "${CPACK_SALLYPORT_SOURCE}/CHANGELOG.md" "${doc}/changelog")
file(CHMOD "${doc}/copyright" "${doc}/changelog.Debian" "${doc}/changelog"
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(GLOB pages "${usr}/share/man/man1/*.1")
execute_process(COMMAND gzip -9n "${doc}/changelog.Debian" "${doc}/changelog" ${pages} COMMAND_ERROR_IS_FATAL ANY)
