// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.owner;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ShellWord;
import org.tidemark.core.ShortProgram;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UserFacingException;

/**
 * Creates, as root, the directories of the repository, the spool and the configuration for a host's first
 * configuration, which PostgreSQL's user could not. The first two belong to that user; the configuration belongs to
 * root and is readable for the user. {@link #close} returns the directory of the configuration to root.
 */
final class Groundwork implements AutoCloseable {
    private static final String SPOOL = "var/spool/tidemark";

    private final SystemUser user;
    /** Owned temporarily by the user, who writes the configuration there. */
    private final @Nullable Path lent;

    private final @Nullable Path configuration;

    private Groundwork(SystemUser user, @Nullable Path configuration, @Nullable Path lent) {
        this.user = user;
        this.configuration = configuration;
        this.lent = lent;
    }

    /**
     * Does nothing unless the command writes a first configuration.
     *
     * @throws UserFacingException before anything is created, if PostgreSQL's user could not use one of the directories
     */
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
        Path spool = environment.root().resolve(SPOOL);
        boolean needsSpool = environment.variable("TIDEMARK_HOST_SPOOL").isEmpty();
        Path file = places.getFirst().toAbsolutePath().normalize();
        for (Path repository : repositories) {
            requireReachable(repository, user);
        }
        if (needsSpool) {
            requireReachable(spool, user);
        }
        requireReachable(file, user);
        Path directory = file.getParent();
        boolean lend = directory != null && isLendable(directory);
        if (directory != null && !lend && !can(user, "-w", directory)) {
            throw refusal(
                    user,
                    "write to '" + directory + "'",
                    "Name a file in a directory of its own, such as"
                            + " --config /etc/tidemark/tidemark.toml: it is made if it does not exist.");
        }
        for (Path repository : repositories) {
            make(repository, user);
        }
        if (needsSpool) {
            make(spool, user);
        }
        if (directory == null || !lend) {
            return new Groundwork(user, file, null);
        }
        makeReadable(directory);
        own(directory, user.uid());
        return new Groundwork(user, file, directory);
    }

    /** A directory below one that the user may not pass would be useless to PostgreSQL. */
    private static void requireReachable(Path path, SystemUser user) throws IOException {
        Path existing = path.getParent();
        while (existing != null && !Files.isDirectory(existing)) {
            existing = existing.getParent();
        }
        if (existing != null && !can(user, "-x", existing)) {
            throw refusal(
                    user,
                    "reach '" + path + "': '" + existing + "' or a directory above it does not let this user" + " pass",
                    "Name a path that every user can reach, or allow it: chmod a+x "
                            + ShellWord.quote(existing.toString()));
        }
    }

    private static UserFacingException refusal(SystemUser user, String what, String hint) {
        return new UserFacingException(
                ExitCode.LOCAL_FILES, "'" + user.name() + "', the user of PostgreSQL, cannot " + what, hint);
    }

    /** Runs test(1) as the user: modes, groups and access control lists all count. */
    private static boolean can(SystemUser user, String operator, Path path) throws IOException {
        try {
            List<String> test = user.running(List.of("test", operator, path.toString()));
            return ShortProgram.run(new ProcessBuilder(test).redirectErrorStream(true))
                            .status()
                    == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(ExitCode.INTERRUPTED, "interrupted", "Nothing was done; run it again.", e);
        }
    }

    private static boolean isLendable(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return true;
        }
        return SystemUser.ownerOf(directory).filter(owner -> owner.uid() == 0).isPresent() && !isShared(directory);
    }

    /** Shared directories such as /tmp or /root: they must not change owner, even for a moment. */
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
            makeReadable(parent);
        }
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            return; // it keeps the owner that its creator chose
        }
        group(directory, user.gid());
        own(directory, user.uid());
    }

    /** The user can pass the new directories, whatever root's umask is. */
    private static void makeReadable(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            makeReadable(parent);
        }
        Files.createDirectory(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
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
