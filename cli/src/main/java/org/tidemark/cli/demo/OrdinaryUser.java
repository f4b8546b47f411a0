// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UserFacingException;

/**
 * The user that runs the demo instead of root, since PostgreSQL refuses to run as root. Immutable.
 *
 * @param user {@code postgres} if there is such a user, otherwise {@code nobody}
 */
record OrdinaryUser(SystemUser user) {
    private static final List<String> CANDIDATES = List.of("postgres", "nobody");

    static boolean isNeeded() {
        return SystemUser.currentUid() == 0;
    }

    static OrdinaryUser find() {
        return CANDIDATES.stream()
                .flatMap(candidate -> SystemUser.known(candidate).stream())
                .findFirst()
                .map(OrdinaryUser::new)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.RESTORE_REFUSED,
                        "PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody' to run it as",
                        "Run the demo as an ordinary user."));
    }

    /**
     * Copies an installation to a directory that this user can read, since root's checkout may be closed to others.
     *
     * @return the launcher of the copy
     */
    Path install(Path home, Path launcher, Path directory) throws IOException {
        Path copy = Files.createDirectories(directory.resolve("installed"));
        copyTree(home.resolve("lib"), copy.resolve("lib"));
        if (Files.isDirectory(home.resolve("native"))) {
            copyTree(home.resolve("native"), copy.resolve("native"));
        }
        try (var files = Files.list(home)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, copy.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        Path installed = Files.createDirectories(copy.resolve("bin")).resolve("tidemark");
        Files.copy(launcher, installed);
        Files.setPosixFilePermissions(installed, PosixFilePermissions.fromString("rwxr-xr-x"));
        return installed;
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    // Keeps modification times: class caches are valid only for jars with the same times.
                    Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    /** Gives this user everything below {@code directory}. */
    void own(Path directory) throws IOException {
        UserPrincipal owner =
                directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user.name());
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) throws IOException {
                Files.setOwner(each, owner);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()) {
                    Files.setOwner(each, owner);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** The command line that runs {@code command} as this user. */
    List<String> running(List<String> command) {
        return user.running(command);
    }
}
