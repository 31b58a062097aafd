# What `cmake --install` and `cpack` put where, in the directories of GNUInstallDirs.
include(GNUInstallDirs)

# Manual pages and completions are what the program says of itself.
set(written "${CMAKE_BINARY_DIR}/written")
add_custom_command(
    OUTPUT "${written}/done"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${written}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${written}/man"
    COMMAND sallyport manual "${written}/man"
    COMMAND sallyport completion bash > "${written}/sallyport"
    COMMAND sallyport completion zsh > "${written}/_sallyport"
    COMMAND sallyport completion fish > "${written}/sallyport.fish"
    COMMAND "${CMAKE_COMMAND}" -E touch "${written}/done"
    DEPENDS sallyport
    VERBATIM)
add_custom_target(sallyport_written ALL DEPENDS "${written}/done")
add_dependencies(whole_programs sallyport_written)

install(TARGETS sallyport RUNTIME)
install(DIRECTORY "${written}/man/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${written}/sallyport" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${written}/_sallyport" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
install(FILES "${written}/sallyport.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")

# systemd looks for these below lib of the prefix, whatever the libraries' directory is called.
install(CODE "
    foreach(unit sallyport.service sallyport.socket sallyport-inside.service sallyport-tor.service)
        file(READ \"${CMAKE_SOURCE_DIR}/deploy/systemd/\${unit}\" text)
        string(REPLACE /usr/bin/sallyport \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/sallyport\" text \"\${text}\")
        file(WRITE \"${CMAKE_BINARY_DIR}/units/\${unit}\" \"\${text}\")
        file(INSTALL \"${CMAKE_BINARY_DIR}/units/\${unit}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system\")
    endforeach()")
install(FILES deploy/systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME sallyport.conf)
install(FILES deploy/systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME sallyport.conf)

set(data "${CMAKE_INSTALL_DATADIR}/sallyport")
install(DIRECTORY deploy/schema DESTINATION "${data}")
install(FILES deploy/systemd/network.conf deploy/systemd/same-machine.conf deploy/systemd/namespaces.conf deploy/systemd/torrc
    DESTINATION "${data}/systemd")
install(DIRECTORY deploy/examples DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY deploy/nftables DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples")
install(FILES README.md SECURITY.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES docs/operations.md docs/policy-language.md docs/policy-tools.md docs/clients.md docs/wamp.md docs/threat-model.md
        docs/security.md docs/install.md
    DESTINATION "${CMAKE_INSTALL_DOCDIR}/docs")

# The package for Debian: `SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) cpack --config build/release/CPackConfig.cmake`.
set(SALLYPORT_MAINTAINER "The sallyport maintainers <maintainers@sallyport.example>" CACHE STRING
    "Name and address in the package: who answers for this build")
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # cpack takes what is built, and compiles no tests
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sallyport)
set(CPACK_PACKAGE_CONTACT "${SALLYPORT_MAINTAINER}")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "WAMP gateway behind a Tor onion service")
set(CPACK_PACKAGE_DESCRIPTION
"Authorized people reach procedures and topics on a machine that accepts no
connections, with any WAMP client. No port is open to the Internet.
.
The gateway decides on every message, and the internal router, which dials
the gateway, decides again with a policy of its own.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "tor (>= 0.4.7)")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/deploy/debian/postinst" "${CMAKE_SOURCE_DIR}/deploy/debian/prerm"
    "${CMAKE_SOURCE_DIR}/deploy/debian/postrm")
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_SOURCE_DIR}/cmake/debian_files.cmake")
set(CPACK_SALLYPORT_SOURCE "${CMAKE_SOURCE_DIR}")
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_BINARY_DIR}/packages")
include(CPack)
