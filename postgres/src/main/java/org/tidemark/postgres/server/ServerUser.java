// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.server;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.SystemUser;

/**
 * The user whom PostgreSQL's programs run as, since they refuse root. Immutable.
 *
 * @param other another user than that of this process, which is root's then
 */
public record ServerUser(Optional<SystemUser> other) {
    private static final List<String> CANDIDATES = List.of("postgres", "nobody");

    /** The user of this process. */
    public static final ServerUser SELF = new ServerUser(Optional.empty());

    /**
     * The user for files that this process makes: {@code postgres} or {@code nobody} instead of root; empty if a
     * process of root finds neither.
     */
    public static Optional<ServerUser> ordinary() {
        return SystemUser.currentUid() != 0
                ? Optional.of(SELF)
                : CANDIDATES.stream()
                        .flatMap(candidate -> SystemUser.known(candidate).stream())
                        .findFirst()
                        .map(user -> new ServerUser(Optional.of(user)));
    }

    /** The owner of existing files, if this process may become that user; else the user of this process. */
    public static ServerUser ownerOf(Path files) {
        return SystemUser.currentUid() != 0 ? SELF : new ServerUser(SystemUser.ownerOf(files));
    }

    /** The command line that runs {@code command} as this user. */
    public List<String> running(List<String> command) {
        return other.map(user -> user.running(command)).orElse(command);
    }

    /** Gives this user everything below {@code directory}. */
    public void own(Path directory) throws IOException {
        if (other.isEmpty()) {
            return;
        }
        UserPrincipal owner = directory
                .getFileSystem()
                .getUserPrincipalLookupService()
                .lookupPrincipalByName(other.get().name());
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
}
