// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.owner;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.config.ConfigurationFiles;
import org.tidemark.cli.config.Environment;

/**
 * What root makes for the first configuration of a host, and the user of PostgreSQL could not: the directories of the
 * repository, of the spool and of the configuration. The first two belong to the user; the configuration is root's, and
 * the user may read it. {@link #close} takes the directory of the configuration back.
 */
final class Groundwork implements AutoCloseable {
    private static final String SPOOL = "var/spool/tidemark";

    private final SystemUser user;
    /** Lent to the user, who writes the configuration there. */
    private final @Nullable Path lent;

    private final @Nullable Path configuration;

    private Groundwork(SystemUser user, @Nullable Path configuration, @Nullable Path lent) {
        this.user = user;
        this.configuration = configuration;
        this.lent = lent;
    }

    /** For every command but the one that writes a first configuration nothing is done. */
    static Groundwork prepare(Invocation invocation, Environment environment, SystemUser user, List<Path> repositories)
            throws IOException {
        boolean first = invocation.command().equals("init")
                && invocation.url().isPresent()
                && !invocation.has("--dry-run")
                && !invocation.has("--test");
        List<Path> places = ConfigurationFiles.candidates(environment, invocation.configuration());
        if (!first || places.stream().anyMatch(Files::exists)) {
            return new Groundwork(user, null, null);
        }
        for (Path repository : repositories) {
            make(repository, user);
        }
        Path spool = environment.root().resolve(SPOOL);
        if (environment.variable("TIDEMARK_HOST_SPOOL").isEmpty()) {
            make(spool, user);
        }
        Path file = places.getFirst();
        Path directory = file.getParent();
        if (directory == null) {
            return new Groundwork(user, null, null);
        }
        Files.createDirectories(directory);
        Optional<SystemUser> owner = SystemUser.ownerOf(directory);
        if (owner.isEmpty() || owner.get().uid() != 0 || isShared(directory)) {
            return new Groundwork(user, file, null);
        }
        own(directory, user.uid());
        return new Groundwork(user, file, directory);
    }

    /** Such as /tmp or /root: not Tidemark's own, and so not to be given away, even for a moment. */
    private static boolean isShared(Path directory) throws IOException {
        if (directory.endsWith("tidemark")) {
            return false;
        }
        try (var entries = Files.list(directory)) {
            return entries.findAny().isPresent();
        }
    }

    private static void make(Path directory, SystemUser user) throws IOException {
        Path parent = directory.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            return; // whose it is was decided by whoever made it
        }
        group(directory, user.gid());
        own(directory, user.uid());
    }

    private static void own(Path path, int uid) throws IOException {
        Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    }

    private static void group(Path path, int gid) throws IOException {
        Files.setAttribute(path, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public void close() throws IOException {
        if (lent != null) {
            own(lent, 0);
        }
        if (configuration != null && lent != null && Files.isRegularFile(configuration, LinkOption.NOFOLLOW_LINKS)) {
            group(configuration, user.gid());
            own(configuration, 0);
        }
    }
}
